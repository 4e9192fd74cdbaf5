"""The spec as one machine sees it: other tools' files hold requirements for some systems only."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.spec.model import Requirement, Spec
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.versions import Python

_SYSTEMS = {
    "linux": ("posix", "linux", "Linux"),
    "windows": ("nt", "win32", "Windows"),
    "macos": ("posix", "darwin", "Darwin"),
}
_PROCESSORS = {("windows", "x86_64"): "AMD64", ("windows", "aarch64"): "ARM64", ("macos", "aarch64"): "arm64"}


def applicable(spec: Spec, platform: Platform, pythons: Iterable[Python]) -> Spec:
    """Leave out what is marked for other systems; a name that stands several times must meet all of them."""
    if not any(one.marker for one in spec.everything) and len({one.name for one in spec.packages}) == len(
        spec.packages
    ):
        return spec
    environments = [_environment(platform, python) for python in pythons]
    groups = tuple((name, _merged(group, environments)) for name, group in spec.groups)
    return replace(spec, packages=_merged(spec.packages, environments), groups=groups)


def _merged(packages: Iterable[Requirement], environments: list[dict[str, str]]) -> tuple[Requirement, ...]:
    found: dict[str, Requirement] = {}
    for one in packages:
        if _holds(one.marker, environments):
            before = found.get(one.name)
            found[one.name] = before.with_also(one) if before else one
    return tuple(found.values())


def _holds(marker: str | None, environments: list[dict[str, str]]) -> bool:
    if marker is None:
        return True
    from packaging.markers import Marker

    return any(Marker(marker).evaluate({**environment, "extra": ""}) for environment in environments)


def _environment(platform: Platform, python: Python) -> dict[str, str]:
    """The marker variables of PEP 508, as an interpreter on that system would say them."""
    os_name, sys_platform, system = _SYSTEMS[platform.os]
    return {
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": _PROCESSORS.get((platform.os, platform.arch), platform.arch),
        "platform_release": "",
        "platform_version": "",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "python_version": str(python),
        "python_full_version": f"{python}.0",
    }
