"""A spec in plain words: taken apart, understood, and written down as envplan.toml."""
