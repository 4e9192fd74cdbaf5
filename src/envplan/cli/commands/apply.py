"""`envplan apply`: the environment that the lock describes, on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_environment, add_groups, add_lock, add_spec, group_names
from envplan.problems import Problem

if TYPE_CHECKING:
    from envplan.verbs.apply import ApplyRequest

_EXAMPLES = """\
examples:
  envplan apply                             install what the lock has for this machine, into .venv
  envplan apply --dry-run                   say which variant, what changes, and what is fetched
  envplan apply --group dev                 with the packages of a group of the spec
  envplan apply --variant cu118             another variant than the one chosen
  envplan apply --for datacenter-a100       on a computer without a GPU, for one that has it
  envplan apply --offline --bundle train-cu121.zip

until the new environment is complete and proven, the old one stays in use; envplan rollback goes back to it

exit codes: 0 done, or nothing to do, 1 no variant fits, or the proof failed, 2 bad input, 3 network,
4 this machine
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_spec(parser)
    add_lock(parser)
    add_environment(parser)
    parser.add_argument(
        "--for",
        dest="profiles",
        action="append",
        default=[],
        metavar="PROFILE",
        help="choose as if on this machine: a shipped name or a file",
    )
    parser.add_argument("--variant", metavar="NAME", help="take this variant, whatever the machine can run")
    parser.add_argument("--python", metavar="X.Y", help="take this Python (default: the newest that is here)")
    add_groups(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--offline", action="store_true", help="let nothing leave this machine")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="take wheels (and a lock) from a bundle")
    parser.add_argument(
        "--smoke",
        action=argparse.BooleanOptionalAction,
        help="let frameworks compute before the switch (default: where a GPU's variant meets its GPU)",
    )
    parser.add_argument("--replace", action="store_true", help="move aside a .venv that is not envplan's")
    parser.add_argument("--compile", action="store_true", help="make bytecode of all modules beforehand")


def run(options: argparse.Namespace) -> Answer:
    """Answer with what was done, or would be."""
    from envplan.cli.views.progress import shown
    from envplan.verbs.apply import apply

    request = _request(options)
    with shown() as tell:
        done = apply(request, tell)
    from envplan.cli.views.apply import apply_json, apply_text, outcome

    return Answer(
        outcome(done),
        text="" if options.json else apply_text(done),
        data=apply_json(done) if options.json else {},
        problems=done.problems,
    )


def _request(options: argparse.Namespace) -> ApplyRequest:
    from envplan.problems import EnvplanError
    from envplan.verbs.apply import ApplyRequest

    if len(options.profiles) > 1:
        raise EnvplanError(_several(options.profiles))
    return ApplyRequest(
        options.spec,
        options.lock,
        options.env,
        next(iter(options.profiles), None),
        options.variant,
        options.python,
        group_names([*options.groups, *options.extras]),
        group_names(options.extras),
        options.dry_run,
        options.offline,
        options.bundle,
        options.smoke,
        options.replace,
        options.compile,
    )


def _several(profiles: list[str]) -> Problem:
    from shlex import quote

    from envplan.problems import Said

    why = Said("an environment is for one machine; envplan plan and envplan lock take several")
    cure = f"envplan apply --for {quote(profiles[0])}"
    return Problem("EP100", "--for was given several times", why=(why,), cures=(cure,))
