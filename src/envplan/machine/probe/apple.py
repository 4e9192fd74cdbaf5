"""Apple: every Mac with Apple silicon has its GPU on the chip."""

from __future__ import annotations

from envplan.machine.model import Gpu
from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.rungs import Absent, Found, Rung
from envplan.problems import Problem, Said

SYSCTL = "/usr/sbin/sysctl"


def look(host: Host) -> Gpus:
    """Find Apple's GPU."""
    if host.system != "darwin":
        return Gpus()
    if host.arch != "arm64":
        translated = _sysctl(host, "sysctl.proc_translated") == ["1"]
        return Gpus(warnings=(_rosetta(host),) if translated else ())
    name, memory = "Apple silicon", None
    facts = _sysctl(host, "machdep.cpu.brand_string", "hw.memsize")
    if len(facts) == 2:
        name = facts[0] or name
        memory = int(facts[1]) // 2**20 if facts[1].isdigit() else None  # shared with the processor
    gpu = Gpu("apple", name, "sysctl machdep.cpu.brand_string", memory_mib=memory)
    outcome = (
        Found(gpu, name) if facts else Absent("sysctl does not answer; the chip is known from the system")
    )
    return Gpus(gpus=(gpu,), rungs=(Rung("Apple silicon", "sysctl", outcome),))


def _sysctl(host: Host, *names: str) -> list[str]:
    from envplan.processes.outcomes import Ended
    from envplan.processes.run import run

    command = [str(host.path(SYSCTL)), "-n", *names]
    match run(command, environ=host.environ, deadline=host.deadline, errors="dropped"):
        case Ended(0) as ended:
            return [line.strip() for line in ended.text.splitlines()]
        case _:
            return []


def _rosetta(host: Host) -> Problem:
    return Problem(
        "EP524",
        "this Python is built for Intel, on a Mac with Apple silicon",
        found=(Said(host.executable, "sysctl.proc_translated"),),
        why=(
            Said("macOS translates it (Rosetta); it takes wheels for Intel Macs, which drive no Apple GPU"),
        ),
        cures=("install a Python for arm64, and envplan with it",),
        severity="warning",
    )
