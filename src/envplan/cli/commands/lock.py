"""`envplan lock`: one file with exact versions and hashes, for every machine it must serve."""

from __future__ import annotations

import argparse
import sys

from envplan.cli.answer import Answer
from envplan.cli.arguments import add_lock, add_profiles, add_spec
from envplan.values.names import normal

_EXAMPLES = """\
examples:
  envplan lock                              for this machine's platform, or those of [targets] in the spec
  envplan lock --for datacenter-a100        what this profile needs, and nothing more
  envplan lock --upgrade-package numpy      a newer numpy; all other pins stay where they can
  envplan lock --diff                       what a full upgrade would change; nothing is written
  envplan lock --check                      in CI: is the lock whole, and does it still answer the spec?
  envplan lock --cross-check                let pip-tools confirm what uv found, for this machine

pins of the lock that is there are kept as long as they fit; commit pylock.toml with the spec
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    add_spec(parser)
    add_lock(parser)
    add_profiles(parser, "serve this profile too")
    parser.add_argument("--upgrade", action="store_true", help="forget all pins; take the newest that fits")
    parser.add_argument(
        "--upgrade-package",
        dest="packages",
        action="append",
        default=[],
        metavar="NAME",
        help="forget the pin of this package; repeatable",
    )
    parser.add_argument("--check", action="store_true", help="judge the lock, offline; write nothing")
    parser.add_argument("--diff", action="store_true", help="say what an upgrade would change; write nothing")
    parser.add_argument(
        "--cross-check", action="store_true", help="ask the other solver too, for this machine's targets"
    )
    parser.add_argument("--solver", choices=("uv", "pip-tools"), default="uv", help="default: uv")


def run(options: argparse.Namespace) -> Answer:
    """Answer with the lock that was made, or with what is wrong with the one there is."""
    _refuse_senseless(options)
    return _checked(options) if options.check else _locked(options)


def _refuse_senseless(options: argparse.Namespace) -> None:
    from envplan.problems import EnvplanError, Problem, Said

    making = {
        "--upgrade": options.upgrade,
        "--upgrade-package": options.packages,
        "--diff": options.diff,
        "--cross-check": options.cross_check,
    }
    against = [name for name, given in making.items() if given]
    if options.check and against:
        why = Said("--check only looks at the lock there is")
        title = f"--check does not go with {', '.join(against)}"
        raise EnvplanError(Problem("EP100", title, why=(why,), cures=("envplan lock --check",)))
    name = options.lock.name if options.lock else "pylock.toml"
    parts = name.split(".")
    if name != "pylock.toml" and not (len(parts) == 3 and parts[0] == "pylock" and parts[2] == "toml"):
        why = Said("pip and uv know a lock by its name (PEP 751): pylock.toml, or pylock.NAME.toml")
        cure = "envplan lock --lock pylock.train.toml"
        raise EnvplanError(Problem("EP100", f"a lock cannot be called {name}", why=(why,), cures=(cure,)))


def _checked(options: argparse.Namespace) -> Answer:
    from envplan.documents.reading import printable
    from envplan.verbs.check import check

    checked = check(options.spec, options.lock, options.profiles)
    data = {"lock": str(checked.file)}
    if not checked.problems:
        text = f"{printable(str(checked.file))} is in order, and what the spec asks for"
        return Answer("in-order", text=text, data=data)
    failed = max((one.exit for one in checked.problems), default=0)
    return Answer("refused", data=data, problems=checked.problems, exit=failed)


def _locked(options: argparse.Namespace) -> Answer:
    from envplan.cli.views.lock import lock_json, lock_text
    from envplan.verbs.lock import LockRequest, lock

    request = LockRequest(
        options.spec,
        options.lock,
        tuple(options.profiles),
        options.upgrade or (options.diff and not options.packages),
        tuple(map(normal, options.packages)),
        options.solver,
        options.cross_check,
    )
    write = not options.diff
    made = lock(request, _tell, write=write)
    outcome = "unchanged" if not made.changed else "locked" if write else "would-change"
    return Answer(
        outcome,
        text="" if options.json else lock_text(made, written=write),
        data=lock_json(made, written=write) if options.json else {},
        problems=made.problems,
    )


def _tell(line: str) -> None:
    """Say on stderr what takes time; one write, because several threads do."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
