"""What is inside files: metadata by a few ranges, hashes by reading them whole."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from envplan.index.model import File
from envplan.index.sdists import sdist_metadata
from envplan.index.shape import TAIL as ENDING
from envplan.index.shape import is_begun
from envplan.index.trouble import ALTERED, CUT, DISK, FORBIDDEN, NO_WHEEL, REFUSED, Trouble
from envplan.index.web.client import Stream, Web
from envplan.index.wheels import METADATA_LIMIT, TAIL, Sparse, metadata_bytes
from envplan.values.numbers import whole_number
from envplan.values.records import dataclass

# As it lies on the server: ranges and lengths count the bytes of the file, not of what packs it on the way.
_PLAIN = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Download:
    """A whole file that is about to be read only to know more about it."""

    file: File
    size: int | None
    why: str

    def __str__(self) -> str:
        size = "" if self.size is None else f" ({self.size / 1e6:,.1f} MB)"
        return f"reading all of {self.file.name}{size}: {self.why}"


Before = Callable[[Download], None]


@dataclass(frozen=True)
class Body:
    """What was learnt about a file, and by which signs the server will say that it is still the same."""

    size: int | None
    etag: str
    modified: str
    sha256: str | None = None
    metadata: bytes | None = None

    @property
    def sign(self) -> str:
        """What changes when the file does; empty where the server gives nothing to tell by."""
        return self.etag or (f"{self.modified} {self.size}" if self.size is not None else "")


def head(web: Web, place: str) -> Body | None:
    """Ask for size and signs without the body; none where the server does not do that."""
    try:
        reply = web.get(place, _PLAIN, limit=METADATA_LIMIT, method="HEAD")
    except Trouble as trouble:
        if trouble.status in (400, 405, 501) or trouble.code == FORBIDDEN:  # some forbid but this way to ask
            return None
        raise
    size = whole_number(reply.headers.get("content-length", ""))
    return Body(size, reply.headers.get("etag", ""), reply.headers.get("last-modified", ""))


def sidecar(web: Web, place: str, file: File) -> bytes:
    """Read the metadata that lies beside a file (PEP 658)."""
    path, mark, query = place.partition("?")
    reply = web.get(f"{path}.metadata{mark}{query}", {}, limit=METADATA_LIMIT)
    if file.metadata and hashlib.sha256(reply.body).hexdigest() != file.metadata:
        _refuse_pages(reply.body, reply.url)
        raise Trouble(ALTERED, "another sha256 than the page gives", "", reply.url)
    return reply.body


def read_metadata(web: Web, place: str, file: File, before: Before, folder: Path) -> Body:
    """Read METADATA from the end of a wheel; from all of it, where the server knows no ranges."""
    try:
        return web.again(lambda: _from_end(web, place, file, before, folder))
    except Trouble as trouble:
        # 416: to some servers the last 64 KiB of a smaller file are too many.
        if trouble.status not in (400, 416, 501):
            raise
    return read_whole(web, place, file, before, folder, "the server does not give the end of a file")


def read_whole(
    web: Web, place: str, file: File, before: Before, folder: Path, why: str, *, inside: bool = True
) -> Body:
    """Read all of a file: its hash, its size and, if wanted, the metadata inside."""
    told: list[bool] = []

    def once() -> Body:
        with web.open(place, _PLAIN) as stream:
            if not told:
                before(Download(file, _length(stream), why))
                told.append(True)
            return _whole(stream, file, folder, inside=inside)

    return web.again(once)


def _from_end(web: Web, place: str, file: File, before: Before, folder: Path) -> Body:
    with web.open(place, {**_PLAIN, "Range": f"bytes=-{TAIL}"}) as stream:
        if stream.status != 206:
            why = "there is no metadata beside it, and the server gives no parts of files"
            before(Download(file, _length(stream), why))
            return _whole(stream, file, folder)
        start, total = _range(stream)
        if start != max(0, total - TAIL):
            raise _wrong_range(stream)
        tail = _exactly(stream, total - start)
        if start == 0:
            _refuse_pages(tail[:64], stream.url)
    if file.size is not None and total != file.size:
        said = head(web, place)  # a size in the answer to a range is often made up by what stands in between
        raise _wrong_range(stream) if said and said.size == file.size else _other_size(file, total, stream)
    etag, modified = stream.headers.get("etag", ""), stream.headers.get("last-modified", "")

    def fetch(start: int, end: int) -> bytes:
        headers = {**_PLAIN, "Range": f"bytes={start}-{end - 1}"}
        if etag.startswith('"'):
            headers["If-Range"] = etag
        with web.open(place, headers) as part:
            if part.status != 206 or part.headers.get("etag", "") != etag:
                raise Trouble(CUT, "the file changed while it was read", url=place, passing=True)
            if _range(part) != (start, total):
                raise _wrong_range(part)
            return _exactly(part, end - start)

    found = metadata_bytes(Sparse(total, tail, fetch), file)
    return Body(total, etag, modified, metadata=found)


def _whole(stream: Stream, file: File, folder: Path, *, inside: bool = True) -> Body:
    digest, size, begin, end = hashlib.sha256(), 0, b"", b""
    with _room(folder) if inside else contextlib.nullcontext() as spool:
        for part in stream.parts:
            digest.update(part)
            size += len(part)
            begin += part[: 64 - len(begin)]
            end = (end + part)[-ENDING:]
            if file.size is not None and size > file.size:
                _refuse_pages(begin, stream.url)
                raise _other_size(file, size, stream)
            if spool:
                _keep(part, spool, stream)
        _refuse_pages(begin, stream.url)
        if file.size is not None and size != file.size:
            if is_begun(file.name, begin, end):  # whatever the server said of its length
                raise Trouble(CUT, f"{size:,} of {file.size:,} bytes", url=stream.url, passing=True)
            raise _other_size(file, size, stream)
        if file.sha256 is not None and digest.hexdigest() != file.sha256:
            raise Trouble(ALTERED, "another sha256 than the page gives", "", stream.url)
        found = _inside(spool, file) if spool else None
    said = stream.headers
    return Body(size, said.get("etag", ""), said.get("last-modified", ""), digest.hexdigest(), found)


def _refuse_pages(begin: bytes, url: str) -> None:
    begin = begin.removeprefix(codecs.BOM_UTF8).lstrip()
    if begin[:1] == b"<" or not begin:
        found = "an empty answer" if not begin else "a web page where a file should be"
        why = "a network that wants a login first, or a proxy, may have answered in its place"
        raise Trouble(NO_WHEEL, found, why, url)


def _keep(part: bytes, spool: BinaryIO, stream: Stream) -> None:
    left = memoryview(part)
    try:
        while left:
            left = left[spool.write(left) :]
    except OSError as error:
        raise Trouble(DISK, (error.strerror or "it is full").lower(), url=stream.url) from None


def _inside(spool: BinaryIO, file: File) -> bytes:
    spool.seek(0)
    return (metadata_bytes if file.is_wheel else sdist_metadata)(spool, file)


@contextlib.contextmanager
def _room(folder: Path) -> Iterator[BinaryIO]:
    # A cache that cannot be written stops nothing.
    place = folder if folder.is_dir() and os.access(folder, os.W_OK) else None
    with contextlib.ExitStack() as stack:
        try:
            # Without a buffer, or what does not fit onto the disk is told when it is closed.
            spool = stack.enter_context(tempfile.TemporaryFile(dir=place, buffering=0))
        except OSError as error:
            raise Trouble(DISK, (error.strerror or "it is full").lower()) from None
        yield cast("BinaryIO", spool)


def _length(stream: Stream) -> int | None:
    return whole_number(stream.headers.get("content-length", ""))


def _range(stream: Stream) -> tuple[int, int]:
    """Return where a part starts, and the size of the whole."""
    said = stream.headers.get("content-range", "")
    found = re.fullmatch(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})", said)
    if not found or int(found[1]) > int(found[2]) or int(found[2]) >= int(found[3]):
        raise _wrong_range(stream)
    return int(found[1]), int(found[3])


def _exactly(stream: Stream, size: int) -> bytes:
    found = bytearray()
    for part in stream.parts:
        found += part
        if len(found) > size:
            raise _wrong_range(stream)
    if len(found) < size:
        raise Trouble(CUT, f"{len(found):,} of {size:,} bytes", url=stream.url, passing=True)
    return bytes(found)


def _wrong_range(stream: Stream) -> Trouble:
    # 416 leads to reading the whole file, which no wrong range can spoil.
    return Trouble(REFUSED, "another part of the file than was asked for", url=stream.url, status=416)


def _other_size(file: File, size: int, stream: Stream) -> Trouble:
    found = f"{size:,} bytes or more" if size > (file.size or 0) else f"{size:,} bytes"
    return Trouble(ALTERED, found, f"the page says {file.size:,}", stream.url)
