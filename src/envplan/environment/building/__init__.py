"""Wheels from sources: each is built in an environment of its own, with what it asks for and nothing else."""
