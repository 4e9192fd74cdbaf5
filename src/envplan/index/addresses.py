"""Canonical addresses, and the mirrors that are asked instead and never show in what is canonical."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from envplan.settings.model import DEFAULT, Mirror, Settings


@cache
def default_index() -> str:
    """Return the canonical address of the default index.

    It is never written in this repository: distlib knows it, with /pypi at its end for the older protocol.
    """
    return re.sub(r"/pypi/*$", "/simple", _distlibs_index())


def _distlibs_index() -> str:
    """Read distlib's constant. Importing the module takes 65 ms (subprocess, XML-RPC); its text takes one."""
    import sys
    from importlib.util import find_spec
    from pathlib import Path

    loaded = sys.modules.get("distlib.index")
    package = find_spec("distlib") if loaded is None else None
    for folder in (package and package.submodule_search_locations) or ():
        try:
            text = (Path(folder) / "index.py").read_text(encoding="utf-8")
        except OSError:
            continue
        if found := re.search(r"^DEFAULT_INDEX = ['\"]([^'\"\s]+)['\"]", text, re.MULTILINE):
            return found[1]
    from distlib.index import DEFAULT_INDEX

    return str(DEFAULT_INDEX)


def canonical_index(address: str) -> str:
    """Return the canonical address of an index, which may be named `default`."""
    return default_index() if address == DEFAULT else plain(address).rstrip("/")


def plain(address: str) -> str:
    """Write scheme and host in lower case, without the standard port, a login or a fragment."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, standard) else f":{parts.port}"
    return urlunsplit((parts.scheme.lower(), host + port, parts.path, parts.query, ""))


def origin(address: str) -> str:
    """Return scheme, host and port: what a login is bound to."""
    parts = urlsplit(plain(address))
    return f"{parts.scheme}://{parts.netloc}"


class Mirrors:
    """Where requests go."""

    def __init__(self, settings: Settings) -> None:
        made = [
            Mirror(default_index() if one.prefix == DEFAULT else plain(one.prefix), one.address, one.login)
            for one in settings.mirrors
        ]
        self.all = sorted(made, key=lambda mirror: -len(mirror.prefix))  # the longest prefix first

    def of(self, address: str) -> Mirror | None:
        """Find the mirror that stands for an address."""
        return next((mirror for mirror in self.all if _under(address, mirror.prefix)), None)

    def is_default(self, address: str) -> bool:
        """Whether the default index answers there, or the mirror of it."""
        if origin(address) == origin(default_index()):
            return True
        mirrors = (one for one in self.all if one.prefix == default_index())
        return any(_under(address, one.address) for one in mirrors)

    def stands_behind(self, address: str) -> str:
        """Return the canonical address of what a mirror was asked for; empty where it was no mirror."""
        used = next((mirror for mirror in self.all if _under(address, mirror.address)), None)
        if used is not None:
            return used.prefix + address[len(used.address) :]
        beside = (mirror for mirror in self.all if origin(mirror.address) == origin(address))
        return next((mirror.prefix for mirror in beside), "")

    def forward(self, address: str) -> str:
        """Return where to ask for what has this canonical address."""
        mirror = self.of(address)
        return address if mirror is None else mirror.address + address[len(mirror.prefix) :]

    def canonical(self, page: str, asked: str) -> Callable[[str], str] | None:
        """Tell how to find the canonical address of what a page links to; none where links are canonical.

        `page` is the canonical address of the page, `asked` where it was read. A mirror that keeps the files
        beside its pages links to itself; what it links to stands at the same place beside the canonical page.
        """
        if not self.all:
            return None
        used = self.of(page)
        mirrors = sorted(self.all, key=lambda one: one is not used)
        host = origin(asked)

        def of_link(link: str) -> str:
            for mirror in mirrors:
                if link.startswith(mirror.address) and _under(link, mirror.address):
                    return mirror.prefix + link[len(mirror.address) :]
            if used is None or origin(link) != host:
                return link
            return urljoin(page, _from(asked, link))

        return of_link


def _under(address: str, prefix: str) -> bool:
    return address == prefix or address.startswith(prefix + "/")


def _from(page: str, link: str) -> str:
    """Write a link as seen from a page of the same host: ../../files/x.whl."""
    here, there = urlsplit(page).path.split("/")[:-1], urlsplit(link).path.split("/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    query = urlsplit(link).query
    path = "/".join([".."] * (len(here) - shared) + there[shared:])
    return "./" + path + (f"?{query}" if query else "")
