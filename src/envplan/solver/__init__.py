"""Choosing versions: for each target a view of the indexes, a solver that sees only it, and a check."""
