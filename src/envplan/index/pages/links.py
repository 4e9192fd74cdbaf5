"""From a link to a File, or to the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urljoin, urlsplit

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.documents.reading import shown
from envplan.index.addresses import plain
from envplan.index.model import File, Refused
from envplan.index.specifiers import specifiers
from envplan.lockfile.origins import is_address
from envplan.values.numbers import whole_number
from envplan.values.records import dataclass

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
_CLEAR = re.compile(r"((https?)://[a-z0-9][a-z0-9.-]*/)(?:[A-Za-z0-9_+~-][A-Za-z0-9_.+~-]*/)*")
_CLEAR_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*")


@dataclass(eq=False)
class HostileError(Exception):
    """A link that is no file of this project, though it may look like one."""

    why: str


class UnreadableError(ValueError):
    """Not the page of an index."""


class Links:
    """Reads the links of one page; what repeats is read once."""

    def __init__(
        self, index: str, project: str, base: str, canonical: Callable[[str], str] | None = None
    ) -> None:
        """`base` is where the page was read; `canonical` names the address that stands in locks."""
        self.index, self.project, self.base = index, project, base
        self._canonical = canonical
        self._names: dict[str, str] = {}
        self._versions: dict[str, Version | None] = {}
        self._specifiers: dict[str, SpecifierSet | None] = {"": None}
        self._folders: dict[str, tuple[str, str]] = {}
        self._hosts: set[str] = set()
        self._canonicals: dict[str, str] = {}

    def file(
        self,
        name: str,
        address: str,
        sha256: str,
        size: str,
        uploaded: str,
        requires: str,
        yanked: str,  # what follows "="; empty where it is not
        metadata: str,  # what follows "="; empty where there is none
    ) -> tuple[File, str] | Refused | None:
        """Read a file, and where to ask for it. None: what no installer knows."""
        try:
            if name and address.endswith(name) and self._is_clear(address[: -len(name)]):
                place, base = address, name
            else:
                place, base = self._place(address)
            version = self._release(name, base)
            if not version:
                return None
            place = _as_locked(place, base, name)
            url = self._address(place)
            if sha256 and not _SHA256.fullmatch(sha256):
                raise HostileError("its sha256 is not one")
            if not is_address(url):
                raise HostileError("its address holds characters that no lock may hold")
        except HostileError as hostile:
            return Refused(shown(name or address), hostile.why)
        file = File(
            index=self.index,
            project=self.project,
            name=name,
            version=version,
            url=url,
            sha256=sha256.lower() or None,
            size=whole_number(size),
            uploaded=uploaded if _MOMENT.fullmatch(uploaded) else None,
            requires_python=self._specifier(requires),
            yanked=line(yanked[1:]) if yanked else None,
            metadata=_digest(metadata[1:]) if metadata else None,
        )
        return file, place

    def _address(self, place: str) -> str:
        """Return the canonical address; files of one folder share theirs."""
        if self._canonical is None:
            return place
        folder, _, last = place.rpartition("/")
        if folder not in self._canonicals:
            self._canonicals[folder] = self._canonical(f"{folder}/_").removesuffix("_")
        return self._canonicals[folder] + last

    def _is_clear(self, folder: str) -> bool:
        """Whether nothing in the address of a folder needs a closer look, on a host that was looked at."""
        end = folder.find("/", len("https://")) + 1
        path = folder[end:]
        return (
            folder[:end] in self._hosts
            and folder[-1] == "/"
            and path.isascii()
            and path.replace("/", "a").isalnum()
            and "//" not in path
        )

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
        base = last if _CLEAR_NAME.fullmatch(last) else unquote(last or ending)
        if not base or "/" in base or "\\" in base or base in (".", ".."):
            raise HostileError("its address does not end in the name of a file")
        return place + last, base

    def _folder(self, address: str) -> tuple[str, str]:
        if (clear := _CLEAR.fullmatch(address)) and (clear[2] == "https" or self.base.startswith("http:")):
            self._hosts.add(clear[1])
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

    def _specifier(self, text: str) -> SpecifierSet | None:
        if text not in self._specifiers:
            self._specifiers[text] = specifiers(text)
        return self._specifiers[text]


def _as_locked(place: str, base: str, name: str) -> str:
    """Write an address as locks have it: + as %2B, since some file hosts take a bare + for a space."""
    if "?" in place:
        raise HostileError("its address has a part after ?: a secret perhaps, and locks are committed")
    if base != name:
        raise HostileError("its address does not end in its name, by which installers know it")
    return f"{place[: place.rindex('/')]}/{name.replace('+', '%2B')}" if "+" in name else place


def line(text: str) -> str:
    """Write what an index says on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:500]


def named_by(address: str) -> str:
    """Return the file name at the end of an address, as a link without a text of its own names its file."""
    path = address.strip(" \t\r\n\f").partition("#")[0].partition("?")[0]
    last = path.rpartition("/")[2]
    return last if _CLEAR_NAME.fullmatch(last) else unquote(last)


def _digest(said: str) -> str:
    return said.lower() if _SHA256.fullmatch(said) else ""
