"""The budgets of start-up: --help, plan on a fresh machine without network, probe without a GPU.

Each command is a whole process, timed in turn with a bare interpreter; medians, in milliseconds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
ENVPLAN = str(Path(sys.executable).with_name("envplan"))


def milliseconds(command: list[str], folder: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    budgets = {
        "bare Python": ([sys.executable, "-I", "-c", "pass"], None),
        "envplan --help": ([ENVPLAN, "--help"], 60),
        "envplan plan --for PROFILE": ([ENVPLAN, "plan", "--for", "workstation-rtx3090"], 150),
        "envplan plan (this machine)": ([ENVPLAN, "plan"], 150),
        "envplan probe": ([ENVPLAN, "probe"], 300),
    }
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "envplan.toml")
        spec.write_text(
            '[env]\npython = "3.11"\n\n[packages]\ntorch = "2.2"\ntorchvision = "*"\ntransformers = "*"\n'
        )
        times: dict[str, list[float]] = {name: [] for name in budgets}
        for _ in range(RUNS + 1):
            for name, (command, _budget) in budgets.items():
                times[name].append(milliseconds(command, folder))
    bare = statistics.median(times["bare Python"][1:])
    for name, (_command, budget) in budgets.items():
        median = statistics.median(times[name][1:])
        limit = f"budget {budget} ms" if budget else ""
        print(f"{name:<30} {median:6.0f} ms  {median / bare:4.1f} x bare Python  {limit}")


if __name__ == "__main__":
    main()
