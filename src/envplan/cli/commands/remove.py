"""`envplan remove PACKAGES`: fewer packages in the spec."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer

_EXAMPLES = """\
examples:
  envplan remove transformers
  envplan remove --group dev pytest ruff
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help="the name of a package")
    parser.add_argument("--group", metavar="NAME", help="the group to remove from, such as dev")
    parser.add_argument(
        "--spec", metavar="FILE", default=".", help="the spec (default: envplan.toml or pyproject.toml here)"
    )
    parser.epilog = _EXAMPLES


def run(options: argparse.Namespace) -> Answer:
    """Edit the spec, and say what changed."""
    from pathlib import Path

    from envplan.cli.views.edits import edit_answer
    from envplan.verbs.edit import remove

    return edit_answer(remove(options.packages, Path(options.spec), group=options.group))
