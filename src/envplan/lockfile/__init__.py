"""The lock: pylock.toml (PEP 751) with our own table. Written byte for byte the same, read, checked, compared."""
