"""`envplan probe`: what this machine is, and how that is known."""

from __future__ import annotations

import argparse
from pathlib import Path

from envplan.cli.answer import Answer
from envplan.cli.arguments import refuse

_EXAMPLES = """\
examples:
  envplan probe                                 what was found on this machine, and where
  envplan probe --save lab.toml                 write it down, to plan for it elsewhere
  envplan probe --for workstation-rtx4090       show a profile
  envplan probe --list                          the profiles that ship with envplan
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the machine down as a profile")
    parser.add_argument("--force", action="store_true", help="with --save: overwrite a file that is there")
    parser.add_argument(
        "--for", dest="profile", metavar="PROFILE", help="show this profile instead: a shipped name or a file"
    )
    parser.add_argument("--list", action="store_true", help="list the shipped profiles")


def run(options: argparse.Namespace) -> Answer:
    """Answer with the machine."""
    if options.list:
        refuse(
            options.save or options.profile, "--list does not go with --save or --for", "envplan probe --list"
        )
        return _listed()
    from envplan.cli.views.machine import probe_json, probe_text
    from envplan.verbs.probe import probe

    probed = probe(profile=options.profile, save=options.save, force=options.force)
    problems = probed.survey.problems
    failed = [problem for problem in problems if problem.severity == "error"]
    outcome = "unreadable" if failed else "saved" if probed.saved else "probed"
    return Answer(
        outcome,
        text=probe_text(probed),
        data=probe_json(probed),
        problems=problems,
        exit=failed[0].exit if failed else 0,
    )


def _listed() -> Answer:
    from envplan.verbs.probe import profile_names

    names = profile_names()
    return Answer("listed", text="\n".join(names), data={"profiles": list(names)})
