"""`envplan run`: a command in the environment as it is."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_environment

_EXAMPLES = """\
examples:
  envplan run -- python train.py --epochs 3
  envplan run --env ../other/.venv -- pytest -q

the environment is looked up once, when the command starts, so an apply meanwhile changes nothing for it;
nothing is installed or checked, and the exit code is the command's

exit codes where it cannot be started (with --json, an answer only then): 2 no command, 4 no environment,
or no program
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_environment(parser)
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run")


def run(options: argparse.Namespace) -> Answer:
    """Become the command; there is an answer only where that fails."""
    from envplan.processes.becoming import become
    from envplan.verbs.run import ready

    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    found = ready(words, options.env)
    try:
        become(found.program, found.command.words[1:], found.environ)
    except OSError as error:
        raise found.refused(error) from None
    raise AssertionError("unreachable: a command that was started does not come back")
