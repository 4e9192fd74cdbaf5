"""The lock: pylock.toml (PEP 751) with our own table. Written, read, checked, compared."""

LOCK_FILE = "pylock.toml"
