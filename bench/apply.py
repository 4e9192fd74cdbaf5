"""What `envplan apply` costs beside `uv venv` and `uv pip sync`, from the same lock and the same local index.

Three ways: from nothing (both stores empty), a new environment from a warm store, nothing to do. The wheels
are made here: as many files and bytes as asked for, two of them large, as in a build of torch.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from envplan.lockfile.encode import encode  # noqa: E402
from envplan.lockfile.model import Lock, LockedFile, Pinned  # noqa: E402
from envplan.values.variants import Variant  # noqa: E402
from envplan.values.versions import Libc  # noqa: E402
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


def made_wheels(folder: Path, wheels: int, files: int, size: int) -> None:
    """Make wheels; two of them hold most of the bytes."""
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


def lock_of(wheels: Path, url: str) -> bytes:
    """Write the lock that takes all of them."""
    made = offer("cpu", "linux-x86_64", HERE, libc=Libc.parse(" ".join(platform.libc_ver())))
    packages = []
    for file in sorted(wheels.iterdir()):
        name, version, _, _ = parse_wheel_filename(file.name)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        locked = LockedFile(file.name, f"{url}/files/{quote(file.name)}", sha256, file.stat().st_size)
        packages.append(Pinned(name, version, f"{url}/simple", (locked,), frozenset(made.targets)))
    return encode(Lock("bench", tuple(packages), (made,), Variant("cpu"), SPEC, CATALOG))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, help="measure with these wheels, as `pip download` leaves them"
    )
    parser.add_argument("--wheels", type=int, default=41)
    parser.add_argument("--files", type=int, default=14_000)
    parser.add_argument("--size", type=int, default=400, help="megabytes, unpacked")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        wheels = asked.folder or folder / "wheels"
        if asked.folder is None:
            wheels.mkdir()
            made_wheels(wheels, asked.wheels, asked.files, asked.size * 1_000_000)
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, wheels, ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        lock = lock_of(wheels, server.stdout.readline().strip())
        times = measured(folder, lock, asked.runs)
        server.communicate("")
    budgets = {"from nothing": 0.6, "warm store, new env": 0.7, "nothing to do": 1.0}
    for what, budget in budgets.items():
        print(times[what].line(what, budget))
    if asked.json:
        asked.json.write_text(json.dumps({what: vars(one) for what, one in times.items()}))


class Contest:
    """Both do the same work, each round in folders of its own.

    Not in folders that were emptied: where thousands of files were just deleted, ext4 makes new ones slowly.
    """

    def __init__(self, folder: Path, lock: bytes) -> None:
        self.folder, self.lock = folder, lock
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "ENVPLAN_"))}
        self.environ = kept | {"ENVPLAN_CONFIG": str(folder / "config.toml"), "UV_NO_CONFIG": "1"}
        (folder / "config.toml").write_text("")

    def project(self, name: str) -> Path:
        """A new folder with nothing but the lock."""
        made = self.folder / name
        made.mkdir()
        (made / "pylock.toml").write_bytes(self.lock)
        return made

    def ours(self, project: Path, store: Path) -> float:
        return self._run(project, {"ENVPLAN_STORE": str(store)}, TOOLS / "envplan", "apply", "--no-smoke")

    def theirs(self, project: Path, store: Path, *, anew: bool = True) -> float:
        uv, around = TOOLS / "uv", {"UV_CACHE_DIR": str(store)}
        made = self._run(project, around, uv, "venv", "-q", "--python", sys.executable, "it") if anew else 0.0
        sync = ("pip", "sync", "-q", "--python", "it/bin/python", "pylock.toml")
        return made + self._run(project, around, uv, *sync)

    def _run(self, project: Path, around: dict[str, str], *command: str | Path) -> float:
        subprocess.run(["sync"], check=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        start = time.perf_counter()
        subprocess.run(command, cwd=project, env=self.environ | around, check=True, **quiet)
        return time.perf_counter() - start


def measured(folder: Path, lock: bytes, runs: int) -> dict[str, Times]:
    """Let both do all three, in turn."""
    contest = Contest(folder, lock)
    times = {what: Times() for what in ("from nothing", "warm store, new env", "nothing to do")}
    for number in range(runs):
        store, cache = folder / f"store-{number}", folder / f"cache-{number}"
        for what in ("from nothing", "warm store, new env"):
            projects = [contest.project(f"{who}-{what[:4]}-{number}") for who in ("ours", "theirs")]
            times[what].ours.append(contest.ours(projects[0], store))
            times[what].theirs.append(contest.theirs(projects[1], cache))
        times["nothing to do"].ours.append(contest.ours(projects[0], store))
        times["nothing to do"].theirs.append(contest.theirs(projects[1], cache, anew=False))
    return times


if __name__ == "__main__":
    main()
