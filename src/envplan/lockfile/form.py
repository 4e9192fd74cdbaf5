"""Reading a lock in the very form that envplan writes, line by line: several times as quick as TOML.

Parsing TOML would be a third of the time of `lock --check`. Whatever is not of that form is left to the
parser; what is, reads exactly as the parser would read it (tests/property).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

_TEXT = r'"([^"\\\x00-\x1f\x7f]*)"'
_HEADS = {
    "[[packages]]": ("packages", True),
    "[tool.envplan]": ("envplan", False),
    "[tool.envplan.hosts]": ("hosts", False),
    "[[tool.envplan.target]]": ("target", True),
}
_LINE = re.compile(
    rf"(?:([A-Za-z0-9_-]+)|{_TEXT}) = (?:{_TEXT}|([1-9][0-9]{{0,17}})|(\[)|\[(.+)\]|(\{{.+\}}))"
)
_TEXTS = re.compile(rf"{_TEXT}(?:, {_TEXT})*")
_ONE = re.compile(_TEXT)
_FILE = re.compile(
    rf"\{{ name = {_TEXT}, url = {_TEXT}(?:, size = ([1-9][0-9]{{0,17}}))?"
    r"(?:, upload-time = ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z))?"
    rf", hashes = \{{ sha256 = {_TEXT} \}} \}}"
)
_NEED = re.compile(
    rf"\{{ name = {_TEXT}(?:, version = {_TEXT})?(?:, index = {_TEXT})?(?:, marker = {_TEXT})? \}}"
)
_ARCHIVE = re.compile(
    rf"\{{ path = {_TEXT}, size = ([1-9][0-9]{{0,17}}), hashes = \{{ sha256 = {_TEXT} \}} \}}"
)
_FOLDER = re.compile(rf"\{{ path = {_TEXT}(, editable = true)? \}}")
_GIT = re.compile(
    rf'\{{ type = "git", url = {_TEXT}(?:, requested-revision = {_TEXT})?, commit-id = {_TEXT} \}}'
)
_SEAL = re.compile(rf"\{{ envplan = \{{ seal = {_TEXT} \}} \}}")


class _OtherForm(Exception):  # noqa: N818 - no error: the parser of TOML reads it then
    pass


def read(text: str) -> dict[str, Any] | None:
    """Read a lock as tomllib would; none where it is not of our own form."""
    document: dict[str, Any] = {}
    try:
        _read(text.split("\n"), document)
    except (_OtherForm, ValueError):
        return None
    return document


def _read(lines: list[str], document: dict[str, Any]) -> None:
    table, spread = document, None
    for line in lines:
        if spread is not None:
            if line == "]":
                spread = None
            elif line.startswith("    ") and line.endswith(","):
                spread.append(_item(line[4:-1]))
            else:
                raise _OtherForm
        elif line in _HEADS:
            table = _opened(document, *_HEADS[line])
        elif line and not line.startswith("#"):
            spread = _pair(line, table)
            if table is document and "tool" in document:  # in one line, to which no later table may add
                raise _OtherForm
        elif not line.isprintable():
            raise _OtherForm
    if spread is not None:
        raise _OtherForm


def _opened(document: dict[str, Any], name: str, many: bool) -> dict[str, Any]:
    """Begin a table where it belongs: [tool.envplan] comes before those inside of it, and each but once."""
    table: dict[str, Any] = {}
    if name == "packages":
        if "tool" in document or not isinstance(document.setdefault("packages", []), list):
            raise _OtherForm
        document["packages"].append(table)
        return table
    if name == "envplan":
        if "tool" in document:
            raise _OtherForm
        document["tool"] = {"envplan": table}
        return table
    around = document.get("tool", {}).get("envplan") if isinstance(document.get("tool"), dict) else None
    if not isinstance(around, dict) or (name in around and not many):
        raise _OtherForm
    if many:
        around.setdefault(name, []).append(table)
    else:
        around[name] = table
    return table


def _pair(line: str, table: dict[str, Any]) -> list[Any] | None:
    """Read one key with its value; where the value is spread over lines, return the list to be filled."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise _OtherForm
    bare, quoted, text, number, opened, listed, inline = found.groups()
    key = bare if bare is not None else quoted
    if key in table or key in ("packages", "target", "hosts"):
        raise _OtherForm
    if text is not None:
        table[key] = text
    elif number is not None:
        table[key] = int(number)
    elif opened is not None:
        table[key] = spread = list[Any]()
        return spread
    elif listed is not None:
        if not _TEXTS.fullmatch(listed):
            raise _OtherForm
        table[key] = _ONE.findall(listed)
    else:
        table[key] = _item(inline)
    return None


def _item(text: str) -> Any:
    if found := _FILE.fullmatch(text):
        name, url, size, at, sha256 = found.groups()
        file: dict[str, Any] = {"name": name, "url": url, "hashes": {"sha256": sha256}}
        if size:
            file["size"] = int(size)
        if at:
            file["upload-time"] = datetime.fromisoformat(at)
        return file
    if found := _NEED.fullmatch(text):
        told = zip(("name", "version", "index", "marker"), found.groups(), strict=True)
        return {key: value for key, value in told if value is not None}
    if found := _SEAL.fullmatch(text):
        return {"envplan": {"seal": found[1]}}
    if found := _ONE.fullmatch(text):
        return found[1]
    return _direct(text)


def _direct(text: str) -> dict[str, Any]:
    """Read where a package comes from that no index serves."""
    if found := _ARCHIVE.fullmatch(text):
        return {"path": found[1], "size": int(found[2]), "hashes": {"sha256": found[3]}}
    if found := _FOLDER.fullmatch(text):
        return {"path": found[1]} | ({"editable": True} if found[2] else {})
    if found := _GIT.fullmatch(text):
        asked = {"requested-revision": found[2]} if found[2] is not None else {}
        return {"type": "git", "url": found[1], **asked, "commit-id": found[3]}
    raise _OtherForm
