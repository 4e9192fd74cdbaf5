"""What is known of single files: from the cache, and else from the index."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from envplan.index.cache import Cache
from envplan.index.entries import FRESH, Kept, read_metadata_entry, write_metadata
from envplan.index.model import File, Metadata
from envplan.index.trouble import FORBIDDEN, MISSING, Trouble
from envplan.values.records import replace

if TYPE_CHECKING:  # they import the HTTP library, which takes 100 ms that a warm run does not need
    from envplan.index.bodies import Body, Download
    from envplan.index.web.client import Web


class Files:
    """Reads metadata and hashes. What has a sha256 is kept for ever, the rest until the server has other."""

    def __init__(
        self,
        cache: Cache,
        web: Callable[[], Web],
        place: Callable[[File], str],
        tell: Callable[[str], None],
        refresh: bool,
    ) -> None:
        self._cache = cache
        self._web = web
        self._place = place
        self._tell = tell
        self._refresh = refresh

    def metadata(self, file: File) -> Metadata:
        """Read what a file says of itself."""
        sign = file.sha256 or file.metadata or self._sign(file)
        if sign and (found := self._cached_metadata(file, sign)) is not None:
            return found
        body = self._sidecar(file)
        if body is None:
            body = self._from_file(file)
        from envplan.index.wheels import parse_metadata

        assert body.metadata is not None
        found = parse_metadata(body.metadata, file)
        self._remember(file, body)
        if key := file.sha256 or file.metadata or body.sign:
            self._cache.write("metadata", *identity(file), key, body=write_metadata(found))
        return found

    def _cached_metadata(self, file: File, sign: str) -> Metadata | None:
        entry = self._cache.read("metadata", *identity(file), sign)
        found = read_metadata_entry(entry) if entry is not None else None
        return found if found is not None and found.version == file.version else None

    def _sidecar(self, file: File) -> Body | None:
        """Read the metadata beside a file; where it is announced and not there, the file itself has it."""
        from envplan.index.bodies import Body, sidecar

        if file.metadata is None:
            return None
        try:
            return Body(None, "", "", metadata=sidecar(self._web(), self._place(file), file))
        except Trouble as trouble:
            if trouble.code in (MISSING, FORBIDDEN) and file.is_wheel:
                return None
            raise

    def _from_file(self, file: File) -> Body:
        from envplan.index.bodies import read_metadata, read_whole

        if not file.is_wheel:
            why = "a source archive says what it needs in its middle"
            return read_whole(self._web(), self._place(file), file, self._say, self._cache.folder, why)
        return read_metadata(self._web(), self._place(file), file, self._say, self._cache.folder)

    def hashed(self, file: File) -> Body:
        """Find out sha256 and size."""
        from envplan.index.bodies import Body, head, read_whole

        sign = file.sha256 or self._sign(file)
        entry = self._cache.read("hashes", *identity(file), sign) if sign else None
        if entry is not None and (known := _json(entry)) is not None:
            return Body(known["size"], "", "", known["sha256"])
        if file.sha256 is not None:
            found = head(self._web(), self._place(file)) or Body(None, "", "")
            found = replace(found, sha256=file.sha256)
        else:
            why = "the index does not say its sha256"
            say, folder = self._say, self._cache.folder
            found = read_whole(self._web(), self._place(file), file, say, folder, why, inside=False)
        self._remember(file, found)
        return found

    def _remember(self, file: File, body: Body) -> None:
        """Keep the signs, the hash and the size that came with something else."""
        kept = Kept(time.time(), FRESH, body.etag, body.modified)
        seen = json.dumps({"kept": vars(kept), "size": body.size}).encode()
        if file.sha256 is None and body.sign:
            self._cache.write("seen", file.url, body=seen)
        sha256, sign = body.sha256 or file.sha256, file.sha256 or body.sign
        if sha256 and sign and body.size is not None:
            said = json.dumps({"sha256": sha256, "size": body.size}).encode()
            self._cache.write("hashes", *identity(file), sign, body=said)

    def _sign(self, file: File) -> str:
        """Return what tells whether a file without a hash is still the one that was read before."""
        entry = self._cache.read("seen", file.url)
        known = _json(entry) if entry is not None else None
        if known is None:
            return ""
        from envplan.index.bodies import Body, head

        try:
            kept = Kept(**known["kept"])
        except (TypeError, KeyError):
            return ""
        if not self._refresh and kept.is_fresh(time.time()):
            return Body(known.get("size"), kept.etag, kept.modified).sign
        found = head(self._web(), self._place(file))
        if found is None or not found.sign:
            return ""
        self._remember(file, found)
        return found.sign

    def _say(self, download: Download) -> None:
        self._tell(str(download))


def identity(file: File) -> tuple[str, ...]:
    """Return what tells a file from all others, whatever is found out about it."""
    return (file.index, file.url, file.name, file.sha256 or "", file.metadata or "")


def _json(entry: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(entry)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
