"""What fetching costs beside the plainest there is: a large wheel beside curl and sha256sum, many small ones
beside a loop over a pool of connections.

Each side is a process of its own, which writes to disk and checks every sha256; each round runs both once.
Wall time counts on a network; CPU time is what is left of it where the line is fast.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

OURS = """
import json, sys
from pathlib import Path
from packaging.version import Version
from envplan.index.model import File
from envplan.index.web.client import Web
from envplan.index.web.connections import Connections
from envplan.index.web.logins import Logins
from envplan.index.web.patience import Patience
from envplan.store.fetch import fetch
store, files = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
wanted = [File("http://x.example", "x", n, Version("1"), u, h, s) for n, u, h, s in files]
web = Web(Connections({}), Logins({}, {}), Patience())
for _, path in fetch(wanted, store, web, lambda file: file.url):
    path.unlink()
"""
LOOP = """
import hashlib, json, sys
from pathlib import Path
import urllib3
pool = urllib3.PoolManager(maxsize=1)
for name, url, sha256, size in json.loads(Path(sys.argv[2]).read_text()):
    data = pool.request("GET", url).data
    assert hashlib.sha256(data).hexdigest() == sha256
    path = Path(sys.argv[1], name)
    path.write_bytes(data)
    path.unlink()
"""
CURL = 'curl -s -o "$1/out" "$2" && sha256sum "$1/out" && rm "$1/out"'


@dataclass
class Cost:
    """Seconds, and the largest memory in MB."""

    wall: float
    cpu: float
    memory: int


def cost(command: list[str]) -> Cost:
    started = time.perf_counter()
    pid = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", 1, 0)]
    )
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    return Cost(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


@contextlib.contextmanager
def served(folder: Path, latency: float) -> Iterator[str]:
    command = [sys.executable, str(ROOT / "bench" / "sendfile.py"), str(folder), str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def wheels(folder: Path, count: int, size: int) -> list[str]:
    names = []
    for number in range(count):
        path = folder / f"{size}-{number}"
        with path.open("wb") as file:
            file.write(b"PK")
            for start in range(2, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size - start)))
        names.append(path.name)
    return names


def listed(folder: Path, url: str, names: list[str]) -> str:
    import hashlib

    lines = []
    for name in names:
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append((name, f"{url}/{name}", digest, (folder / name).stat().st_size))
    path = folder / f"{names[0]}.json"
    path.write_text(json.dumps(lines))
    return str(path)


def compare(what: str, ours: list[str], theirs: list[str], runs: int) -> None:
    rounds = [(cost(ours), cost(theirs)) for _ in range(runs + 1)][1:]
    own, peer = ([pair[side] for pair in rounds] for side in (0, 1))

    def middle(side: list[Cost]) -> str:
        wall, cpu = (statistics.median(getattr(one, name) for one in side) for name in ("wall", "cpu"))
        return f"{wall:6.2f} s wall {cpu:6.2f} s CPU {max(one.memory for one in side):4} MB"

    ratio = statistics.median(mine.wall / other.wall for mine, other in rounds)
    print(f"{what:<38} {middle(own)}   peer {middle(peer)}   {ratio:5.2f} x its wall time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", type=int, default=1_000_000_000, help="bytes of the large wheel")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files, store = Path(place, "files"), Path(place, "store")
        files.mkdir()
        store.mkdir()
        large, small = wheels(files, 1, asked.large), wheels(files, 100, 100_000)
        python = [sys.executable, "-c"]
        for latency in (0.0, 0.02):
            with served(files, latency) as url:
                suffix = f", {latency * 1000:.0f} ms away" if latency else ""
                many = listed(files, url, small)
                compare(
                    f"100 wheels of 100 kB{suffix}",
                    [*python, OURS, str(store), many],
                    [*python, LOOP, str(store), many],
                    asked.runs,
                )
                curl = ["/bin/sh", "-ec", CURL, "sh", str(store), f"{url}/{large[0]}"]
                one = [*python, OURS, str(store), listed(files, url, large)]
                compare(f"one wheel of {asked.large / 1e9:g} GB{suffix}", one, curl, asked.runs)


if __name__ == "__main__":
    main()
