"""`envplan bundle`: a lock with its wheels, for machines without a network."""

from __future__ import annotations

import argparse
from pathlib import Path

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_groups, add_lock, add_spec, group_names

_EXAMPLES = """\
examples:
  envplan bundle                            for this machine's variant; writes NAME-VARIANT.zip
  envplan bundle --variant cu121 --variant cpu --output all.zip
  envplan bundle --for datacenter-a100      for the variant that this machine would take
  envplan apply --offline --bundle train-cu121.zip          on the other machine

the same lock gives the same bytes; everything in a bundle is checked against the lock when it is used

exit codes: 0 written, 1 no variant fits, 2 bad input, 3 network, 4 this machine
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_spec(parser)
    add_lock(parser)
    parser.add_argument(
        "--for", dest="profile", metavar="PROFILE", help="for this machine: a shipped name or a file"
    )
    parser.add_argument(
        "--variant", dest="variants", action="append", default=[], metavar="NAME", help="repeatable"
    )
    parser.add_argument("--python", metavar="X.Y", help="only for this Python (default: all of the lock)")
    add_groups(parser)
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: NAME-VARIANT.zip here")


def run(options: argparse.Namespace) -> Answer:
    """Answer with what was written."""
    from envplan.cli.views.bundle import bundle_json, bundle_text
    from envplan.cli.views.progress import shown
    from envplan.verbs.bundle import BundleRequest, make_bundle

    request = BundleRequest(
        options.spec,
        options.lock,
        options.profile,
        tuple(dict.fromkeys(options.variants)),
        options.python,
        group_names([*options.groups, *options.extras]),
        group_names(options.extras),
        options.output,
    )
    with shown() as tell:
        done = make_bundle(request, tell)
    return Answer("bundled", text=bundle_text(done), data=bundle_json(done), problems=done.problems)
