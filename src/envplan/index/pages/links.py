"""From a link to a File, or to the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.documents.reading import shown
from envplan.index.addresses import plain
from envplan.index.model import File, Refused

_WHEEL = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.]*)-(?P<version>[A-Za-z0-9_.+!]+)(?:-[0-9][\w.]*)?-[\w.]+-[\w.]+-[\w.]+\.whl",
    re.ASCII,
)
_SDIST = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)-(?P<version>[A-Za-z0-9_.+!]+)\.(?:tar\.gz|zip)", re.ASCII)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_LONGEST = 4096

# An address that says exactly what it means. The default index has a folder a file, and to take each apart
# with urllib takes longer than everything else on a page.
_CLEAR = re.compile(r"(https?)://[a-z0-9][a-z0-9.-]*(?:/[A-Za-z0-9_+~-][A-Za-z0-9_.+~-]*)*/")


@dataclass(frozen=True)
class Link:
    """One link, as a page wrote it."""

    address: str
    name: str | None  # of the file, where the page says it beside the address
    sha256: str | None = None
    size: Any = None
    uploaded: Any = None
    requires_python: str | None = None
    yanked: str | None = None
    metadata: str | None = None


@dataclass(eq=False)
class HostileError(Exception):
    """A link that is no file of this project, though it may look like one."""

    why: str


class Links:
    """Turns the links of one page into files; what repeats is read once."""

    def __init__(
        self, index: str, project: str, base: str, canonical: Callable[[str], str] | None = None
    ) -> None:
        """`base` is where the page was read; `canonical` names the address that stands in locks."""
        self.index, self.project, self.base = index, project, base
        self.files: list[File] = []
        self.places: list[str] = []  # where each file is asked for, where that is another address
        self.refused: list[Refused] = []
        self._canonical = canonical
        self._names: dict[str, str] = {}
        self._versions: dict[str, Version | None] = {}
        self._specifiers: dict[str, SpecifierSet | None] = {}
        self._folders: dict[str, tuple[str, str]] = {}

    def take(self, link: Link) -> None:
        """Add a link, as a file or as refused; what no installer knows is passed over."""
        try:
            found = self._file(link)
        except HostileError as hostile:
            self.refused.append(Refused(shown(link.name or link.address), hostile.why))
            return
        if found is not None:
            self.files.append(found[0])
            self.places.append(found[1])

    def _file(self, link: Link) -> tuple[File, str] | None:
        place, base = self._place(link.address)
        name = base if link.name is None else link.name
        version = self._release(name, base)
        if version is None:
            return None
        if link.sha256 is not None and not _SHA256.fullmatch(link.sha256):
            raise HostileError("its sha256 is not one")
        if base == name and "+" in name:
            place = _escaped(place, name)
        url = place if self._canonical is None else self._canonical(place)
        moment = isinstance(link.uploaded, str) and _MOMENT.fullmatch(link.uploaded)
        file = File(
            index=self.index,
            project=self.project,
            name=name,
            version=version,
            url=url,
            sha256=link.sha256.lower() if link.sha256 else None,
            size=link.size if type(link.size) is int and 0 <= link.size < 1 << 50 else None,
            uploaded=link.uploaded if moment else None,
            requires_python=self._specifier(link.requires_python),
            yanked=None if link.yanked is None else line(link.yanked),
            metadata=_metadata(link.metadata),
        )
        return file, place if place != url else ""

    def _release(self, name: str, base: str) -> Version | None:
        """Read the version in a file's name; none where it is a file that no installer knows."""
        is_wheel = name.endswith(".whl")
        found = _WHEEL.fullmatch(name) or _SDIST.fullmatch(name)
        if found is None:
            if is_wheel or not name:
                raise HostileError("it is not the name of a wheel" if name else "it has no name")
            return None  # .exe, .egg, .rpm, .asc: what indexes also keep
        if base != name and (_WHEEL.fullmatch(base) or _SDIST.fullmatch(base)):
            raise HostileError(f"it says {shown(name)} and leads to {shown(base)}")
        project = self._name(found["name"])
        if project != self.project:
            if project.startswith(f"{self.project}-") and not is_wheel:
                return None  # x-1.0-beta.tar.gz: an old sdist whose name cannot be taken apart
            raise HostileError("it is a file of another project")
        version = self._version(found["version"])
        if version is None and is_wheel:
            raise HostileError(f"{shown(found['version'])} is not a version")
        return version

    def _place(self, address: str) -> tuple[str, str]:
        """Return the absolute address, and the file name at its end."""
        address = address.strip(" \t\r\n\f").partition("#")[0]
        if not address or len(address) > _LONGEST or _ODD.search(address):
            raise HostileError("its address holds what no address has")
        # A page has one or two folders and thousands of files, and taking addresses apart is slow.
        folder, slash, last = address.rpartition("/")
        if "?" in address or not slash:
            folder, last = address, ""
        if folder not in self._folders:
            self._folders[folder] = self._folder(folder + slash if last else folder)
        place, ending = self._folders[folder]
        base = unquote(last or ending)
        if not base or "/" in base or "\\" in base or base in (".", ".."):
            raise HostileError("its address does not end in the name of a file")
        return place + last, base

    def _folder(self, address: str) -> tuple[str, str]:
        if (clear := _CLEAR.fullmatch(address)) and (clear[1] == "https" or self.base.startswith("http:")):
            return address, ""
        try:
            joined = plain(urljoin(self.base, address))
            parts = urlsplit(joined)
        except ValueError:
            raise HostileError("its address is not one") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise HostileError(f"its address is a {shown(parts.scheme)}: address, not a web address")
        if parts.scheme == "http" and self.base.startswith("https:"):
            raise HostileError("it leads from https to http, where anybody on the way could change it")
        segments = [unquote(segment) for segment in parts.path.split("/")]
        if any(segment in ("..", ".") or "/" in segment or "\\" in segment for segment in segments):
            raise HostileError("its address hides a way out of its folder")
        return joined, segments[-1]

    def _name(self, text: str) -> str:
        if text not in self._names:
            self._names[text] = canonicalize_name(text)
        return self._names[text]

    def _version(self, text: str) -> Version | None:
        if text not in self._versions:
            try:
                self._versions[text] = Version(text.replace("_", "-"))
            except InvalidVersion:
                self._versions[text] = None
        return self._versions[text]

    def _specifier(self, text: str | None) -> SpecifierSet | None:
        if not text:
            return None
        if text not in self._specifiers:
            self._specifiers[text] = specifiers(text)
        return self._specifiers[text]


def _escaped(place: str, name: str) -> str:
    """Write + as %2B, since some file hosts take a bare + for a space."""
    head, mark, query = place.partition("?")
    return f"{head[: head.rindex('/')]}/{name.replace('+', '%2B')}{mark}{query}"


def specifiers(text: str) -> SpecifierSet | None:
    """Read Requires-Python; >=3.5.* of old releases means >=3.5, and what cannot be read is none."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        pass
    try:
        return SpecifierSet(re.sub(r"([<>]=?\s*[0-9.]+)\.\*", r"\1", text))
    except InvalidSpecifier:
        return None


def line(text: str) -> str:
    """Write what an index says on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:500]


def _metadata(said: str | None) -> str | None:
    if said is None:
        return None
    return said.lower() if _SHA256.fullmatch(said) else ""
