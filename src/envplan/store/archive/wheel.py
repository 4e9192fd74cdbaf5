"""A wheel, judged whole: what it is, and what of it goes where."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from email.message import Message
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.documents.reading import shown
from envplan.index.model import File
from envplan.index.trouble import Trouble
from envplan.index.wheels import METADATA_LIMIT, parse_metadata
from envplan.store.archive.commands import read_commands
from envplan.store.archive.contents import whole
from envplan.store.archive.layout import Member, members
from envplan.store.archive.names import check_names, key
from envplan.store.archive.places import check_place, placed
from envplan.store.archive.record import Digest, read_record
from envplan.store.archive.refusal import IDENTITY, TWICE, Refusal
from envplan.store.archive.sizes import check_sizes
from envplan.store.archive.startup import startup_files
from envplan.store.model import EntryPoint, Scheme

_RECORD_LIMIT = 128 * 1024 * 1024
_SMALL_LIMIT = 4 * 1024 * 1024
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
# Whoever installs writes these, so those of a wheel are not taken over (and say nothing that is true).
_OF_INSTALLERS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})


class Part(NamedTuple):
    """One file to unpack, and what its bytes must hash to; RECORD's signatures have no hash."""

    scheme: Scheme
    path: str
    member: Member
    digest: Digest | None


class Wheel(NamedTuple):
    """What a wheel holds, once nothing about it was refused but what only its bytes can show."""

    info: str
    parts: list[Part]
    dropped: list[Part]  # checked, and not written
    entry_points: tuple[EntryPoint, ...]
    startup: tuple[str, ...]


def read_wheel(descriptor: int, file: File) -> Wheel:
    """Judge everything that can be judged before a byte of it is written."""
    found = members(descriptor)
    check_names(found, windows=_for_windows(file.name))
    check_sizes(found, os.fstat(descriptor).st_size)
    files = {member.name: member for member in found if not member.folder}
    info = _info(found, file)
    root = _root(descriptor, files, info, file)
    exempt = [f"{info}/RECORD", *(f"{info}/{name}" for name in _SIGNATURES)]
    record = _required(files, f"{info}/RECORD")
    digests = read_record(whole(descriptor, record, _RECORD_LIMIT), record.name, files, exempt)
    parts = []
    for name, member in files.items():
        scheme, path = placed(name, root, f"{info.removesuffix('.dist-info')}.data")
        check_place(scheme, path, name, info, file.project)
        parts.append(Part(scheme, path, member, digests.get(name)))
    entry_points = _commands(descriptor, files.get(f"{info}/entry_points.txt"), file.project)
    _check_shared(parts, entry_points)
    dropped = [part for part in parts if _is_installers(part.path, info)]
    kept = [part for part in parts if not _is_installers(part.path, info)]
    return Wheel(info, kept, dropped, entry_points, _startup(descriptor, kept))


def _for_windows(name: str) -> bool:
    """Whether a wheel may be installed on Windows, as its name says."""
    platforms = name.removesuffix(".whl").rpartition("-")[2].split(".")
    return any(platform == "any" or platform.startswith("win") for platform in platforms)


def _info(found: Iterable[Member], file: File) -> str:
    """Find the one folder of metadata, and hold its name against the file's."""
    tops = dict.fromkeys(member.name.partition("/")[0] for member in found if "/" in member.name)
    folders = [top for top in tops if top.lower().endswith(".dist-info")]
    if len(folders) != 1:
        named = f" ({', '.join(map(shown, folders))})" if folders else ""
        raise Refusal(IDENTITY, f"it has {len(folders)} folders of metadata (*.dist-info), not one{named}")
    name, _, version = folders[0][: -len(".dist-info")].partition("-")
    try:
        fits = canonicalize_name(name) == file.project and Version(version) == file.version
    except InvalidVersion:
        fits = False
    if not fits or not folders[0].endswith(".dist-info"):
        raise Refusal(IDENTITY, f"its name says {file.project} {file.version}", folders[0])
    return folders[0]


def _root(descriptor: int, files: dict[str, Member], info: str, file: File) -> Scheme:
    """Read METADATA and WHEEL; return the scheme of what lies outside of .data."""
    try:
        metadata = _required(files, f"{info}/METADATA")
        parse_metadata(whole(descriptor, metadata, METADATA_LIMIT), file)
    except Trouble as trouble:
        why = f"{trouble.found}; {trouble.why}" if trouble.why else trouble.found
        raise Refusal(IDENTITY, why, f"{info}/METADATA") from None
    name = f"{info}/WHEEL"
    said = _message(whole(descriptor, _required(files, name), _SMALL_LIMIT), name)
    if any(len(said.get_all(field, [])) > 1 for field in ("Wheel-Version", "Root-Is-Purelib")):
        raise Refusal(IDENTITY, "it says twice what it is, and readers take either", name)
    version = str(said.get("Wheel-Version", "")).strip()
    if not re.fullmatch(r"1\.\d+", version):
        found = f"version {shown(version)}" if version else "no version"
        raise Refusal(IDENTITY, f"it has {found} of the wheel format; envplan knows 1.x", name)
    match str(said.get("Root-Is-Purelib", "")).strip().lower():
        case "true":
            return "purelib"
        case "false":
            return "platlib"
        case other:
            raise Refusal(IDENTITY, f"Root-Is-Purelib is {shown(other)}, neither true nor false", name)


def _required(files: dict[str, Member], name: str) -> Member:
    if name not in files:
        raise Refusal(IDENTITY, "it is missing, and every wheel has it", name)
    return files[name]


def _message(raw: bytes, name: str) -> Message:
    from email.parser import HeaderParser

    try:
        return HeaderParser().parsestr(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refusal(IDENTITY, "it is not UTF-8", name) from None


def _commands(descriptor: int, member: Member | None, project: str) -> tuple[EntryPoint, ...]:
    if member is None:
        return ()
    return read_commands(whole(descriptor, member, _SMALL_LIMIT), member.name, project)


def _check_shared(parts: Iterable[Part], entry_points: Iterable[EntryPoint]) -> None:
    """Refuse two files for one place: purelib and platlib are one folder, and commands lie among scripts."""
    seen = {("scripts", key(point.name)): f"the command {point.name}" for point in entry_points}
    for part in parts:
        scheme = "site" if part.scheme in ("purelib", "platlib") else part.scheme
        at = (scheme, key(part.path))
        if at in seen:
            raise Refusal(TWICE, f"it and {seen[at]} would lie at one place", part.member.name)
        seen[at] = part.member.name


def _is_installers(path: str, info: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == info and name in _OF_INSTALLERS


def _startup(descriptor: int, parts: Iterable[Part]) -> tuple[str, ...]:
    here, elsewhere = {}, []
    for part in parts:
        if part.scheme in ("purelib", "platlib"):
            here[part.path] = part.member
        else:
            elsewhere.append(part.member.name)
    return startup_files(here, elsewhere, lambda path: whole(descriptor, here[path], _SMALL_LIMIT))
