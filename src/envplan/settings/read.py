"""Reading the user's settings: the file ENVPLAN_CONFIG names, else config.toml in the platform's folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from envplan.documents import Reading, Table
from envplan.documents.opening import read_document
from envplan.documents.reading import shown
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.settings.model import DEFAULT, LONGEST, Login, Mirror, Network, Settings

CODE = "EP110"
VARIABLE = "ENVPLAN_CONFIG"
FILE = "config.toml"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read them; where no file was named and none is there, nothing is set."""
    named = environ.get(VARIABLE, "")
    path = Path(named) if named else settings_folder() / FILE
    try:
        if path.is_dir():
            path = path / FILE
        data = read_document(path)
    except FileNotFoundError as error:
        if not named:
            return Settings()
        raise EnvplanError(_unreadable(path, error)) from None
    except (OSError, ValueError) as error:  # ValueError: a path with NUL in it
        raise EnvplanError(_unreadable(path, error)) from None
    return decode(data, str(path))


def settings_folder() -> Path:
    """Return the platform's folder for the user's settings of envplan."""
    from platformdirs import user_config_path

    return user_config_path("envplan", appauthor=False)


def decode(data: bytes, file: str) -> Settings:
    """Read the settings from the bytes of a file."""
    reading = Reading(shown(file), CODE)
    table = Table(reading, reading.parse(data))
    mirrors = table.table("mirrors")
    found = _mirrors(mirrors, file) if mirrors is not None else ()
    network = table.table("network")
    patience = _network(network) if network is not None else Network()
    table.finish()
    reading.finish()
    return Settings(found, patience)


def _network(table: Table) -> Network:
    timeout, attempts = _between(table, "timeout", 1, LONGEST), _between(table, "attempts", 1, 20)
    table.finish()
    return Network(timeout, attempts)


def _between(table: Table, key: str, least: int, most: int) -> int | None:
    number = table.number(key)
    if number is not None and not least <= number <= most:
        cures = [f"{key} = {min(max(number, least), most)}"]
        table.refuse(key, f"it is a number from {least} to {most}", found=str(number)[:20], cures=cures)
        return None
    return number


def _mirrors(table: Table, file: str) -> tuple[Mirror, ...]:
    found: dict[str, Mirror] = {}
    for key in table.data:
        prefix = key if key == DEFAULT else _prefix(table, key)
        written = _address(table, key)
        if prefix is None or written is None:
            continue
        if prefix in found:
            table.refuse(key, "this prefix has a mirror already", found=shown(key))
            continue
        address, user, password = written
        login = Login(user, password, f"{shown(file)}: mirrors") if user or password else None
        found[prefix] = Mirror(prefix, address, login)
    return tuple(found.values())


def _address(table: Table, key: str) -> tuple[str, str, str] | None:
    """Read where a mirror is; what is wrong with it is said without the login that it may hold."""
    text = table.text(key, required=True)
    if text is None:
        return None
    try:
        return _split_login(text)
    except ValueError as error:
        remark = "   (of / @ : # ? % in a password, write %2F %40 %3A %23 %3F %25)"
        cures = [f'{shown(key)} = "https://USER:PASSWORD@host.example/simple"{remark}'] if "@" in text else []
        table.refuse(shown(key), str(error), found=_without_login(text), cures=cures)
        return None


def _without_login(text: str) -> str:
    _, at, after = text.rpartition("@")
    place, mark, _ = after.partition("?")
    return shown(f"***@{place}{mark and '?***'}" if at else text)


def _prefix(table: Table, key: str) -> str | None:
    try:
        address, user, password = _split_login(key)
    except ValueError as error:
        table.refuse(
            shown(key), f"{error}; a mirror stands for {DEFAULT} or for an address", found=shown(key)
        )
        return None
    if user or password:
        table.refuse(shown(key), "the address that is mirrored has no user or password", found=shown(key))
        return None
    return address


def _split_login(text: str) -> tuple[str, str, str]:
    """Take an address apart from the login in it."""
    told = _without_login(text)
    if re.search(r"[^!-~]|[\\\"'<>{}|^`]", text):
        raise ValueError(f"{told!r} holds a character that no address has")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:  # its own words would show what stands there, which may be a password
        raise ValueError(f"{told!r} is not an address such as https://host.example/simple") from None
    if parts.scheme not in ("http", "https") or not re.fullmatch(
        r"[0-9a-f:.]+|[a-z0-9]([a-z0-9._-]*[a-z0-9])?", host
    ):
        raise ValueError(f"{told!r} is not an address such as https://host.example/simple")
    if parts.query or parts.fragment:
        raise ValueError(f"{told!r} has a part after ? or #")
    standard = port in (None, {"http": 80, "https": 443}[parts.scheme])
    place = (f"[{host}]" if ":" in host else host) + ("" if standard else f":{port}")
    address = f"{parts.scheme}://{place}{parts.path}".rstrip("/")
    return address, unquote(parts.username or ""), unquote(parts.password or "")


def _unreadable(path: Path, error: Exception) -> Problem:
    return Problem(
        CODE,
        f"the settings in {shown(str(path))} cannot be read",
        found=(Said(reason_of(error), VARIABLE if os.environ.get(VARIABLE) else ""),),
        cures=(f"unset {VARIABLE}",) if os.environ.get(VARIABLE) else (),
    )
