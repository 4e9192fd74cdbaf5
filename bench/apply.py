"""What `envplan apply` costs beside `uv venv` and `uv pip sync`, from the same lock and the same local index.

Three ways: from nothing (both stores empty), a new environment from a warm store, nothing to do. The wheels
are made here: as many files and bytes as asked for, two of them large, as in a build of torch.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from envplan.lockfile.encode import encode  # noqa: E402
from envplan.lockfile.model import Lock, LockedFile, Pinned  # noqa: E402
from envplan.values.variants import Variant  # noqa: E402
from tests.support.locks import CATALOG, SPEC, offer  # noqa: E402
from tests.support.wheels import noise, wheel  # noqa: E402

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TOOLS = Path(sys.executable).parent
SERVE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.support.local_index import LocalIndex
with LocalIndex() as web:
    for file in Path(sys.argv[1]).iterdir():
        web.put(f"/files/{file.name}", file.read_bytes())
    print(web.url, flush=True)
    sys.stdin.read()
"""


@dataclass
class Times:
    """Seconds of each round."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def line(self, name: str, budget: float) -> str:
        ratio = statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        return f"{name:<24} {ours:7.3f} s   uv {theirs:7.3f} s   ratio {ratio:4.2f}   budget {budget:4.2f}"


def made_wheels(folder: Path, wheels: int, files: int, size: int) -> list[tuple[str, str, int]]:
    """Make wheels; two of them hold most of the bytes. Their names, hashes and sizes."""
    found = []
    for number in range(wheels):
        module = f"package_{number}"
        contents: dict[str, bytes | str] = {
            f"{module}/sub_{place // 40}/module_{place}.py": f"value = {place}\n" * 40
            for place in range(files // wheels)
        }
        contents[f"{module}/__init__.py"] = ""
        if number < 2:
            contents[f"{module}/lib/large.so"] = noise(module, size // 4) + b"\0" * (size // 4)
        name, data = wheel(f"package-{number}", "1.0", files=contents, deflated=True)
        (folder / name).write_bytes(data)
        found.append((name, hashlib.sha256(data).hexdigest(), len(data)))
    return found


def lock_of(found: list[tuple[str, str, int]], url: str) -> bytes:
    made = offer("cpu", "linux-x86_64", HERE)
    packages = tuple(
        Pinned(
            name.split("-")[0].replace("_", "-"),
            Version("1.0"),
            f"{url}/simple",
            (LockedFile(name, f"{url}/files/{name}", sha256, size),),
            frozenset(made.targets),
        )
        for name, sha256, size in found
    )
    return encode(Lock("bench", packages, (made,), Variant("cpu"), SPEC, CATALOG))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=int, default=41)
    parser.add_argument("--files", type=int, default=14_000)
    parser.add_argument("--size", type=int, default=400, help="megabytes, unpacked")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        (folder / "wheels").mkdir()
        found = made_wheels(folder / "wheels", asked.wheels, asked.files, asked.size * 1_000_000)
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, folder / "wheels", ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        (folder / "pylock.toml").write_bytes(lock_of(found, server.stdout.readline().strip()))
        times = measured(folder, asked.runs)
        server.communicate("")
    budgets = {"from nothing": 0.6, "warm store, new env": 0.7, "nothing to do": 1.0}
    for what, budget in budgets.items():
        print(times[what].line(what, budget))
    if asked.json:
        asked.json.write_text(json.dumps({what: vars(one) for what, one in times.items()}))


class Contest:
    """Lets both do the same work in turn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "ENVPLAN_"))}
        self.environ = kept | {
            "ENVPLAN_STORE": str(folder / "store"),
            "ENVPLAN_CONFIG": str(folder / "config.toml"),
            "ENVPLAN_PROFILE": "ci-linux",
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_NO_CONFIG": "1",
        }
        (folder / "config.toml").write_text("")

    def run(self, *command: str | Path) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, cwd=self.folder, env=self.environ, check=True, **quiet)

    def ours(self) -> None:
        self.run(TOOLS / "envplan", "apply")

    def theirs(self) -> None:
        if not (self.folder / "theirs").exists():
            self.run(TOOLS / "uv", "venv", "--quiet", "--python", sys.executable, "theirs")
        self.run(TOOLS / "uv", "pip", "sync", "--quiet", "--python", "theirs/bin/python", "pylock.toml")

    def clean(self, *names: str) -> None:
        for path in (self.folder / one for one in names):
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path, ignore_errors=True)


def measured(folder: Path, runs: int) -> dict[str, Times]:
    """Let both do all three, each of them first in turn."""
    contest, environments = Contest(folder), (".venv", ".envplan", "theirs")
    removed = {
        "from nothing": ("store", "cache", *environments),
        "warm store, new env": environments,
        "nothing to do": (),
    }
    times = {what: Times() for what in removed}
    for number in range(runs):
        for what, names in removed.items():
            contest.clean(*names)
            subprocess.run(["sync"], check=True)
            pair = [(times[what].ours, contest.ours), (times[what].theirs, contest.theirs)]
            for kept, work in pair if number % 2 else reversed(pair):
                kept.append(timed(work))
    return times


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
