"""Names of entries: only those that mean one and the same file on every system."""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Sequence

from envplan.store.archive.layout import Member
from envplan.store.archive.refusal import KIND, NAME, TWICE, Refusal

_LONGEST_PART, _LONGEST = 255, 1024  # bytes; file systems and Python's own paths end soon after
# What leads elsewhere on some system, ends a line, or turns the direction of one around.
_FORBIDDEN = re.compile(r"[:\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_WINDOWS = re.compile(r'[<>"|?*]')
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])\s*(\..*)?",
    re.IGNORECASE,
)


def check_names(found: Sequence[Member], *, windows: bool) -> None:
    """Refuse names that lead elsewhere, things that are no files, and two entries for one path.

    `windows`: the wheel may be installed there. In others (pyarrow 12 has a folder "pyarrow.") its rules
    matter only where a name would lead elsewhere.
    """
    fine: set[str] = set()
    for member in found:
        _check_name(member.name, fine, windows=windows)
        _check_kind(member)
    _check_once(found)


def part_refused(part: str, *, windows: bool = True) -> str:
    """Say why a name cannot be one part of a path; empty where it can."""
    if not part:
        return "a part of its name is empty"
    if part in (".", ".."):
        return f"a part of its name is {part!r}"
    if found := _FORBIDDEN.search(part) or (windows and _WINDOWS.search(part)):
        return f"its name has the character U+{ord(found[0]):04X}, which some systems take for something else"
    if windows and part[-1] in ". ":
        return "a part of its name ends in a dot or a space, which Windows drops"
    if windows and _DEVICE.fullmatch(part):
        return "Windows takes a part of its name for a device"
    if len(part.encode("utf-8", "surrogatepass")) > _LONGEST_PART:
        return "a part of its name is longer than file systems allow"
    if not part.isascii() and any(unicodedata.category(c) in ("Cs", "Cn", "Co") for c in part):
        return "its name has characters that are none"
    return ""


def key(path: str) -> str:
    """Give what two paths share that some file system takes for one: letters' case and composition aside."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())


def _check_name(name: str, fine: set[str], *, windows: bool) -> None:
    parts = name.split("/")
    if len(parts) > 1 and not parts[-1]:
        parts.pop()  # a folder
    if not parts[0]:
        raise Refusal(NAME, "its name is empty, or starts at the root of the disk", name)
    for part in parts:
        if part not in fine:
            if why := part_refused(part, windows=windows):
                raise Refusal(NAME, why, name)
            fine.add(part)
    if len(name) > _LONGEST // 4 and len(name.encode()) > _LONGEST:
        raise Refusal(NAME, f"its name is longer than {_LONGEST:,} bytes", name)


def _check_kind(member: Member) -> None:
    kind = stat.S_IFMT(member.mode)
    wanted = stat.S_IFDIR if member.folder else stat.S_IFREG
    if kind not in (0, wanted):
        named = _KINDS.get(kind, "neither a file nor a folder")
        raise Refusal(KIND, f"it is {named}; wheels hold files", member.name)
    if member.folder and (member.size or member.packed > 2):  # to deflate nothing takes two bytes
        raise Refusal(KIND, "it is a folder, and has contents of its own", member.name)
    if not member.folder and member.mode & (stat.S_ISUID | stat.S_ISGID):
        raise Refusal(KIND, "it would run as another user (setuid or setgid)", member.name)


_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "named as a file, and says it is a folder",
    stat.S_IFREG: "named as a folder, and says it is a file",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


def _check_once(found: Sequence[Member]) -> None:
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for member in found:
        at = key(member.name.rstrip("/"))
        if at in seen:
            raise Refusal(TWICE, _same(seen[at], member.name), member.name)
        seen[at] = member.name
        parent = at if member.folder else at.rpartition("/")[0]
        while parent and parent not in folders:
            folders[parent] = member.name
            parent = parent.rpartition("/")[0]
    for member in found:
        if not member.folder and (inside := folders.get(key(member.name))):
            raise Refusal(TWICE, f"it is a file, and {inside} lies in a folder of that name", member.name)


def _same(one: str, other: str) -> str:
    if one == other:
        return "two entries have this name"
    return f"some file systems take it and {one} for one path"
