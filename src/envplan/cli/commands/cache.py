"""`envplan cache`: what the store holds, and what may go."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import refuse

_EXAMPLES = """\
examples:
  envplan cache                     every wheel by size, and the environments that use it
  envplan cache --verify            is every file as it was unpacked? (--deep reads them all)
  envplan cache gc                  delete what no environment uses

the store is the folder that ENVPLAN_STORE names, else the platform's folder for caches

exit codes: 0 done, 1 --verify found changes, 4 the store cannot be read or written, or is in use
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("action", nargs="?", choices=("gc",), help="delete what no environment uses")
    parser.add_argument(
        "--verify", action="store_true", help="look at the names, sizes and dates of all files"
    )
    parser.add_argument("--deep", action="store_true", help="with --verify: read all files, too")


def run(options: argparse.Namespace) -> Answer:
    """Answer with what is there, what is wrong with it, or what was deleted."""
    if options.action == "gc":
        refuse(options.verify or options.deep, "gc does not go with --verify or --deep", "envplan cache gc")
        return _collected()
    refuse(options.deep and not options.verify, "--deep goes with --verify", "envplan cache --verify --deep")
    return _checked(options.deep) if options.verify else _held()


def _held() -> Answer:
    from envplan.cli.views.cache import held_json, held_text
    from envplan.verbs.cache import look

    found = look()
    return Answer("listed", text=held_text(found), data=held_json(found))


def _checked(deep: bool) -> Answer:
    from envplan.cli.views.cache import checked_json, checked_text
    from envplan.cli.views.progress import shown
    from envplan.verbs.cache import check

    with shown() as tell:
        found = check(tell, deep=deep)
    outcome = "changed" if found.problems else "whole"
    return Answer(
        outcome,
        text=checked_text(found),
        data=checked_json(found),
        problems=found.problems,
        exit=1 if found.problems else 0,
    )


def _collected() -> Answer:
    from envplan.cli.views.cache import collected_json, collected_text
    from envplan.verbs.cache import collect

    done = collect()
    return Answer("collected", text=collected_text(done), data=collected_json(done))
