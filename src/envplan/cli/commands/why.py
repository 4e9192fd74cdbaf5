"""`envplan why`: who needs a package, where, and why in this build."""

from __future__ import annotations

import argparse
import sys

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_lock, add_spec

_EXAMPLES = """\
examples:
  envplan why numpy                            who needs it, in which targets, from which index
  envplan why torch                            each build of it, and why its variant is in the lock
  envplan why tokenizers --lock pylock.lab.toml
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("name", metavar="NAME", help="a package of the lock, in any spelling")
    add_spec(parser)
    add_lock(parser)


def run(options: argparse.Namespace) -> Answer:
    """Answer with the reasons."""
    from envplan.cli.views.graph import why_json, why_text
    from envplan.cli.views.letters import for_encoding
    from envplan.verbs.why import why_package

    made = why_package(options.name, options.spec, options.lock)
    text = for_encoding(why_text(made), getattr(sys.stdout, "encoding", None))
    return Answer("told", text=text, data=why_json(made) if options.json else {})
