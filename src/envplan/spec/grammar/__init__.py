"""The small grammars of a spec: versions, accelerators, names, places; each says what was probably meant."""
