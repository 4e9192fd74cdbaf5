"""`envplan gc`: remove old generations of an environment."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_environment

_EXAMPLES = """\
examples:
  envplan gc                keep what is in use, and what `envplan rollback` goes to
  envplan cache gc          the same for the store: wheels that no environment needs

exit codes: 0 done, 4 there is no environment, or another process is at it
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_environment(parser)


def run(options: argparse.Namespace) -> Answer:
    """Answer with what was removed."""
    from envplan.cli.views.generations import gc_json, gc_text
    from envplan.verbs.gc import collect

    done = collect(options.env)
    return Answer("collected", text=gc_text(done), data=gc_json(done))
