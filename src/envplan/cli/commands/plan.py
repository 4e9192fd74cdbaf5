"""`envplan plan`: what to install on this machine, or on others, and why."""

from __future__ import annotations

import argparse
from pathlib import Path

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_profiles, add_spec

_EXAMPLES = """\
examples:
  envplan plan                                            for this machine
  envplan plan --why                                      every candidate, and why not
  envplan plan --for workstation-rtx3090                  for a shipped profile (envplan probe --list)
  envplan plan --for lab.toml --for laptop.toml --json    for several; the fewest variants that serve them all
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_spec(parser)
    add_profiles(parser, "plan for this profile instead of this machine")
    parser.add_argument("--why", action="store_true", help="show every candidate and its reasons")


def run(options: argparse.Namespace) -> Answer:
    """Answer with the plan."""
    from envplan.cli.views.plan import plan_json, plan_problems, plan_text
    from envplan.verbs.plan import plan

    made = plan(options.spec or Path(), options.profiles)
    problems = plan_problems(made)
    failed = [problem for problem in problems if problem.severity == "error"]
    outcome = "impossible" if failed else "planned"
    return Answer(
        outcome,
        text="" if options.json else plan_text(made, why=options.why),
        data=plan_json(made) if options.json else {},
        problems=problems,
        exit=failed[0].exit if failed else 0,
    )
