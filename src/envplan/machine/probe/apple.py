"""Apple: every Mac with Apple silicon has its GPU on the chip."""

from __future__ import annotations

from pathlib import Path

from envplan.machine.model import Gpu
from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.rungs import Absent, Found, Rung

SYSCTL = "/usr/sbin/sysctl"


def look(host: Host) -> Gpus:
    """Find Apple's GPU."""
    if host.system != "darwin" or host.arch != "arm64":
        return Gpus()
    name, memory = "Apple silicon", None
    facts = _sysctl(host.path(SYSCTL), host)
    if len(facts) == 2:
        name = facts[0] or name
        memory = int(facts[1]) // 2**20 if facts[1].isdigit() else None  # shared with the processor
    gpu = Gpu("apple", name, "sysctl machdep.cpu.brand_string", memory_mib=memory)
    outcome = (
        Found(gpu, name) if facts else Absent("sysctl does not answer; the chip is known from the system")
    )
    return Gpus(gpus=(gpu,), rungs=(Rung("Apple silicon", "sysctl", outcome),))


def _sysctl(program: Path, host: Host) -> list[str]:
    from envplan.machine.probe import child

    command = [program, "-n", "machdep.cpu.brand_string", "hw.memsize"]
    match child.run(command, environ=host.environ, deadline=host.deadline):
        case child.Ended(0, output):
            return [line.strip() for line in output.splitlines()]
        case _:
            return []
