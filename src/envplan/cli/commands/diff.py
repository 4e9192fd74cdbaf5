"""`envplan diff`: what one lock changes against another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from envplan.cli.answer import Answer

_EXAMPLES = """\
examples:
  envplan diff old/pylock.toml pylock.toml
  git show HEAD:pylock.toml | envplan diff - pylock.toml       what is not committed yet
  git show main:pylock.toml | envplan diff - pylock.toml --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("old", type=Path, metavar="OLD", help="the lock before; - is stdin")
    parser.add_argument("new", type=Path, metavar="NEW", help="the lock after; - is stdin")


def run(options: argparse.Namespace) -> Answer:
    """Answer with what differs; that two locks differ is no failure."""
    from envplan.cli.views.diff import diff_json, diff_text
    from envplan.cli.views.letters import for_encoding
    from envplan.verbs.diff import diff_locks

    found = diff_locks(options.old, options.new)
    text = for_encoding(diff_text(found), getattr(sys.stdout, "encoding", None))
    return Answer("differs" if found else "same", text=text, data=diff_json(found))
