"""`envplan explain CODE`: the long form of a problem code."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="such as EP203; without it, all codes are listed"
    )
    parser.epilog = "examples:\n  envplan explain EP203\n  envplan explain          list all codes"


def run(options: argparse.Namespace) -> Answer:
    """Answer with the explanation."""
    from envplan.verbs.explain import explain

    found = explain(options.code)
    if options.code:
        text = "\n\n".join(f"{one.code}  {one.title}\n\n{one.text}" for one in found)
    else:
        text = "\n".join(f"{one.code}  {one.title}" for one in found)
    data = {"codes": [{"code": one.code, "title": one.title, "text": one.text} for one in found]}
    return Answer("explained", text=text, data=data)
