"""What `envplan demo` shows: a story in commands, and an index of its own to tell it with."""
