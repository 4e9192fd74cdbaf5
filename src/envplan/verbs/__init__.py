"""One file a verb: what happens, in order. Returns a value, prints nothing."""
