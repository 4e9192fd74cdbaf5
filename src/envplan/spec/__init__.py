"""What the user wants: envplan.toml, and the other files it can be read from."""

DEFAULT_NAME = "default"  # of an environment
