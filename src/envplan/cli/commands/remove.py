"""`envplan remove PACKAGES`: fewer packages in the spec."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_spec

_EXAMPLES = """\
examples:
  envplan remove transformers
  envplan remove --group dev pytest ruff
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help="the name of a package")
    parser.add_argument("--group", metavar="NAME", help="the group to remove from, such as dev")
    add_spec(parser)
    parser.epilog = _EXAMPLES


def run(options: argparse.Namespace) -> Answer:
    """Edit the spec, and say what changed."""
    from pathlib import Path

    from envplan.cli.views.edits import edit_answer
    from envplan.verbs.edit import remove

    return edit_answer(remove(options.packages, options.spec or Path(), group=options.group))
