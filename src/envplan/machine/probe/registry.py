"""The Windows registry, as far as a probe reads it: values below HKEY_LOCAL_MACHINE, in the 64-bit view."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from envplan.values.records import dataclass, field


class Registry(Protocol):
    """Where Windows keeps what is installed."""

    def value(self, key: str, name: str) -> str | int | None:
        """Read one value."""

    def keys(self, key: str) -> list[str]:
        """List the keys below one."""


@dataclass(frozen=True)
class Recorded:
    """A registry written down: key, then name, then value."""

    values: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    def value(self, key: str, name: str) -> str | int | None:
        """Read one value."""
        return self.values.get(key, {}).get(name)

    def keys(self, key: str) -> list[str]:
        """List the keys below one."""
        start = f"{key}\\"
        return sorted({k.removeprefix(start).split("\\")[0] for k in self.values if k.startswith(start)})


EMPTY = Recorded()


class _Windows:
    """The registry of the Windows we run on."""

    def __init__(self) -> None:
        self.winreg: Any = importlib.import_module("winreg")  # only Windows has it

    def _open(self, key: str) -> Any:
        access = self.winreg.KEY_READ | self.winreg.KEY_WOW64_64KEY
        return self.winreg.OpenKey(self.winreg.HKEY_LOCAL_MACHINE, key, access=access)

    def value(self, key: str, name: str) -> str | int | None:
        try:
            with self._open(key) as opened:
                value = self.winreg.QueryValueEx(opened, name)[0]
        except OSError:
            return None
        return value if isinstance(value, str | int) else None

    def keys(self, key: str) -> list[str]:
        found: list[str] = []
        try:
            with self._open(key) as opened:
                while True:
                    found.append(self.winreg.EnumKey(opened, len(found)))
        except OSError:  # also how EnumKey says that there are no more
            return found


def this_registry(system: str) -> Registry:
    """Return the registry of the computer we run on; an empty one where there is none."""
    return _Windows() if system == "win32" else EMPTY
