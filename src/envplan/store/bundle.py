"""A bundle: a lock, and the files that some of its targets take, in one zip for machines without a network.

Nothing in it is compressed: wheels are already, and so a bundle can neither blow up nor hide anything. It is
read by what its manifest says and by sha256; names in it become no paths.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import IO, Any, Self

from envplan.documents.folders import FULL
from envplan.documents.reading import printable, shown
from envplan.problems import AGAIN, EnvplanError, Problem, Said, reason_of
from envplan.store.model import Progress, Tell, untold
from envplan.values.records import dataclass

NO_BUNDLE, ALTERED, UNWRITTEN = "EP480", "EP482", "EP401"
MANIFEST, README = "envplan-bundle.json", "README.txt"

_FORMAT = 1
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say: the same files give the same bytes
_SMALL = 16 * 1024 * 1024  # for the lock and the manifest
_MOST = 20_000  # files
_PIECE = 1024 * 1024
_LARGE = 2**31 - 1
# What zipfile says of bytes that are no zip, or one of a kind that no bundle is.
_BROKEN = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OverflowError)


@dataclass(frozen=True)
class Packed:
    """One wheel or source archive of a bundle."""

    name: str
    sha256: str
    size: int
    place: str  # in the zip


@dataclass(frozen=True)
class Contents:
    """What a bundle says it holds."""

    lock: str  # the name of the lock's file
    targets: tuple[Mapping[str, str], ...]
    groups: tuple[str, ...]
    files: tuple[Packed, ...]


def packed(files: Mapping[tuple[str, str], Path]) -> tuple[Packed, ...]:
    """Give each file, named by (file name, sha256), its place; two of one name lie apart."""
    places: dict[str, str] = {}
    found = []
    for (name, sha256), path in sorted(files.items()):
        plain = f"wheels/{name}"
        place = plain if plain not in places else f"wheels/{sha256[:12]}/{name}"
        places[place] = sha256
        found.append(Packed(name, sha256, path.stat().st_size, place))
    return tuple(found)


def write_bundle(
    output: Path,
    contents: Contents,
    texts: Mapping[str, bytes],
    paths: Mapping[str, Path],
    tell: Tell = untold,
) -> None:
    """Write it whole or not at all. `texts` are small files by name, `paths` the others by sha256."""
    beside = output.with_name(f".{output.name[:100]}.{os.urandom(4).hex()}.new")
    try:
        with _opened(beside) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, data in sorted({**texts, MANIFEST: _manifest(contents)}.items()):
                    archive.writestr(_entry(name), data)
                _pack(archive, contents.files, paths, tell)
            file.flush()
            os.fsync(file.fileno())
            if isinstance(file.name, int):  # it has no name yet; with a folder, whichever, link follows
                os.link(f"/proc/self/fd/{file.name}", beside, src_dir_fd=file.name)
        beside.replace(output)
    except OSError as error:
        raise EnvplanError(_unwritten(output, error)) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def _opened(beside: Path) -> IO[bytes]:
    """Open a file that has no name until it is whole, where there is such a thing: a kill leaves none."""
    try:
        return open(os.open(beside.parent, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")  # noqa: PTH123 - a number
    except (AttributeError, OSError):  # another system, or a file system that has no such files
        return beside.open("xb")


def _pack(archive: zipfile.ZipFile, files: Sequence[Packed], paths: Mapping[str, Path], tell: Tell) -> None:
    for one in files:
        hashed, done = hashlib.sha256(), 0
        with (
            paths[one.sha256].open("rb") as source,
            archive.open(_entry(one.place), "w", force_zip64=one.size > _LARGE) as target,
        ):
            while piece := source.read(_PIECE):
                hashed.update(piece)
                target.write(piece)
                done += len(piece)
                tell(Progress("pack", one.name, done, one.size))
        if hashed.hexdigest() != one.sha256:
            raise EnvplanError(_altered(one.name, str(paths[one.sha256]), AGAIN))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.create_system = 3  # Unix, wherever it is written
    entry.external_attr = 0o100644 << 16
    return entry


def _manifest(contents: Contents) -> bytes:
    document = {
        "envplan-bundle": _FORMAT,
        "lock": contents.lock,
        "targets": [dict(target) for target in contents.targets],
        "groups": list(contents.groups),
        "files": [vars(one) for one in contents.files],
    }
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


class Bundle:
    """A bundle that is there, opened and found to be one. Used in a `with`."""

    def __init__(self, path: Path) -> None:
        """Open it, and judge all that can be judged before a file is used."""
        self.path = path
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device may be read for ever
                raise ValueError("it is no file")
            self._archive = zipfile.ZipFile(path)
        except (OSError, *_BROKEN) as error:
            raise EnvplanError(self._none(reason_of(error))) from None
        try:
            self._entries = self._listed()
            self.contents = self._read_contents()
            self.lock = self._small(self.contents.lock)
        except BaseException:
            self._archive.close()
            raise
        self.files = {one.sha256: one for one in self.contents.files}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def extract(self, sha256: str, target: Path, tell: Tell = untold) -> None:
        """Write one file out under a name that is ours; refuse it if it is not the one it should be."""
        one = self.files[sha256]
        hashed, done = hashlib.sha256(), 0
        try:
            with self._archive.open(one.place) as source, target.open("wb") as written:
                while piece := source.read(_PIECE):
                    hashed.update(piece)
                    written.write(piece)
                    done += len(piece)
                    tell(Progress("take", one.name, done, one.size))
        except _BROKEN as error:
            raise EnvplanError(_altered(one.name, str(self.path), self._anew, reason_of(error))) from None
        if hashed.hexdigest() != sha256:
            raise EnvplanError(_altered(one.name, str(self.path), self._anew))

    @property
    def _anew(self) -> str:
        """Say what writes it anew; what is no bundle is not overwritten."""
        path, elsewhere = quote(str(self.path)), "   (on a machine with a network)"
        if self.path.suffix != ".zip":  # perhaps a slip, and nothing to be moved
            return f"envplan bundle{elsewhere}"
        aside = f"mv {path} {path}.moved && " if os.path.lexists(self.path) else ""
        return f"{aside}envplan bundle --output {path}{elsewhere}"

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        entries = self._archive.infolist()
        if min((entry.header_offset for entry in entries), default=0) > 0:  # it begins with a wheel of ours
            raise EnvplanError(self._none("it is cut off: its own list of what is in it is missing"))
        if len(entries) > _MOST:
            raise EnvplanError(self._none(f"it holds {len(entries)} files"))
        found: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            if entry.filename in found:
                raise EnvplanError(self._none(f"{shown(entry.filename)} is in it twice"))
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise EnvplanError(self._none(f"{shown(entry.filename)} is compressed or encrypted in it"))
            if entry.compress_size != entry.file_size:
                raise EnvplanError(self._none(f"{shown(entry.filename)} has two sizes"))
            found[entry.filename] = entry
        return found

    def _small(self, name: str) -> bytes:
        entry = self._entries.get(name)
        if entry is None:
            raise EnvplanError(self._none(f"there is no {shown(name)} in it"))
        if entry.file_size > _SMALL:
            raise EnvplanError(self._none(f"{shown(name)} in it is far too large"))
        try:
            return self._archive.read(entry)
        except (OSError, *_BROKEN) as error:
            raise EnvplanError(self._none(reason_of(error))) from None

    def _read_contents(self) -> Contents:
        try:
            contents = _decoded(json.loads(self._small(MANIFEST)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = f"its {MANIFEST} cannot be understood ({type(error).__name__})"
            raise EnvplanError(self._none(why)) from None
        known = {MANIFEST, README, contents.lock, *(one.place for one in contents.files)}
        for name in self._entries:
            if name not in known:
                raise EnvplanError(self._none(f"{shown(name)} in it is not in its {MANIFEST}"))
        for one in contents.files:
            entry = self._entries.get(one.place)
            if entry is None or entry.file_size != one.size:
                raise EnvplanError(self._none(f"{shown(one.name)} is missing in it, or of another size"))
        return contents

    def _none(self, why: str) -> Problem:
        return Problem(
            NO_BUNDLE,
            f"{shown(self.path.name or str(self.path))} is not a bundle that can be used",
            found=(Said(why, printable(str(self.path))),),
            why=(Said("nothing of it was used"),),
            cures=(self._anew,),
        )


def _decoded(document: Any) -> Contents:
    if document["envplan-bundle"] != _FORMAT:
        raise ValueError("another format")
    return Contents(
        _text(document["lock"]),
        tuple({_text(key): _text(value) for key, value in one.items()} for one in document["targets"]),
        tuple(_text(one) for one in document["groups"]),
        tuple(_of_file(one) for one in document["files"]),
    )


def _of_file(told: Any) -> Packed:
    one = Packed(_text(told["name"]), _text(told["sha256"]), told["size"], _text(told["place"]))
    if len(one.sha256) != 64 or type(one.size) is not int or one.size < 0:
        raise ValueError("no file")
    return one


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _altered(name: str, place: str, cure: str, why: str = "") -> Problem:
    return Problem(
        ALTERED,
        f"{shown(name)} is not the file that was locked",
        wanted=(Said("the sha256 that the lock says", "the lock"),),
        found=(Said(why or "another sha256", printable(place)),),
        why=(Said("it was damaged or changed since it was packed; nothing of it was used"),),
        cures=(cure,),
    )


def refuse_unwritable(output: Path) -> None:
    """Refuse a place that cannot take a bundle, before anything is fetched for it."""
    folder = output.parent
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "nothing can be written into its folder")
    except OSError as error:
        raise EnvplanError(_unwritten(output, error)) from None


def _unwritten(output: Path, error: OSError) -> Problem:
    folder = quote(str(output.parent))
    look = f"mkdir -p {folder}" if error.errno == errno.ENOENT else f"ls -ld {folder}"
    return Problem(
        UNWRITTEN,
        f"{shown(str(output))} cannot be written",
        why=(Said(f"{reason_of(error)}; nothing was changed"),),
        cures=("envplan bundle --output /a/disk/with/room/bundle.zip" if error.errno in FULL else look,),
    )
