"""`envplan demo`: the whole story on this computer, in seconds, with wheels that weigh nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from envplan.cli.answer import Answer

_EXAMPLES = """\
examples:
  envplan demo                    watch it: from words to an environment, and a conflict explained
  envplan demo --keep playground  keep what it made, to look around in
  envplan demo --json             does this installation work? the steps, their exit codes and seconds

all wheels are stand-ins of a few kB; no network is used, and nothing outside its own folder is touched

exit codes: 0 told, 1 a step went another way, 2 the folder of --keep is not empty
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep what was made in this folder, which must be empty"
    )


def run(options: argparse.Namespace) -> Answer:
    """Tell the story, and answer with how it went."""
    from envplan.cli.views.demo import Listener, Teller, closing, demo_json
    from envplan.verbs.demo import demo

    audience = Listener() if options.json else Teller()
    performance = demo(audience, options.keep)
    return Answer(
        "failed" if performance.problems else "told",
        text="" if options.json else closing(performance),
        data=demo_json(performance),
        problems=performance.problems,
        exit=max((one.exit for one in performance.problems), default=0),
    )
