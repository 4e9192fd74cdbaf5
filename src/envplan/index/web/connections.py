"""Connections: kept alive, 16 a host, the system's certificates, the environment's proxies."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from envplan.index.addresses import origin
from envplan.index.trouble import PROXY, Trouble
from envplan.index.web.watch import WATCH

_PER_HOST = 16


def _end(wire: Any) -> None:
    """End a connection, so that whoever waits for its bytes wakes up; to close it would not do that."""
    # TLS through a TLS proxy has its socket inside. An SSL socket's own shutdown would first say good-bye,
    # and wait for an answer.
    with contextlib.suppress(OSError, TypeError):
        socket.socket.shutdown(getattr(wire, "socket", wire), socket.SHUT_RDWR)


class _Timely:
    """A connection whose status and headers have one deadline together.

    A socket's own time-out starts again with every byte: a server that drips headers would hold us for ever.
    """

    sock: socket.socket | None
    timeout: float | None

    def getresponse(self) -> Any:
        watched, late = self.sock, threading.Event()

        def end() -> None:
            late.set()
            _end(watched)

        deadline = WATCH.add(self.timeout, end) if watched is not None and self.timeout else None
        try:
            return super().getresponse()  # type: ignore[misc]
        except Exception:
            if late.is_set():
                raise TimeoutError from None
            raise
        finally:
            WATCH.take_back(deadline)


class _Connection(_Timely, HTTPConnection):
    pass


class _SecureConnection(_Timely, HTTPSConnection):
    pass


class _Findable:
    """A pool that knows its connections, also those in use, which urllib3 leaves to whoever uses them."""

    def __init__(self, *words: Any, **how: Any) -> None:
        super().__init__(*words, **how)
        kind, self._made, self._making = self.ConnectionCls, weakref.WeakSet[Any](), threading.Lock()

        def make(*words: Any, **how: Any) -> Any:
            one = kind(*words, **how)
            with self._making:
                self._made.add(one)
            return one

        self.ConnectionCls: Any = make

    def hang_up(self) -> None:
        """End what goes on, in whatever thread."""
        with self._making:
            known = list(self._made)
        for one in known:
            _end(one.sock)


class _Pool(_Findable, HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(_Findable, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Connections:
    """The pools: one for what is asked directly, one for each proxy."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ
        self._managers: dict[tuple[str, bool], urllib3.PoolManager] = {}
        self._proxies: dict[str, str] = {}  # by the origin they are for; to ask takes as long as a request
        self._lock = threading.Lock()

    def to(self, url: str) -> urllib3.PoolManager:
        """Return what to ask for an address."""
        place = origin(url)
        with self._lock:
            if place not in self._proxies:
                self._proxies[place] = self._proxy(url)
            key = (self._proxies[place], url.startswith("https:"))
            if key not in self._managers:
                self._managers[key] = _manager(*key)
            return self._managers[key]

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()

    def hang_up(self) -> None:
        """End what is under way in any thread."""
        with self._lock:
            managers = list(self._managers.values())
        for manager in managers:
            for key in manager.pools.keys():  # noqa: SIM118  (no dictionary: it cannot be iterated)
                pool: Any = manager.pools.get(key)
                if isinstance(pool, _Findable):
                    pool.hang_up()

    def _proxy(self, url: str) -> str:
        from urllib.request import getproxies, proxy_bypass

        parts = urlsplit(url)
        if self._environ is None or self._environ is os.environ:
            found, passed = getproxies(), proxy_bypass(parts.netloc.rpartition("@")[2])
        else:
            found, passed = _proxies_of(self._environ), _passes(self._environ, parts.netloc)
        proxy = "" if passed else found.get(parts.scheme) or found.get("all") or ""
        return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _proxies_of(environ: Mapping[str, str]) -> dict[str, str]:
    named = {name.lower(): value for name, value in environ.items() if value}
    named |= {name: value for name, value in environ.items() if name.islower()}  # lower case comes first
    return {
        name.removesuffix("_proxy"): value
        for name, value in named.items()
        if name.endswith("_proxy") and name != "no_proxy"
    }


def _passes(environ: Mapping[str, str], netloc: str) -> bool:
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    none = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    return bool(proxy_bypass_environment(netloc, {"no": none}))


def _manager(proxy: str, secure: bool) -> urllib3.PoolManager:
    # Waiting for a free connection is what bounds how much one host is asked at once.
    options: dict[str, Any] = {"num_pools": 32, "maxsize": _PER_HOST, "block": True, "retries": False}
    if secure or proxy.startswith("https:"):
        options["ssl_context"] = _trust()
    manager = _proxied(proxy, options) if proxy else urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


def _proxied(proxy: str, options: dict[str, Any]) -> urllib3.PoolManager:
    try:
        parts = urlsplit(proxy)
        host, _ = parts.hostname, parts.port
    except ValueError:  # its own words would show what stands there, which may be a password
        why = "of / @ : # ? % in its password, write %2F %40 %3A %23 %3F %25"
        raise Trouble(PROXY, "the environment names a proxy whose address is none", why) from None
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.scheme not in ("http", "https") or not host:
        raise Trouble(
            PROXY, f"the environment names the proxy {shown}", "only proxies that speak HTTP can be used"
        )
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        options["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=login)
    return urllib3.ProxyManager(shown, **options)


def _trust() -> Any:
    """Trust whom the system trusts, so that a company's own authority needs no setting of ours."""
    import ssl

    if sys.platform not in ("win32", "darwin") and ssl.get_default_verify_paths().cafile:
        # What truststore does there too, but it reads all certificates again for each connection: 12 ms.
        return ssl.create_default_context()
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
