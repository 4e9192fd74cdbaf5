"""The client of all indexes: one answer for each question, from the cache where it is fresh."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from packaging.utils import canonicalize_name

from envplan.index.addresses import Mirrors, canonical_index
from envplan.index.cache import Cache, cache_folder
from envplan.index.columns import Columns
from envplan.index.entries import FRESH, Kept, read_page_entry, write_page
from envplan.index.files import Files, identity
from envplan.index.model import File, Metadata, Project
from envplan.index.pages.reading import ACCEPT, read_page
from envplan.index.trouble import MISSING, NO_INDEX, Trouble, failure, of_a_mirror, of_silence
from envplan.index.web.patience import Patience
from envplan.problems import EnvplanError
from envplan.settings.model import Settings
from envplan.settings.read import read_settings
from envplan.values.numbers import whole_number
from envplan.values.records import replace

if TYPE_CHECKING:  # they import the HTTP library, which takes 100 ms that a warm run does not need
    from envplan.index.web.client import Web

T = TypeVar("T")

PAGE_LIMIT = 64 * 1024 * 1024


def _silent(_: str) -> None:
    pass


class Indexes:
    """Asks indexes, each question once; may be used by many threads at once."""

    def __init__(
        self,
        settings: Settings | None = None,
        folder: Path | None = None,
        *,
        names: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = _silent,
        refresh: bool = False,
        environ: Mapping[str, str] = os.environ,
        patience: Patience | None = None,
    ) -> None:
        """`names`: the indexes of the spec, for their logins; `tell` hears of files that are read whole.

        Without settings and folder, they are the user's.
        """
        settings = read_settings(environ) if settings is None else settings
        self._mirrors = Mirrors(settings)
        self._cache = Cache(cache_folder(environ) if folder is None else folder)
        self._names = {"default": "default", **(names or {})}
        self._files = Files(self._cache, self._client, self.place, tell, refresh)
        self._refresh = refresh
        self._environ = environ
        self._patience = patience or Patience.of(settings.network)
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, ...], Future[Any]] = {}
        self._web: Web | None = None
        self._copied: set[str] = set()  # indexes that their mirror has as they are

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            web, self._web = self._web, None
        if web is not None:
            web.close()

    def project(self, index_url: str, name: str) -> Project:
        """Return what an index says of a project. `default` is the default index."""
        return self._page(canonical_index(index_url), canonicalize_name(name))

    def metadata(self, file: File) -> Metadata:
        """Return what a wheel says of itself."""
        key = ("metadata", *identity(file))
        return self._once(key, lambda: self._told(file, "the metadata of ", self._files.metadata))

    def hashed(self, file: File) -> File:
        """Fill in sha256 and size, where the page does not say them; the size only where it can be known."""
        if file.sha256 is not None and file.size is not None:
            return file
        key = ("hashed", *identity(file))
        body = self._once(key, lambda: self._told(file, "", self._files.hashed))
        return replace(file, sha256=file.sha256 or body.sha256, size=body.size)

    def place(self, file: File) -> str:
        """Return where to ask for a file, of which no more may be known than its name, hash and address.

        A mirror of its index has it where the mirror's page says: some copy the index as it is, others
        arrange files in their own way. One that was found to copy an index is not asked for further pages.
        """
        here, plain = self._mirrors.of(file.url), self._mirrors.forward(file.url)
        pages = self._mirrors.of(f"{file.index}/{file.project}/")
        if pages is None or (here and here is not pages) or (here and file.index in self._copied):
            return plain
        place = self._listed(file)
        if here and place == plain:
            self._copied.add(file.index)
        return place or plain

    def _listed(self, file: File) -> str:
        """Return where the page of its project leads to for a file; empty where it is not listed."""
        try:
            files = self._page(file.index, canonicalize_name(file.project)).files
        except EnvplanError as error:
            if any(problem.code != MISSING for problem in error.problems):
                raise
            return ""  # the hash in the lock makes the bytes right, wherever else they come from
        found = files.find(file.name, file.sha256) if isinstance(files, Columns) else None
        if found is None:
            return ""
        known, address = found
        return self._mirrors.forward(address) if address == known.url else address

    def _once(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        """Ask once; everybody else waits for that answer, and has the same failure."""
        with self._lock:
            known = self._answers.get(key)
            if known is None:
                mine: Future[T] = Future()
                self._answers[key] = mine
        if known is not None:
            found: T = known.result()
            return found
        try:
            answer = ask()
        except BaseException as error:
            mine.set_exception(error)
            if not isinstance(error, Exception):
                with self._lock:
                    del self._answers[key]
            raise
        mine.set_result(answer)
        return answer

    # --- pages

    def _page(self, index: str, name: str) -> Project:
        def ask() -> Project:
            try:
                return self._read_page(index, name)
            except Trouble as trouble:
                raise failure(self._told_of(trouble), name, index, bound=True) from None

        return self._once(("page", index, name), ask)

    def _read_page(self, index: str, name: str) -> Project:
        page = f"{index}/{name}/"
        asked = self._mirrors.forward(page)
        cached = self._kept_page(index, name, asked)
        if cached is not None and not self._refresh and cached[0].is_fresh(time.time()):
            return cached[1]
        conditions = cached[0].conditions() if cached is not None else {}
        reply = self._client().get(asked, {"Accept": ACCEPT, **conditions}, limit=PAGE_LIMIT)
        if reply.status == 304 and cached is not None:
            found = cached[1]
        elif reply.status == 200:
            cached = None  # it takes as much memory as what comes in its place
            found = read_page(
                reply.body,
                reply.headers.get("content-type", "").lower(),
                index=index,
                name=name,
                url=reply.url,
                canonical=self._mirrors.canonical(page, reply.url),
            )
        else:
            raise Trouble(NO_INDEX, f"status {reply.status}, which was not asked for", url=reply.url)
        kept = _kept(reply.headers, cached[0] if reply.status == 304 and cached else None)
        self._cache.write("pages", index, name, asked, body=write_page(kept, found))
        return found

    def _kept_page(self, index: str, name: str, asked: str) -> tuple[Kept, Project] | None:
        entry = self._cache.read("pages", index, name, asked)
        if entry is None:
            return None
        return read_page_entry(entry, index, name, partial(self._mirrors.canonical, f"{index}/{name}/"))

    # --- files

    def _told(self, file: File, what: str, ask: Callable[[File], T]) -> T:
        try:
            return ask(file)
        except Trouble as trouble:
            raise failure(self._told_of(trouble), f"{what}{file.name}", file.index) from None

    def _told_of(self, trouble: Trouble) -> Trouble:
        """Say what helps on this computer, and nothing that only this computer is to know."""
        trouble = of_silence(trouble, self._patience.first_byte)
        canonical = self._mirrors.stands_behind(trouble.url) if trouble.url else ""
        return of_a_mirror(trouble, canonical) if canonical else trouble

    # --- the web

    def web(self) -> Web:
        """Return the client that has the logins and the patience of these indexes, to fetch their files."""
        return self._client()

    def _client(self) -> Web:
        with self._lock:
            if self._web is None:
                from envplan.index.web.client import Web
                from envplan.index.web.connections import Connections
                from envplan.index.web.logins import Logins

                places = {
                    name: self._mirrors.forward(canonical_index(address) + "/")
                    for name, address in self._names.items()
                }
                known = [(one.address, one.login) for one in self._mirrors.all if one.login is not None]
                logins = Logins(self._environ, places, known)
                is_public = self._mirrors.is_default
                self._web = Web(Connections(self._environ), logins, self._patience, is_public)
            return self._web


def _kept(headers: Mapping[str, str], before: Kept | None) -> Kept:
    """Say for how long a page needs no question: the server's word, up to ten minutes."""
    said = headers.get("cache-control", "").lower().replace(" ", "").split(",")
    fresh = FRESH
    for word in said:
        if word in ("no-store", "no-cache"):
            fresh = 0
        elif word.startswith("max-age=") and (seconds := whole_number(word[8:])) is not None:
            fresh = min(fresh, seconds)
    etag = headers.get("etag", before.etag if before else "")
    modified = headers.get("last-modified", before.modified if before else "")
    return Kept(time.time(), fresh, etag, modified)
