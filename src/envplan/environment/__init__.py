"""Environments: generations built beside each other, and the pointer that names the one in use."""
