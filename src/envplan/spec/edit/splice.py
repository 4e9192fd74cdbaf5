"""Setting and dropping one value in a TOML text; whatever else is in the text stays byte for byte."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from envplan.spec.edit.statements import Statement, statements
from envplan.spec.grammar.taking import dotted

Path = tuple[str, ...]


def with_value(text: str, path: Path, value: str) -> str:
    """Set the value, written as TOML, at a path; tables that are missing are added."""
    found = list(statements(text))
    holder = _holder(found, path)
    if holder:
        before = text[holder.value_start : holder.value_end]
        inside = path[len(holder.path) :]
        after = _inside(before, inside, value) if inside else _in_quotes_of(before, value)
        return text[: holder.value_start] + after + text[holder.value_end :]
    at, lines = _new_place(text, found, path, value)
    return inserted(text, at, lines)


def without_value(text: str, path: Path) -> str:
    """Drop the value at a path, with the comment on its line."""
    found = list(statements(text))
    holder = _holder(found, path)
    if holder and holder.path != path:
        after = _inside(text[holder.value_start : holder.value_end], path[len(holder.path) :], None)
        return text[: holder.value_start] + after + text[holder.value_end :]
    spans = [(one.start, one.end) for one in found if one.kind == "pair" and one.path == path]
    spans = spans or _spans_of_tables(found, text, path)
    ended = text.endswith("\n")
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text if ended else re.sub(r"\r?\n\Z", "", text)


def _holder(found: list[Statement], path: Path) -> Statement | None:
    """Find the key whose value is, or holds, what stands at the path."""
    return next((one for one in found if one.kind == "pair" and path[: len(one.path)] == one.path), None)


def _in_quotes_of(before: str, value: str) -> str:
    """Keep the kind of quotes that the author prefers."""
    literal = before.startswith("'") and not before.startswith("'''") and value.startswith('"')
    plain = json.loads(value) if literal else ""
    return f"'{plain}'" if literal and "'" not in plain and "\\" not in plain else value


def _inside(before: str, path: Path, value: str | None) -> str:
    """Change one key inside an inline table, or drop it."""
    import tomlkit

    document = tomlkit.parse(f"value = {before}")
    holder: Any = document
    for part in ("value", *path[:-1]):
        if part not in holder:
            holder[part] = tomlkit.inline_table()
        holder = holder[part]
    if value is None:
        del holder[path[-1]]
    else:
        old = holder[path[-1]].as_string() if path[-1] in holder else ""
        holder[path[-1]] = tomlkit.parse(f"value = {_in_quotes_of(old, value)}")["value"]
    return document.as_string().removeprefix("value = ")


def _new_place(text: str, found: list[Statement], path: Path, value: str) -> tuple[int, list[str]]:
    """Find where a new key goes: after its last neighbour, else under its header, else under a new one."""
    parent = path[:-1]
    neighbours = [one for one in found if one.kind == "pair" and one.path[:-1] == parent]
    deeper = [one for one in found if one.kind == "pair" and one.path[: len(parent)] == parent]
    deeper = [one for one in deeper if len(one.section) <= len(parent)]
    if neighbours or deeper:
        last = (neighbours or deeper)[-1]
        written = ".".join(dotted(part) for part in path[len(last.section) :])
        indent = re.match(r"[ \t]*", text[last.start : last.end])
        return last.end, [f"{indent[0] if indent else ''}{written} = {value}"]
    pair = f"{dotted(path[-1])} = {value}"
    for place, header in enumerate(found):
        if header.kind == "header" and header.path == parent:
            return _after_comments(text, found, place), [pair]
    head = f"[{'.'.join(dotted(part) for part in parent)}]"
    for header in found:
        if header.kind == "header" and header.path[: len(parent)] == parent:
            return header.start, [head, pair, ""]
    return len(text), [*([""] if text.strip() else []), head, pair]


def _after_comments(text: str, found: list[Statement], place: int) -> int:
    """Go behind the comments that stand right under a header: they speak about the table."""
    end = found[place].end
    for one in found[place + 1 :]:
        if one.kind != "other" or not text[one.start : one.end].strip():
            break
        end = one.end
    return end


def inserted(text: str, at: int, lines: list[str]) -> str:
    """Put lines into a text, with the line breaks it has."""
    line_break = "\r\n" if "\r\n" in text else "\n"
    block = line_break.join(lines)
    if at == len(text) and text and not text.endswith("\n"):
        return f"{text}{line_break}{block}"
    return f"{text[:at]}{block}{line_break}{text[at:]}"


def _spans_of_tables(found: list[Statement], text: str, path: Path) -> list[tuple[int, int]]:
    """Find [packages.name] and name.key = ...; comments after the last key lead to what comes next."""
    spans: list[tuple[int, int]] = []
    inside = False
    for place, one in enumerate(found):
        if one.kind == "other":
            continue
        ours = one.path[: len(path)] == path
        if ours and inside and one.kind == "pair":
            spans[-1] = (spans[-1][0], one.end)  # with the comments between
        elif ours:
            blank = (
                one.kind == "header" and place > 0 and not text[found[place - 1].start : one.start].strip()
            )
            spans.append((found[place - 1].start if blank else one.start, one.end))
        inside = ours and (inside or one.kind == "header")
    return spans


def does(before: str, after: str, path: Path, value: str | None) -> bool:
    """Whether an edit did what it should and nothing else, as a parser sees it; no value is a removal."""
    wanted, got = tomllib.loads(before), tomllib.loads(after)
    if value is None:
        return _dropped(wanted, path) == _dropped(got, path) and not _reaches(got, path)
    table = wanted
    for part in path[:-1]:
        table = table.setdefault(part, {})
    table[path[-1]] = tomllib.loads(f"value = {value}")["value"]
    return wanted == got


def _dropped(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """Drop a path, and the tables that hold nothing without it: TOML cannot always say an empty one."""
    head, rest = path[0], path[1:]
    inner = document.get(head)
    kept = _dropped(inner, rest) if rest and isinstance(inner, dict) else None
    return {key: value for key, value in document.items() if key != head} | ({head: kept} if kept else {})


def _reaches(document: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True
