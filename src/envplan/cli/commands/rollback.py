"""`envplan rollback`: back to the environment of before."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_environment

_EXAMPLES = """\
examples:
  envplan rollback          what was in use before the last apply; a second time: forward again

exit codes: 0 done, 4 there is nothing whole to go back to, or another process is at it
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_environment(parser)


def run(options: argparse.Namespace) -> Answer:
    """Answer with what changed."""
    from envplan.cli.views.generations import rollback_json, rollback_text
    from envplan.verbs.rollback import roll_back

    done = roll_back(options.env)
    return Answer("rolled-back", text=rollback_text(done), data=rollback_json(done), problems=done.problems)
