"""Wheels of the tests as the store would hold them: really unpacked, really on the disk."""

from __future__ import annotations

import configparser
import hashlib
import io
import os
import zipfile
from pathlib import Path, PurePosixPath

from envplan.store.model import EntryPoint, Files, Scheme, Tree
from tests.support.wheels import wheel

_SCHEMES: tuple[Scheme, ...] = ("purelib", "platlib", "headers", "scripts", "data")
MOMENT = 1_767_225_600_000_000_000
_OURS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def unpacked(body: bytes, name: str, store: Path) -> Tree:
    """Unpack a wheel's bytes into a folder of the store."""
    digest = hashlib.sha256(body).hexdigest()
    folder = store / "trees" / digest[:2] / digest
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        contents = {one.filename: (archive.read(one), one.external_attr >> 16) for one in archive.infolist()}
    info = next(path.split("/")[0] for path in contents if path.endswith(".dist-info/WHEEL"))
    pure = b"Root-Is-Purelib: true" in contents[f"{info}/WHEEL"][0]
    sorted_out: dict[Scheme, dict[str, tuple[bytes, int]]] = {}
    for path, content in contents.items():
        scheme, within = _scheme(path, info.removesuffix(".dist-info"), "purelib" if pure else "platlib")
        if path not in {f"{info}/{ours}" for ours in _OURS}:
            sorted_out.setdefault(scheme, {})[within] = content
    files = tuple(_files(scheme, folder / scheme, held) for scheme, held in sorted_out.items())
    project, version = info.removesuffix(".dist-info").split("-")
    entries = _entry_points(contents.get(f"{info}/entry_points.txt", (b"", 0))[0].decode())
    startup = tuple(path for path in contents if path.endswith(".pth"))
    return Tree(
        digest,
        name,
        project.replace("_", "-").lower(),
        version,
        info,
        folder,
        files,
        entries,
        startup,
        MOMENT,
        (0o100444, 0o100555),
    )


def tree(name: str, version: str, store: Path, **more: object) -> Tree:
    """Make a wheel, and unpack it."""
    file, body = wheel(name, version, **more)  # type: ignore[arg-type]
    return unpacked(body, file, store)


def _scheme(path: str, stem: str, root: Scheme) -> tuple[Scheme, str]:
    for scheme in _SCHEMES:
        mark = f"{stem}.data/{scheme}/"
        if path.startswith(mark):
            return scheme, path.removeprefix(mark)
    return root, path


def _files(scheme: Scheme, root: Path, held: dict[str, tuple[bytes, int]]) -> Files:
    folders: set[str] = set()
    for path, (data, mode) in held.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        folders.update(map(str, PurePosixPath(path).parents))
        if not file.exists():
            file.write_bytes(data)
            file.chmod(0o555 if mode & 0o100 else 0o444)
            os.utime(file, ns=(MOMENT, MOMENT))
    paths = tuple(held)
    return Files(
        scheme,
        root,
        tuple(sorted(folders - {"."})),
        paths,
        tuple(len(data) for data, _ in held.values()),
        tuple(hashlib.sha256(data).hexdigest() for data, _ in held.values()),
        frozenset(path for path, (_, mode) in held.items() if mode & 0o100),
    )


def _entry_points(text: str) -> tuple[EntryPoint, ...]:
    parser = configparser.ConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return tuple(
        EntryPoint(name, target.replace(" ", ""), gui=section == "gui_scripts")
        for section in ("console_scripts", "gui_scripts")
        if parser.has_section(section)
        for name, target in parser.items(section)
    )
