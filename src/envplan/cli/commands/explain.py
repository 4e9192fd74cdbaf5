"""`envplan explain CODE`: the long form of a problem code."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="such as EP203; without it, the list of all codes"
    )
    parser.epilog = "example:\n  envplan explain EP203"


def run(options: argparse.Namespace) -> Answer:
    """Answer with the explanation."""
    from envplan.verbs.explain import explain

    explanations = explain(options.code)
    text = "\n\n".join(
        f"{one.code}  {one.title}\n\n{one.text}" if options.code else f"{one.code}  {one.title}"
        for one in explanations
    )
    if not options.code:
        text = "\n".join(f"{one.code}  {one.title}" for one in explanations)
    data = {"codes": [{"code": one.code, "title": one.title, "text": one.text} for one in explanations]}
    return Answer("explained", text=text, data=data)
