"""Programs that envplan starts: none gets more than it is given, and none is left behind."""
