"""What a person sets for all projects on this computer: mirrors. Never part of a spec or a lock."""
