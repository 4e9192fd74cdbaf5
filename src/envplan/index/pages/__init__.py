"""What indexes say about a project: HTML (PEP 503) and JSON (PEP 691), read into the same values."""
