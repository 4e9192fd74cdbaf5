"""The three sources that have to be run: NVML and libcuda in a child Python, nvidia-smi in its query form."""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from envplan.machine.probe import child
from envplan.machine.probe.host import Host
from envplan.machine.probe.nvidia.problems import Failure, explain, gpu_failed, of_child
from envplan.machine.probe.nvidia.signs import Signs
from envplan.machine.probe.nvidia.source import (
    LIBCUDA,
    NVML,
    SMI,
    Account,
    Device,
    cuda_of,
    dotted,
    mebibytes,
)
from envplan.machine.probe.rungs import Absent, Found, Outcome, Rung, Unreadable
from envplan.processes.outcomes import Ended
from envplan.processes.outcomes import Outcome as Ending
from envplan.processes.run import run
from envplan.values.versions import Compute

# compute_cap came with driver 510, mig.mode.current with 450; an older nvidia-smi refuses the whole query.
_FIELDS = (
    ("driver_version", "name", "memory.total", "uuid", "compute_cap", "mig.mode.current"),
    ("driver_version", "name", "memory.total", "uuid"),
)
_SMI_WORDS = (
    ("version mismatch", 18),
    ("insufficient permissions", 4),
    ("couldn't communicate with the nvidia driver", 9),
    ("driver not loaded", 9),
    ("gpu is lost", 15),
)

Explain = Callable[[Failure], Outcome[Account]]


def ask(source: str, host: Host, signs: Signs, *, container: bool) -> Rung:
    """Ask one source, whatever it takes: time, a crash, nonsense."""

    def refused(failure: Failure) -> Outcome[Account]:
        return Unreadable(explain(failure, host, signs, container=container))

    if source == SMI:
        origin, outcome = signs.smi, _smi(host, signs.smi, refused)
    elif source == NVML:
        origin, outcome = signs.nvml, _nvml(host, signs, container, refused)
    else:
        origin, outcome = signs.libcuda, _libcuda(host, signs, container, refused)
    return Rung(source, str(origin or ""), outcome)


def _nvml(host: Host, signs: Signs, container: bool, refused: Explain) -> Outcome[Account]:
    if signs.nvml is None:
        return Absent("no libnvidia-ml.so.1" if not host.windows else "no nvml.dll")
    found = importlib.util.find_spec("pynvml")
    if found is None or found.origin is None:
        return refused(
            Failure(NVML, "load", None, "the Python module pynvml (nvidia-ml-py) is not installed")
        )
    answer = child.ask(
        "nvml",
        str(signs.nvml),
        str(Path(found.origin).parent),
        executable=host.executable,
        environ=_open(host.environ),
        deadline=host.deadline,
    )
    return _account(NVML, answer, host, signs, container, refused)


def _libcuda(host: Host, signs: Signs, container: bool, refused: Explain) -> Outcome[Account]:
    if signs.libcuda is None:
        return Absent("no libcuda.so.1" if not host.windows else "no nvcuda.dll")
    answer = child.ask(
        "libcuda",
        str(signs.libcuda),
        executable=host.executable,
        environ=_open(host.environ),
        deadline=host.deadline,
    )
    return _account(LIBCUDA, answer, host, signs, container, refused)


def _open(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what hides GPUs: all are counted, then the hidden ones set aside."""
    return {name: value for name, value in environ.items() if name != "CUDA_VISIBLE_DEVICES"}


def _account(
    origin: str,
    answer: dict[str, Any] | Ending,
    host: Host,
    signs: Signs,
    container: bool,
    refused: Explain,
) -> Outcome[Account]:
    if not isinstance(answer, dict):
        return Unreadable(of_child(answer, origin))
    if failed := answer.get("failed"):
        return refused(_failure(origin, failed))
    devices, broken = [], []
    for index, gpu in enumerate(answer.get("gpus", ())):
        if gpu.get("failed"):
            failure = _failure(origin, gpu["failed"])
            broken.append(gpu_failed(failure, index, host, signs, container=container))
        else:
            devices.append(_device(gpu))
    account = Account(
        origin,
        dotted(answer.get("driver")),
        cuda_of(answer.get("cuda")),
        tuple(devices),
        tuple(broken),
    )
    return Found(account, _detail(account))


def _failure(origin: str, failed: Mapping[str, Any]) -> Failure:
    return Failure(origin, str(failed.get("during") or ""), failed.get("code"), str(failed.get("text") or ""))


def _device(gpu: Mapping[str, Any]) -> Device:
    compute = gpu.get("compute")
    instances = gpu.get("mig")
    return Device(
        name=clean(gpu.get("name")),
        # A driver that does not know its GPU reports 0.0 or 9999.9999.
        compute=Compute(*compute) if compute and 0 < compute[0] < 100 and 0 <= compute[1] < 10 else None,
        memory_mib=mebibytes(gpu.get("memory")),
        uuid=gpu.get("uuid") or "",
        instances=None if instances is None else tuple(instances),
    )


def clean(name: object) -> str:
    """Keep what can be printed of a name that a driver gave."""
    text = "".join(c for c in name if c.isprintable()).strip() if isinstance(name, str) else ""
    return text[:100] or "NVIDIA GPU"


def _smi(host: Host, program: Path | None, refused: Explain) -> Outcome[Account]:
    if program is None:
        return Absent("not on PATH")
    for fields in _FIELDS:
        query = [f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]
        command = [str(program), *query]
        outcome = run(command, environ=_open(host.environ), deadline=host.deadline, errors="dropped")
        if not isinstance(outcome, Ended):
            return Unreadable(of_child(outcome, SMI))
        if "not a valid field" in outcome.text:
            continue
        return _smi_account(outcome, fields, refused)
    return refused(Failure(SMI, "ask", None, "it knows none of the fields that were asked for"))


def _smi_account(outcome: Ended, fields: tuple[str, ...], refused: Explain) -> Outcome[Account]:
    text = outcome.text.strip()
    if "no devices were found" in text.lower():
        return Found(Account(SMI), "no devices")
    lines = [line for line in text.splitlines() if line.count(",") >= len(fields) - 1]
    if outcome.status != 0 or not lines:
        words = text.lower()
        code = next((code for phrase, code in _SMI_WORDS if phrase in words), outcome.status or None)
        first = next((line for line in text.splitlines() if line.strip()), "it printed nothing")
        return refused(Failure(SMI, "ask", code, first[:200]))
    rows = [dict(zip(fields, row, strict=False)) for row in csv.reader(lines, skipinitialspace=True)]
    drivers = [driver for row in rows if (driver := dotted(row["driver_version"]))]
    account = Account(SMI, min(drivers, default=None), None, tuple(_smi_device(row) for row in rows))
    return Found(account, _detail(account))


def _smi_device(row: Mapping[str, str]) -> Device:
    memory = re.match(r"\s*([0-9]+)", row["memory.total"])
    try:
        compute = Compute.parse(row.get("compute_cap", ""))
    except ValueError:  # "[N/A]", or a driver that has no such field
        compute = None
    return Device(
        name=clean(row["name"]),
        compute=compute,
        memory_mib=int(memory[1]) or None if memory else None,
        uuid=row["uuid"].strip() if row["uuid"].startswith("GPU-") else "",
    )


def _detail(account: Account) -> str:
    said = [f"driver {account.driver}"] if account.driver else []
    said += [f"CUDA {account.cuda}"] if account.cuda else []
    count = len(account.devices) + len(account.broken)
    said.append("1 GPU" if count == 1 else f"{count} GPUs")
    return ", ".join(said)
