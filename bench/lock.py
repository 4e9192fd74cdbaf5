"""What `envplan lock` costs beside `uv pip compile`: on one machine, one index, in turn.

The index is a process of its own on loopback, shaped like the real ones. Each round times both sides once:
a slow moment falls on both. What counts are the ratios, pair by pair, and their median.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ENVPLAN = str(Path(sys.executable).with_name("envplan"))
UV = str(Path(sys.executable).with_name("uv"))
PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}
PYTHONS = ("3.11", "3.12")


@dataclass(frozen=True)
class Bench:
    """The index and the folders of both sides."""

    place: dict[str, Any]
    folder: Path

    def project(
        self, name: str, pythons: Sequence[str], platforms: Sequence[str], packages: dict[str, str]
    ) -> Path:
        """A folder with a spec, and the same requirements for uv."""
        folder = self.folder / name
        folder.mkdir()
        wanted = "".join(f'{package} = "{version}"\n' for package, version in packages.items())
        head = f"[env]\npython = {json.dumps(list(pythons))}\n\n[packages]\n{wanted}\n[targets]\n"
        (folder / "envplan.toml").write_text(f"{head}platforms = {json.dumps(list(platforms))}\n")
        lines = (package + version.replace("*", "") for package, version in packages.items())
        (folder / "needs.in").write_text("\n".join(lines) + "\n")
        return folder

    def environment(self, folder: Path) -> dict[str, str]:
        """Nothing of this computer, and a store for each project."""
        left = ("UV_", "PIP_", "PYTHONDONTWRITEBYTECODE")  # the last makes each start compile what was edited
        kept = {name: value for name, value in os.environ.items() if not name.startswith(left)}
        return kept | {
            "ENVPLAN_CONFIG": str(self.folder / "config.toml"),
            "ENVPLAN_STORE": str(folder / "store"),
            "UV_CACHE_DIR": str(folder / "cache"),
        }

    def seconds(self, command: Sequence[str], folder: Path) -> float:
        """How long it takes as a whole process; it has to go well."""
        around = self.environment(folder)
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, check=False)
        taken = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return taken

    def envplan(self, folder: Path, *words: str, anew: bool = True, cold: bool = False) -> float:
        """One lock; `anew` without the lock there was, `cold` without anything."""
        if anew:
            (folder / "pylock.toml").unlink(missing_ok=True)
        if cold:
            shutil.rmtree(folder / "store", ignore_errors=True)
        return self.seconds([ENVPLAN, "lock", *words], folder)

    def uv(
        self, folder: Path, platforms: Sequence[str], pythons: Sequence[str], *, cold: bool = False
    ) -> float:
        """The same by uv, one run for each target in a row, with hashes as a lock has them."""
        if cold:
            shutil.rmtree(folder / "cache", ignore_errors=True)
        total = 0.0
        for platform in platforms:
            for python in pythons:
                (folder / "pins.txt").unlink(missing_ok=True)
                total += self.seconds(self.compile(platform, python), folder)
        return total

    def compile(self, platform: str, python: str) -> list[str]:
        """One run of uv."""
        index = ("--default-index", self.place["sixty"]["index"])
        target = ("--python-platform", PLATFORMS[platform], "--python-version", python)
        # One interpreter for every target: to look for another takes uv longer than to solve.
        options = (
            "--no-config",
            "--no-python-downloads",
            "--python",
            sys.executable,
            "--quiet",
            "--generate-hashes",
            "--only-binary",
            ":all:",
        )
        return [UV, "pip", "compile", "needs.in", "-o", "pins.txt", *options, *index, *target]


@contextlib.contextmanager
def served(latency: float, no_signs: bool) -> Iterator[dict[str, Any]]:
    """The index, until the block ends."""
    command = [sys.executable, "-m", "tests.support.serve", "--real-hosts", "--latency", str(latency)]
    command += ["--no-signs"] if no_signs else []
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin
    assert server.stdout
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.stdin.close()
        server.wait(10)


Side = Callable[[], float]


def measured(pairs: dict[str, tuple[Side, Side | None, str]], runs: int) -> list[dict[str, Any]]:
    """Every side once to warm up, then in turn; medians, and the median of the ratios pair by pair."""
    rows = []
    for name, (ours, theirs, budget) in pairs.items():
        ours(), theirs and theirs()
        times = [(ours(), theirs() if theirs else None) for _ in range(runs)]
        row: dict[str, Any] = {"work": name, "envplan": statistics.median(own for own, _ in times)}
        other = [(own, their) for own, their in times if their is not None]
        row["uv"] = statistics.median(their for _, their in other) if other else None
        row["ratio"] = statistics.median(own / their for own, their in other) if other else None
        rows.append(row | {"budget": budget, "runs": runs})
    return rows


def work(bench: Bench) -> dict[str, tuple[Side, Side | None, str]]:
    """What is measured."""
    roots = {root.partition(">")[0]: ">=1.5" for root in bench.place["sixty"]["roots"]}
    host = ("linux-x86_64",)
    one = bench.project("one", PYTHONS[:1], host, roots)
    eight = bench.project("eight", PYTHONS, tuple(PLATFORMS), roots)
    check = bench.project("check", PYTHONS[:1], host, roots)
    bench.envplan(check)
    bare = [sys.executable, "-I", "-c", "pass"]
    return {
        "60 packages, one target, warm": (
            lambda: bench.envplan(one),
            lambda: bench.uv(one, host, PYTHONS[:1]),
            "<= 0.4 s",
        ),
        "60 packages, one target, cold": (
            lambda: bench.envplan(one, cold=True),
            lambda: bench.uv(one, host, PYTHONS[:1], cold=True),
            "<= 1.5 x uv",
        ),
        "8 targets, warm (uv: 8 runs)": (
            lambda: bench.envplan(eight),
            lambda: bench.uv(eight, tuple(PLATFORMS), PYTHONS),
            "<= 0.5 x uv",
        ),
        "unchanged, run again": (
            lambda: bench.envplan(check, anew=False),
            lambda: bench.seconds(bench.compile(host[0], PYTHONS[0]), check),
            "",
        ),
        "--check": (lambda: bench.envplan(check, "--check", anew=False), None, "<= 0.06 s"),
        "bare Python": (lambda: bench.seconds(bare, check), None, ""),
    }


def memory(bench: Bench) -> dict[str, Any]:
    """The largest process of a cold lock for eight targets, in MB, its solvers among them."""
    folder = bench.folder / "eight"
    shutil.rmtree(folder / "store", ignore_errors=True)
    (folder / "pylock.toml").unlink(missing_ok=True)
    line = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=2);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); sys.exit(done.returncode)"
    )
    command = [sys.executable, "-c", line, ENVPLAN, "lock"]
    around = bench.environment(folder)
    done = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, check=True)
    return {"work": "peak memory, 8 targets, cold", "MB": int(done.stdout), "budget": "<= 200 MB"}


def shown(row: dict[str, Any]) -> str:
    """One line of the table."""
    if "MB" in row:
        return f"{row['work']:<32} {row['MB']:>7} MB {'':>21}  {row['budget']}"
    uv = f"{row['uv'] * 1000:7.0f} ms" if row["uv"] else " " * 10
    ratio = f"{row['ratio']:6.2f} x uv" if row["ratio"] else " " * 11
    return f"{row['work']:<32} {row['envplan'] * 1000:7.0f} ms {uv} {ratio}  {row['budget']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted rounds (default: 5)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer of the index")
    parser.add_argument(
        "--no-signs", action="store_true", help="pages without ETag, as many mirrors have them"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    with served(asked.latency, asked.no_signs) as place, tempfile.TemporaryDirectory() as made:
        bench = Bench(place, Path(made))
        sixty = place["sixty"]["index"].rstrip("/")
        (bench.folder / "config.toml").write_text(f'[mirrors]\ndefault = "{sixty}"\n')
        print(f"{'':<32} {'envplan':>10} {'uv':>10} {'ratio':>11}  budget")
        rows = []
        for name, sides in work(bench).items():
            rows += measured({name: sides}, asked.runs)
            print(shown(rows[-1]), flush=True)
        rows.append(memory(bench))
        print(shown(rows[-1]))
    how = {"runs": asked.runs, "latency": asked.latency, "no-signs": asked.no_signs}
    text = json.dumps({**how, "figures": rows}, indent=1)
    if asked.json:
        asked.json.write_text(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
