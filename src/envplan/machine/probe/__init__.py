"""Finding out what this machine is: a ladder of small rungs, each with a deadline."""
