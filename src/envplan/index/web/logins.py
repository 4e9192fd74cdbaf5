"""Users and passwords, each bound to the host it is for."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from envplan.index.addresses import origin
from envplan.settings.model import Login


class Logins:
    """Finds the login of an address: environment, settings, netrc; the keyring once a server asks for one."""

    def __init__(
        self,
        environ: Mapping[str, str],
        names: Mapping[str, str],
        known: Iterable[tuple[str, Login]] = (),
    ) -> None:
        """`names` are the indexes of the spec by name; `known` are logins with the address they are for."""
        self._environ = environ
        self._bound = {origin(address): login for address, login in known}
        for name, address in names.items():
            if login := _from_environment(environ, name):
                self._bound[origin(address)] = login
        self._lock = threading.Lock()
        self._netrc: Mapping[str, Login] | None = None
        self._ring: dict[str, Login | None] = {}

    def of(self, address: str) -> Login | None:
        """Return what to send at once."""
        found = self._bound.get(origin(address)) or self._ring.get(origin(address))
        if found is not None:
            return found
        with self._lock:
            if self._netrc is None:
                self._netrc = _read_netrc(self._environ)
        return self._netrc.get(urlsplit(address).hostname or "")

    def when_asked(self, address: str) -> Login | None:
        """Return what the keyring holds; it may ask its owner to unlock it, so it comes last."""
        place = origin(address)
        with self._lock:
            if place not in self._ring:
                self._ring[place] = _from_keyring(place)
        return self._ring[place]


def variables(name: str) -> tuple[str, str]:
    """Return the two environment variables that hold the login of an index of the spec."""
    stem = "ENVPLAN_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    return f"{stem}_USERNAME", f"{stem}_PASSWORD"


def _from_environment(environ: Mapping[str, str], name: str) -> Login | None:
    user, password = (environ.get(variable, "") for variable in variables(name))
    return Login(user, password, variables(name)[1]) if user or password else None


def _read_netrc(environ: Mapping[str, str]) -> Mapping[str, Login]:
    """Read machines; the entry `default` would give a password to every host, so it is not for us."""
    import netrc

    home = environ.get("HOME") or environ.get("USERPROFILE")
    named = environ.get("NETRC")
    places = [Path(named)] if named else [Path(home) / name for name in (".netrc", "_netrc") if home]
    for place in places:
        with contextlib.suppress(OSError, netrc.NetrcParseError, UnicodeError):
            if place.is_file():
                hosts = netrc.netrc(str(place)).hosts
                return {
                    host.lower(): Login(user or "", password or "", str(place))
                    for host, (user, _, password) in hosts.items()
                    if host != "default"
                }
    return {}


def _from_keyring(place: str) -> Login | None:
    """Ask the keyring, where that package is installed; its backends fail in every way there is."""
    try:
        from keyring import get_credential

        found = get_credential(place, None) or get_credential(urlsplit(place).hostname or "", None)
    except Exception:
        return None
    return Login(found.username or "", found.password or "", "keyring") if found is not None else None
