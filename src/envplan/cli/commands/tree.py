"""`envplan tree`: what one target of the lock takes, and what needs what."""

from __future__ import annotations

import argparse
import sys

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_lock, add_spec

_EXAMPLES = """\
examples:
  envplan tree                                       for this system and Python, in the default variant
  envplan tree --variant cu121
  envplan tree --platform windows --python 3.12      of what is left open, what is most like this machine
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--variant", metavar="NAME", help="such as cu121 or cpu")
    parser.add_argument("--platform", metavar="NAME", help="such as linux-x86_64, or linux")
    parser.add_argument("--python", metavar="VERSION", help="such as 3.11")
    add_spec(parser)
    add_lock(parser)


def run(options: argparse.Namespace) -> Answer:
    """Answer with the tree."""
    from envplan.cli.views.graph import tree_json, tree_text
    from envplan.cli.views.letters import for_encoding
    from envplan.verbs.tree import TreeAsked, draw_tree

    asked = TreeAsked(options.variant, options.platform, options.python)
    made = draw_tree(asked, options.spec, options.lock)
    text = for_encoding(tree_text(made), getattr(sys.stdout, "encoding", None))
    return Answer("drawn", text=text, data=tree_json(made) if options.json else {})
