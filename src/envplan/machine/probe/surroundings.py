"""What surrounds the user: containers, WSL, Conda, virtual environments, proxies. Names, never secrets."""

from __future__ import annotations

from envplan.machine.probe.host import Host
from envplan.values.records import dataclass

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Note:
    """One thing worth knowing about where we run."""

    name: str
    text: str
    origin: str


def container(host: Host) -> str:
    """Name what says that we run in a container; empty where nothing does."""
    for place in ("/.dockerenv", "/run/.containerenv"):
        if host.exists(place):
            return place
    for variable in ("KUBERNETES_SERVICE_HOST", "APPTAINER_CONTAINER", "SINGULARITY_CONTAINER"):
        if host.environ.get(variable):
            return variable
    if host.environ.get("container"):
        return "container"
    groups = host.text("/proc/1/cgroup")
    return (
        "/proc/1/cgroup"
        if any(word in groups for word in ("docker", "kubepods", "containerd", "lxc"))
        else ""
    )


def wsl(host: Host) -> bool:
    """Whether this Linux runs inside Windows."""
    return host.exists("/usr/lib/wsl/lib") or "microsoft" in host.text("/proc/sys/kernel/osrelease").lower()


def find_notes(host: Host) -> tuple[Note, ...]:
    """Say what surrounds us."""
    found = []
    if origin := container(host):
        found.append(Note("container", "this is a container", origin))
    if wsl(host):
        found.append(Note("wsl", "this Linux runs inside Windows (WSL)", "/usr/lib/wsl/lib"))
    for name, variable, what in (
        ("conda", "CONDA_PREFIX", "a Conda environment is active"),
        ("virtualenv", "VIRTUAL_ENV", "a virtual environment is active"),
        ("pyenv", "PYENV_VERSION", "pyenv chooses the Python"),
        ("pythonpath", "PYTHONPATH", "packages from there come before those of any environment"),
        ("preload", "LD_PRELOAD", "libraries are loaded into every program"),
    ):
        if value := host.environ.get(variable):
            found.append(Note(name, f"{what}: {value[:200]}", variable))
    proxies = [name for name in _PROXIES if host.environ.get(name) or host.environ.get(name.lower())]
    if proxies:  # a proxy's address may hold a password
        found.append(Note("proxy", "a proxy is set", ", ".join(proxies)))
    return tuple(found)
