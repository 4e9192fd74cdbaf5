"""A process that fetches what its first argument says, and "unpacks" it: the bytes end up in `trees`.

It is killed, started twice, or given too little room.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from packaging.version import Version

from envplan.index.model import File
from envplan.index.web.client import Web
from envplan.index.web.connections import Connections
from envplan.index.web.logins import Logins
from envplan.index.web.patience import Patience
from envplan.problems import EnvplanError
from envplan.store.alone import alone
from envplan.store.fetch import fetch
from envplan.store.fetch.manner import Manner
from envplan.store.model import Progress


def main() -> int:
    asked = json.loads(sys.argv[1])
    store = Path(asked["store"])
    if asked.get("limit"):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["limit"], asked["limit"]))
    files = [File("http://x.example/simple", "x", n, Version("1"), u, h, s) for n, u, h, s in asked["files"]]
    web = Web(Connections({}), Logins({}, {}), Patience(**asked["patience"]))

    def have(file: File) -> bool:
        return (store / "trees" / str(file.sha256)).exists()

    def tell(progress: Progress) -> None:
        print(f"{progress.what} {progress.done}", flush=True)

    def place(file: File) -> str:
        return file.url

    try:
        for file, wheel in fetch(
            files, store, web, place, tell, unneeded=have, manner=Manner(**asked["manner"])
        ):
            unpack(store, file, wheel, asked.get("unpacking", 0.0))
    except EnvplanError as error:
        print(json.dumps(error.problems[0].as_json()), flush=True)
        return error.exit
    except KeyboardInterrupt:
        return 130
    return 0


def unpack(store: Path, file: File, wheel: Path, seconds: float) -> None:
    """What the room of trees does, as far as locks and names go."""
    tree = store / "trees" / str(file.sha256)
    with alone(store, str(file.sha256)):
        if tree.exists():
            return
        time.sleep(seconds)
        tree.parent.mkdir(exist_ok=True)
        wheel.replace(tree)


if __name__ == "__main__":
    sys.exit(main())
