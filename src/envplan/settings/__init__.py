"""What a person sets for all projects on this computer: mirrors, patience. Never part of a spec or a lock."""
