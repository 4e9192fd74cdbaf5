"""Folders, addresses and dates in a spec: none of them may reach outside what the user means."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from envplan.documents.reading import shown
from envplan.spec.grammar.refusal import Refusal, plain

_LONGEST = 1000


def source_path(text: str) -> str:
    """Read where a local package is. It may lie beside the project (../lib), but is never absolute."""
    text = plain(text, "a path", longest=_LONGEST)
    if "://" in text or text.startswith("git+"):
        raise Refusal(
            f"{shown(text)!r} is an address, not a path", 'use { git = "https://...", rev = "..." }'
        )
    if "\\" in text and not text.startswith("\\"):
        raise Refusal(
            f"{shown(text)!r} is a path of Windows only",
            "a spec is read on every system",
            meant=[text.replace("\\", "/")],
        )
    if text.startswith(("/", "~", "\\")) or re.match(r"[A-Za-z]:", text):
        raise Refusal(
            f"{shown(text)!r} is a path of one machine only",
            "paths are relative to the folder of the spec, so that they hold in every checkout",
        )
    return text


def project_path(text: str) -> str:
    """Read the path of a file that belongs to the project, and so must lie in its folder."""
    text = source_path(text)
    depth = 0
    for part in text.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            raise Refusal(
                f"{shown(text)!r} is outside the project",
                "what a lock is made from is committed with the project, so that every checkout has it",
            )
    return text


def index_url(text: str) -> str:
    """Read the address of an index."""
    return _web_address(text, "the address of an index").rstrip("/")


def git_url(text: str) -> str:
    """Read the address of a git repository: https or ssh, as git's other transports can run commands."""
    text = plain(text, "the address of a git repository", longest=_LONGEST)
    if text.startswith("git+"):
        meant = git_url(text[4:])
        raise Refusal(f"{shown(text)!r} starts with git+", "the key says that already", meant=[meant])
    if found := re.fullmatch(r"git@([\w.-]+):([\w./~-]+)", text):
        meant = f"ssh://git@{found[1]}/{found[2]}"
        raise Refusal(f"{shown(text)!r} is not an address", "write it as a URL", meant=[meant])
    if not text.startswith("ssh://"):
        return _web_address(text, "the address of a git repository")
    if not re.fullmatch(
        r"ssh://(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.-]*(?::[0-9]{1,5})?/[\w./~+-]+", text
    ):
        raise Refusal(
            f"{shown(text)!r} is not the address of a git repository", "such as ssh://git@host.example/team/x"
        )
    return text


def git_rev(text: str) -> str:
    """Read a commit, tag or branch."""
    text = plain(text, "a commit, tag or branch")
    if not re.fullmatch(r"[A-Za-z0-9_][\w./+-]*", text) or ".." in text or text.endswith((".lock", "/", ".")):
        raise Refusal(f"{shown(text)!r} is not a commit, tag or branch")
    return text


def moment(text: str) -> str:
    """Read when the indexes are looked at: a date, a date and time, or an age such as 7 days."""
    from datetime import datetime

    text = plain(text, "a date or an age")
    if re.fullmatch(r"[1-9][0-9]{0,3} (?:days?|weeks?)", text):
        return text
    if re.fullmatch(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", text):
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise Refusal(f"{shown(text)!r} is no date: {error}") from None
        return text
    raise Refusal(
        f"{shown(text)!r} is not a date or an age", "such as 2026-11-01 or 7 days", meant=_moment_meant(text)
    )


def _moment_meant(text: str) -> list[str]:
    days = {"d": 1, "day": 1, "w": 7, "week": 7, "month": 30, "m": 30, "y": 365, "year": 365}
    found = re.fullmatch(r"p?\s*([1-9][0-9]{0,2})\s*([a-z]+?)s?(?:\s+ago|\s+old)?", text.lower())
    if found and found[2] in days:
        return [f"{int(found[1]) * days[found[2]]} days"]
    if found := re.fullmatch(r"(\d{4})[./]?(\d\d)[./]?(\d\d)", text):
        return [f"{found[1]}-{found[2]}-{found[3]}"]
    return []


def _web_address(text: str, what: str) -> str:
    text = plain(text, what, longest=_LONGEST)
    if re.search(r"[\s\\\"'<>{}|^`$]", text):
        raise Refusal(f"{shown(text)!r} is not {what}", "it holds a character that no address has")
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError as error:
        raise Refusal(f"{shown(text)!r} is not {what}: {error}") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_fits:
        raise Refusal(f"{shown(text)!r} is not {what}", "such as https://host.example/team/name")
    _refuse_secrets(parts, what)
    if not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?", _host(parts)):
        raise Refusal(f"{shown(text)!r} is not {what}: {shown(_host(parts))!r} is not a host")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Refusal(
            f"{shown(text)!r} is not protected",
            "anybody on the way could change what http brings; it is taken from this machine itself only",
            meant=[f"https{text[4:]}"],
        )
    return text


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether an address stays on this machine."""
    return host in ("localhost", "::1") or re.fullmatch(r"127(?:\.[0-9]{1,3}){3}", host) is not None


def _refuse_secrets(parts: SplitResult, what: str) -> None:
    """A spec is committed: whatever is in it, everybody has."""
    if "@" in parts.netloc:
        raise Refusal(
            "an address with a user or password in it",
            "a spec is committed, and then everybody has the password; "
            "netrc, the keyring or the environment give it to its own host only",
            cures=[f"machine {_host(parts)} login USER password SECRET     (a line in ~/.netrc)"],
        )
    if parts.query or parts.fragment:
        raise Refusal(
            f"{what} has no part after ? or #",
            "it could hold a token, and the spec is committed",
            meant=[f"{parts.scheme}://{parts.netloc}{parts.path}"],
        )
