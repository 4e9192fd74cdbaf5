"""`envplan add PACKAGES`: more packages in the spec."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_spec

_EXAMPLES = """\
examples:
  envplan add numpy "transformers[sentencepiece]>=4.40"
  envplan add "torch 2.3"                            another version of what is there
  envplan add "tensorflow 2.16 on cpu"               with an accelerator of its own
  envplan add --group dev pytest
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help='a name, "name>=1.2" or "name 1.2"')
    parser.add_argument("--group", metavar="NAME", help="the group to add to, such as dev")
    add_spec(parser)
    parser.epilog = _EXAMPLES


def run(options: argparse.Namespace) -> Answer:
    """Edit the spec, and say what changed."""
    from pathlib import Path

    from envplan.cli.views.edits import edit_answer
    from envplan.verbs.edit import add

    return edit_answer(add(options.packages, options.spec or Path(), group=options.group))
