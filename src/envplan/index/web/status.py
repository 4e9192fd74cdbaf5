"""What errors and statuses mean."""

from __future__ import annotations

import socket
import ssl
import time
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions

from envplan.index.trouble import (
    ADDRESS,
    CUT,
    FORBIDDEN,
    LOGIN,
    MISSING,
    PROXY,
    REFUSED,
    SILENT,
    UNREACHED,
    UNTRUSTED,
    Trouble,
)
from envplan.settings.model import Login
from envplan.values.numbers import whole_number

_PASSING = frozenset({408, 429, 502, 503, 504})


def trouble_of_status(response: urllib3.BaseHTTPResponse, url: str, login: Login | None) -> Trouble:
    """Say what a refusal means."""
    status, reason = response.status, (response.reason or "")[:60]
    found = f"{status} {reason}".strip()
    match status:
        case 404 | 410:
            return Trouble(MISSING, found, url=url)
        case 403:
            why = "it is forbidden, or not there: some indexes answer so for names they do not have"
            return Trouble(FORBIDDEN, found, why, url)
        case 401:
            return _unknown_user(found, url, login)
        case 407:
            return Trouble(PROXY, found, "the proxy wants a user and a password of its own", url)
        case _:
            passing = status in _PASSING
            wait = _retry_after(response.headers.get("retry-after", "")) if passing else None
            why = "" if passing or status >= 500 else "it takes the request for wrong, and would do so again"
            return Trouble(REFUSED, found, why, url, passing=passing, wait=wait, status=status)


def _unknown_user(found: str, url: str, login: Login | None) -> Trouble:
    host = urlsplit(url).hostname
    line = f"machine {host} login USER password SECRET     (a line in ~/.netrc)"
    if login is not None:
        return Trouble(LOGIN, found, f"it does not take the login from {login.origin}", url, (line,))
    why = "none for this host is in the environment, in ~/.netrc or in the keyring"
    return Trouble(LOGIN, found, why, url, (line,))


def _retry_after(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    if (seconds := whole_number(text)) is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def trouble_of_error(error: Exception, url: str) -> Trouble:
    """Say what a failed connection means; never in the error's own words, which may hold a secret address."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = "the system does not know who signed it, or it is for another host"
            found = cause.verify_message or "the certificate was not accepted"
            return Trouble(UNTRUSTED, found, why, url)
    if isinstance(error, exceptions.ProxyError):
        return Trouble(
            PROXY, _reason(causes), "the environment names that proxy (HTTPS_PROXY, NO_PROXY)", url
        )
    # First the refused connection: to urllib3 it is a kind of time-out.
    if any(isinstance(cause, exceptions.NewConnectionError) for cause in causes):
        return Trouble(UNREACHED, _reason(causes), url=url)
    if any(isinstance(c, (exceptions.ConnectTimeoutError, exceptions.ReadTimeoutError)) for c in causes):
        connecting = any(isinstance(cause, exceptions.ConnectTimeoutError) for cause in causes)
        return Trouble(SILENT, "no connection" if connecting else "connected, then silence", url=url)
    if any(
        isinstance(c, (exceptions.LocationValueError, UnicodeError, exceptions.URLSchemeUnknown))
        for c in causes
    ):
        return Trouble(ADDRESS, "it is not an address", url=url)
    if any(isinstance(c, exceptions.DecodeError) for c in causes):
        return Trouble(CUT, "what it sent cannot be unpacked", url=url, passing=True)
    return Trouble(CUT, _reason(causes), url=url, passing=True)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop()
        if one is None or one in found:
            continue
        found.append(one)
        todo += [
            one.__cause__,
            one.__context__,
            getattr(one, "reason", None),
            getattr(one, "original_error", None),
        ]
        todo += [argument for argument in one.args if isinstance(argument, BaseException)]
        todo = [each for each in todo if isinstance(each, BaseException)]
    return found


def _reason(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "there is no such host"
        if isinstance(cause, ssl.SSLError):
            return f"the encryption failed: {(cause.reason or 'no reason given').lower().replace('_', ' ')}"
        if isinstance(cause, exceptions.IncompleteRead):
            return f"{cause.partial:,} bytes came, {cause.expected:,} more were promised"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return "the connection was closed"
