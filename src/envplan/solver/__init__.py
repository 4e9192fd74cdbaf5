"""Choosing versions: a view of the indexes for each target, a solver that sees only it, and a check of its answer."""
