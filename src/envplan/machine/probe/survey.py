"""Everything found out about this computer, and the short form that planning needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from envplan.machine.model import Gpu, Machine
from envplan.machine.probe import amd, apple, intel, pci, system, windows
from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.interpreters import Interpreter, by_asking, by_name
from envplan.machine.probe.nvidia.signs import Signs, look
from envplan.machine.probe.nvidia.source import LIBCUDA, NVML, SMI
from envplan.machine.probe.rungs import Absent, Rung
from envplan.machine.probe.surroundings import Note, container, find_notes
from envplan.problems import Problem
from envplan.values.records import dataclass, replace
from envplan.values.versions import Compute

if TYPE_CHECKING:  # planning has no need of these, and waits for what it imports
    from envplan.machine.probe.toolkits import LibraryFolder, Toolkit

VARIABLE = "ENVPLAN_PROFILE"
NAME = "this-machine"

Known = Callable[[str], Compute | None]


@dataclass(frozen=True)
class Survey:
    """A machine, and all that a person may want to know about it besides."""

    machine: Machine
    rungs: tuple[Rung, ...] = ()
    warnings: tuple[Problem, ...] = ()
    hidden: tuple[Gpu, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    toolkits: tuple[Toolkit, ...] = ()
    cudnn: tuple[Toolkit, ...] = ()
    library_folders: tuple[LibraryFolder, ...] = ()
    flags: tuple[str, ...] = ()
    build: str = ""
    vc_runtime: system.VcRuntime | None = None
    notes: tuple[Note, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that went wrong, errors first."""
        return (*self.machine.unreadable, *self.warnings)


def probe_machine(
    host: Host, *, interpreters: bool = False, known: Known | None = None, thorough: bool = False
) -> Survey:
    """Find out what planning needs. Without a sign of a GPU this starts no process and takes milliseconds.

    `interpreters` starts each Python to see that it runs; else their names are believed.
    """
    platform = system.platform(host)
    graphics = pci.graphics(host) if host.system == "linux" else ()
    vendors = [_nvidia(host, look(host, graphics), known, thorough=thorough)]
    if host.system == "linux":
        vendors += [amd.look(host, graphics), intel.look(host, graphics)]
    elif host.windows:
        vendors.append(windows.look(host))
    else:
        vendors.append(apple.look(host))
    found = by_asking(host) if interpreters else by_name(host)
    libc = system.libc(host)
    machine = Machine(
        name=NAME,
        platform=platform,
        origin="this computer",
        libc=libc,
        macos=system.macos(host),
        pythons=tuple(interpreter.fact for interpreter in found),
        nvidia=vendors[0].driver,
        gpus=tuple(gpu for vendor in vendors for gpu in vendor.gpus),
        unreadable=tuple(one for vendor in vendors for one in vendor.unreadable),
    )
    missing = (system.unknown_libc(),) if platform.os == "linux" and libc is None else ()
    return Survey(
        machine,
        rungs=tuple(rung for vendor in vendors for rung in vendor.rungs),
        warnings=(*(one for vendor in vendors for one in vendor.warnings), *missing),
        hidden=tuple(gpu for vendor in vendors for gpu in vendor.hidden),
        interpreters=found,
    )


def _nvidia(host: Host, signs: Signs, known: Known | None, *, thorough: bool) -> Gpus:
    if not signs.any:
        return Gpus(rungs=(*signs.rungs, *(Rung(name, "", Absent()) for name in (NVML, LIBCUDA, SMI))))
    from envplan.machine.probe.nvidia.ladder import climb

    return climb(host, signs, known=known, thorough=thorough, container=bool(container(host)))


def survey(host: Host, *, known: Known | None = None) -> Survey:
    """Find out everything that `envplan probe` shows."""
    from envplan.machine.probe.toolkits import find_cudnn, find_library_folders, find_toolkits

    short = probe_machine(host, interpreters=True, known=known, thorough=True)
    runtime = system.vc_runtime(host)
    broken = (system.no_vc_runtime(runtime),) if runtime and runtime.missing else ()
    return replace(
        short,
        warnings=(*short.warnings, *broken),
        toolkits=find_toolkits(host),
        cudnn=find_cudnn(host),
        library_folders=find_library_folders(host),
        flags=system.flags(host),
        build=host.build,
        vc_runtime=runtime,
        notes=find_notes(host),
    )


def here(host: Host | None = None, *, interpreters: bool = False, known: Known | None = None) -> Survey:
    """Look at this machine as planning needs it, or read the one that ENVPLAN_PROFILE says to be."""
    host = host or Host.here()
    wanted = host.environ.get(VARIABLE)
    return pretended(wanted, known) if wanted else probe_machine(host, interpreters=interpreters, known=known)


def pretended(profile: str, known: Known | None = None) -> Survey:
    """Read a machine that is not this one."""
    from envplan.machine.profile import find_profile, read_profile

    return Survey(read_profile(find_profile(profile), known))
