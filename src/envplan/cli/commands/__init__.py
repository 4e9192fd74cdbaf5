"""One module a command: its arguments, and the answer it gives. Named in envplan.cli.commands.catalogue."""
