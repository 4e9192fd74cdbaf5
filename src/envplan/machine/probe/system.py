"""The operating system under the wheels: platform, C library, release, processor, Microsoft's runtime."""

from __future__ import annotations

import re

from envplan.machine.probe.host import Host, is_file
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.evidence import Fact
from envplan.values.platforms import Arch, Os, Platform
from envplan.values.records import dataclass
from envplan.values.versions import Dotted, Libc

_SYSTEMS: dict[str, Os] = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_ARCHES: dict[str, Arch] = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}

_MAC = "/System/Library/CoreServices/SystemVersion.plist"
_APK = "/lib/apk/db/installed"  # in the order of installation: musl is among the first
_RUNTIMES = (
    r"SOFTWARE\Microsoft\VisualStudio\14.0\VC\Runtimes",
    r"SOFTWARE\WOW6432Node\Microsoft\VisualStudio\14.0\VC\Runtimes",
)
_DLLS = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll", "msvcp140_1.dll")
_FLAGS = ("sse4_2", "avx", "avx2", "avx512f", "asimd", "sve")


def platform(host: Host) -> Platform:
    """Say which platform's wheels run here; a computer for which there are none is a problem."""
    system, arch = _SYSTEMS.get(host.system), _ARCHES.get(host.arch.lower())
    if system is None or arch is None:
        raise EnvplanError(
            Problem(
                "EP518",
                "envplan knows no wheels for this kind of computer",
                found=(Said(f"{host.system} on {host.arch or 'an unnamed processor'}", "this computer"),),
                why=(Said("it plans for Linux, Windows and macOS, on 64-bit x86 and Arm"),),
                cures=("envplan plan --for datacenter-a100   (plan for another machine)",),
            )
        )
    return Platform(system, arch)


def libc(host: Host) -> Fact[Libc] | None:
    """Say which C library the interpreter runs on; on macOS and Windows that is no question."""
    if host.system != "linux":
        return None
    if found := re.fullmatch(r"glibc\s+([0-9]+\.[0-9]+).*", host.libc):
        return Fact(Libc("glibc", Dotted(found[1])), "the running interpreter (confstr)")
    if found := re.search(r"(?m)^P:musl\nV:([0-9]+\.[0-9]+(?:\.[0-9]+)?)", host.text(_APK)):
        return Fact(Libc("musl", Dotted(found[1])), _APK)
    loaders = [name for name in host.entries("/lib") if re.fullmatch(r"ld-musl-\w+\.so\.1", name)]
    for name in loaders:
        if found := re.search(r"Version ([0-9]+(?:\.[0-9]+)+)", _loader(host, name)):
            return Fact(Libc("musl", Dotted(found[1])), f"/lib/{name}")
    return None


def _loader(host: Host, name: str) -> str:
    """Run musl's loader, which prints its version on stderr when it is given nothing to load."""
    from envplan.processes.outcomes import Ended
    from envplan.processes.run import run

    loader = host.path(f"/lib/{name}")
    outcome = run([loader], environ=host.environ, deadline=host.deadline, errors="joined")
    return outcome.text if isinstance(outcome, Ended) else ""


def unknown_libc() -> Problem:
    """Warn that the C library is neither glibc nor musl as we know them."""
    return Problem(
        "EP519",
        "the C library of this system cannot be told",
        found=(Said("neither glibc's version nor musl's", "confstr, /lib"),),
        why=(Said("Linux wheels are built for a C library of a certain age; that cannot be checked here"),),
        cures=("ldd --version",),
        severity="warning",
    )


def macos(host: Host) -> Fact[Dotted] | None:
    """Read the release of macOS."""
    if host.system != "darwin":
        return None
    found = re.search(r"<key>ProductVersion</key>\s*<string>([0-9.]+)</string>", host.text(_MAC))
    return Fact(Dotted(found[1]), _MAC) if found else None


def flags(host: Host) -> tuple[str, ...]:
    """Read which of the processor's extensions wheels are known to need; the first core speaks for all."""
    if host.system == "win32":
        return _windows_flags(host)
    if host.system == "darwin":
        return _mac_flags(host)
    found = re.search(r"(?m)^(?:flags|Features)\s*:\s*(.*)$", host.text("/proc/cpuinfo", 8192))
    words = set(found[1].split()) if found else set()
    return tuple(flag for flag in _FLAGS if flag in words)


def _mac_flags(host: Host) -> tuple[str, ...]:
    if host.arch == "arm64":
        return ("asimd",)
    from envplan.processes.outcomes import Ended
    from envplan.processes.run import run

    names = ("hw.optional.avx1_0", "hw.optional.avx2_0")
    command = [str(host.path("/usr/sbin/sysctl")), *names]
    outcome = run(command, environ=host.environ, deadline=host.deadline, errors="dropped")
    said = outcome.text if isinstance(outcome, Ended) else ""
    return tuple(
        flag
        for flag, name in zip(("avx", "avx2"), names, strict=True)
        if re.search(rf"{re.escape(name)}: 1", said)
    )


def _windows_flags(host: Host) -> tuple[str, ...]:
    if not host.real:
        return ()
    import ctypes

    present = getattr(getattr(ctypes, "windll", None), "kernel32", None)
    if present is None:
        return ()
    # PF_SSE4_2, PF_AVX, PF_AVX2 and PF_AVX512F of winnt.h
    numbers = {"sse4_2": 38, "avx": 39, "avx2": 40, "avx512f": 41}
    return tuple(flag for flag, number in numbers.items() if present.IsProcessorFeaturePresent(number))


@dataclass(frozen=True)
class VcRuntime:
    """Microsoft's C++ runtime, which most wheels for Windows load and none carries whole."""

    version: str | None
    origin: str
    missing: tuple[str, ...]  # DLLs that are not in System32


def vc_runtime(host: Host) -> VcRuntime | None:
    """Look for the runtime: the registry says which version, the DLLs say that it is there."""
    if not host.windows:
        return None
    kind = "ARM64" if host.arch.lower() in ("arm64", "aarch64") else "X64"
    folder = host.environ.get("SystemRoot", r"C:\Windows")
    missing = tuple(name for name in _DLLS if not is_file(host.path(folder) / "System32" / name))
    for key in _RUNTIMES:
        major = host.registry.value(f"{key}\\{kind}", "Major")
        minor = host.registry.value(f"{key}\\{kind}", "Minor")
        if host.registry.value(f"{key}\\{kind}", "Installed") == 1 and major is not None:
            return VcRuntime(f"{major}.{minor or 0}", f"registry: {key}\\{kind}", missing)
    return VcRuntime(None, "registry", missing)


def no_vc_runtime(runtime: VcRuntime) -> Problem:
    """Warn that wheels will not load."""
    what = ", ".join(runtime.missing) or "no version in the registry"
    return Problem(
        "EP520",
        "Microsoft's Visual C++ runtime is not complete",
        found=(Said(what, r"%SystemRoot%\System32"),),
        why=(Said('torch and many others then stop with "DLL load failed"'),),
        cures=("winget install Microsoft.VCRedist.2015+.x64",),
        severity="warning",
    )
