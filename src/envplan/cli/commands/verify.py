"""`envplan verify`: is the environment whole, and does it work here?"""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_environment, add_lock, add_spec, refuse
from envplan.environment.model import LONGEST

_EXAMPLES = """\
examples:
  envplan verify                   names, sizes and dates of all files; imports; on a GPU, frameworks at work
  envplan verify --deep            every file is read and hashed
  envplan verify --files           the files alone, in milliseconds: nothing is imported
  envplan verify --smoke           let frameworks compute, on the CPU too
  envplan verify --json            the report, for a Slurm prolog or CI

exit codes: 0 whole, 1 changed or failing, 4 it cannot be looked at
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_spec(parser)
    add_lock(parser)
    add_environment(parser)
    parser.add_argument("--deep", action="store_true", help="read every file, and compare its hash")
    parser.add_argument("--files", action="store_true", help="look at files alone; run nothing of them")
    parser.add_argument(
        "--smoke",
        action=argparse.BooleanOptionalAction,
        help="let frameworks compute (default: where a build for a GPU meets its GPU)",
    )
    parser.add_argument(
        "--deadline",
        type=_seconds,
        default=120.0,
        metavar="SECONDS",
        help="for all imports, and for each framework (default: 120)",
    )


def run(options: argparse.Namespace) -> Answer:
    """Answer with the report."""
    from envplan.cli.views.progress import shown
    from envplan.cli.views.verify import verify_text
    from envplan.verbs.verify import VerifyRequest, verify

    refuse(options.files and options.smoke, "--files does not go with --smoke", "envplan verify --smoke")
    request = VerifyRequest(
        options.spec,
        options.lock,
        options.env,
        options.deep,
        not options.files,
        False if options.files else options.smoke,
        options.deadline,
    )
    if options.json:
        report = verify(request)
    else:
        with shown() as tell:
            report = verify(request, tell)
    exits = [one.exit for one in report.errors]
    return Answer(
        "whole" if report.whole else "failed",
        text="" if options.json else verify_text(report),
        data=report.as_json,
        problems=report.problems,
        exit=min(exits, default=0),  # what speaks against it counts more than what could not be seen
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1 and {LONGEST} seconds")
    return value
