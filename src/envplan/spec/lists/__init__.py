"""Specs out of the files of other tools: pyproject.toml, requirements.txt, scripts (PEP 723)."""
