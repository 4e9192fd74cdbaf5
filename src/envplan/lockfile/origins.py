"""What an entry of a lock may say of where it comes from: an index, or a place beside the lock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from envplan.values.names import normal

_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_URL = re.compile(
    r"(https?)://([a-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-f:]+\](?::[0-9]{1,5})?)(/[!$-;=@-Z_a-z~]*)"
)
_WAY = re.compile(r"/\.{1,2}(/|$)|%2[ef]|%5c", re.IGNORECASE)  # out of a folder, in whichever spelling
_OF_FILES = frozenset(("name", "url", "size", "upload-time", "hashes"))
_KEYS = {
    "directory": frozenset(("path", "editable")),
    "archive": frozenset(("path", "size", "hashes")),
    "vcs": frozenset(("type", "url", "requested-revision", "commit-id")),
}
_PATH = re.compile(r"(?![/~]|[A-Za-z]:)(?!.*://)[^\\\x00-\x1f\x7f]+")  # of what lies beside the spec


def source_faults(entry: Mapping[str, Any], say: Callable[..., None]) -> None:
    """Judge the one source of an entry: its files, its folder, its archive or its commit."""
    wheels, sdist = entry.get("wheels", []), entry.get("sdist")
    direct = [key for key in ("vcs", "directory", "archive") if key in entry]
    files = _files(wheels, sdist)
    if files is None:
        say("wheels", "the wheels are no list of tables")
        return
    if len(direct) + bool(files) != 1:
        title = "one source is needed, of files, directory, archive and vcs"
        say("", title, found=", ".join(direct) or "none")
    for key, file in files:
        _file(key, file, entry, say)
    if files and (not isinstance(entry.get("index"), str) or not _URL.fullmatch(entry["index"])):
        say("index", "the index it comes from is missing or no web address", found=entry.get("index", ""))
    _elsewhere(entry, direct, say)


def _elsewhere(entry: Mapping[str, Any], direct: Iterable[str], say: Callable[..., None]) -> None:
    for key in direct:
        if isinstance(entry[key], dict):
            _known(key, entry[key], say)
        if key != "vcs":
            _path(key, entry[key], say)
    if isinstance(entry.get("archive"), dict):
        _archive(entry["archive"], entry, say)
    vcs = entry.get("vcs")
    commit = vcs.get("commit-id") if isinstance(vcs, dict) else None
    if "vcs" in entry and not (isinstance(commit, str) and _COMMIT.fullmatch(commit)):
        say("vcs.commit-id", "the commit is not pinned by its whole hash", found=commit or "")


def _known(key: str, table: Mapping[str, Any], say: Callable[..., None]) -> None:
    for other in sorted(table.keys() - _KEYS.get(key, _OF_FILES)):
        say(f"{key}.{other}", f"unknown key {other!r}", found=table[other])


def _path(key: str, place: object, say: Callable[..., None]) -> None:
    path = place.get("path") if isinstance(place, dict) else None
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        why = "paths are relative to the folder of the lock, so that they hold in every checkout"
        say(f"{key}.path", "it has no path that holds on every machine", found=path or "", why=why)


def _archive(archive: Mapping[str, Any], entry: Mapping[str, Any], say: Callable[..., None]) -> None:
    """Judge a wheel or source archive beside the lock as files of indexes are judged."""
    _hashes("archive", archive.get("hashes"), say)
    _size("archive", archive.get("size"), say)
    if isinstance(archive.get("path"), str):
        _named("archive.path", archive["path"].rpartition("/")[2], entry, say)


def _files(wheels: object, sdist: object) -> list[tuple[str, dict[str, Any]]] | None:
    found = [("sdist", sdist)] if sdist is not None else []
    if not isinstance(wheels, list):
        return None
    found += [(f"wheels[{place}]", wheel) for place, wheel in enumerate(wheels)]
    return found if all(isinstance(file, dict) for _, file in found) else None  # type: ignore[return-value]


def _file(key: str, file: Mapping[str, Any], entry: Mapping[str, Any], say: Callable[..., None]) -> None:
    _known(key, file, say)
    _hashes(key, file.get("hashes"), say)
    _size(key, file.get("size", 1), say)
    name, url = file.get("name"), file.get("url")
    parts = _URL.fullmatch(url) if isinstance(url, str) else None
    if not isinstance(name, str) or not name.isascii() or "/" in name:
        say(f"{key}.name", "the name of the file is missing or odd", found=name or "")
        return
    if parts is None or not is_address(parts[0]):
        why = "an address is https://, a host, and a path; no user, no query, and no odd characters"
        say(f"{key}.url", "the file has no proper address", found=url or "", why=why)
    elif _unquoted(parts[3].rsplit("/", 1)[1]) != name:
        say(
            f"{key}.url",
            "the address leads to another file than the one named",
            found=url,
            why=f"named {name}",
        )
    if (key == "sdist") == name.endswith(".whl"):
        say(f"{key}.name", "a wheel is no source archive, nor the reverse", found=name)
    _named(f"{key}.name", name, entry, say)


def _size(key: str, size: object, say: Callable[..., None]) -> None:
    if type(size) is not int or size < 1:
        say(f"{key}.size", "the size is not a number of bytes", found=size)


def _named(key: str, name: str, entry: Mapping[str, Any], say: Callable[..., None]) -> None:
    """Compare project and version in the name of a file with those of its entry."""
    told = _wheel_name(name) if name.endswith(".whl") else _sdist_name(name)
    if told is None:
        say(key, "the file is not named as wheels and source archives are", found=name)
        return
    project, version = told
    wanted, pinned = entry.get("name"), entry.get("version")
    if isinstance(wanted, str) and normal(project) != normal(wanted):
        say(key, f"the file is one of another project: {normal(project)}", found=name)
    elif not isinstance(pinned, str) or not _same_version(version, pinned):
        say(key, f"the file is one of another version: {version}", found=name)


def _hashes(key: str, hashes: object, say: Callable[..., None]) -> None:
    if not isinstance(hashes, dict) or not hashes:
        say(
            f"{key}.hashes", "the file has no hash", why="without one, nobody can tell whether it is the file"
        )
    elif "sha256" not in hashes:
        say(
            f"{key}.hashes",
            "the file has no sha256",
            found=", ".join(hashes),
            why="weaker hashes can be forged",
        )
    elif len(hashes) > 1:
        found = ", ".join(sorted(hashes))
        say(f"{key}.hashes", "the file has other hashes beside its sha256", found=found)
    elif not isinstance(hashes["sha256"], str) or not _SHA256.fullmatch(hashes["sha256"]):
        found, why = hashes["sha256"], "a sha256 is 64 digits of 0-9 and a-f"
        say(f"{key}.hashes.sha256", "the hash is no whole sha256", found=found, why=why)


def files_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Walk the files of an entry that can be judged further: key, scheme and host."""
    for key, file in _files(entry.get("wheels", []), entry.get("sdist")) or ():
        url = file.get("url")
        if isinstance(url, str) and (parts := _URL.fullmatch(url)):
            yield key, parts[1], parts[2]


def is_address(text: str) -> bool:
    """Whether a text is an address as files of locks may have it."""
    parts = _URL.fullmatch(text)
    return parts is not None and not _WAY.search(parts[3])


def host_of(address: str) -> tuple[str, str]:
    """Split scheme and host off an address; both empty where it is none."""
    parts = _URL.fullmatch(address if address.count("/") > 2 else f"{address}/")
    return (parts[1], parts[2]) if parts else ("", "")


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def _wheel_name(name: str) -> tuple[str, str] | None:
    parts = name.removesuffix(".whl").split("-")
    return (parts[0], parts[1]) if len(parts) in (5, 6) else None


def _sdist_name(name: str) -> tuple[str, str] | None:
    stem = next((name.removesuffix(end) for end in (".tar.gz", ".zip") if name.endswith(end)), "")
    project, dash, version = stem.rpartition("-")
    return (project, version) if dash else None


def _same_version(one: str, other: str) -> bool:
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False
