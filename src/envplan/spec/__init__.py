"""What the user wants: envplan.toml, and the other files it can be read from."""

SPEC_FILE = "envplan.toml"
PROJECT_FILE = "pyproject.toml"
DEFAULT_NAME = "default"  # of an environment
