"""Small wheels that are valid to the last byte, and the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping

MOMENT = (2020, 1, 1, 0, 0, 0)


def packed(
    name: str,
    version: str,
    tags: str,
    metadata: bytes,
    files: Mapping[str, bytes],
    *,
    maker: str,
    build: str = "",
    commands: Mapping[str, str] | None = None,
    deflated: bool = False,
) -> tuple[str, bytes]:
    """A wheel's file name and bytes: these files, and what every wheel says of itself."""
    stem = f"{escaped(name)}-{version.replace('-', '_')}"
    info = f"{stem}.dist-info"
    contents = {**files, f"{info}/METADATA": metadata, f"{info}/WHEEL": _wheel_file(tags, build, maker)}
    if commands:
        lines = [f"{command} = {target}\n" for command, target in sorted(commands.items())]
        contents[f"{info}/entry_points.txt"] = "".join(["[console_scripts]\n", *lines]).encode()
    record = f"{info}/RECORD"
    contents[record] = _record(contents, record)
    middle = f"-{build}" if build else ""
    return f"{stem}{middle}-{tags}.whl", zipped(contents, deflated=deflated)


def zipped(contents: Mapping[str, bytes], *, deflated: bool = False) -> bytes:
    """A zip of these files, in this order, the same bytes every time."""
    made = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(made, "w", method, compresslevel=6) as archive:
        for path, content in contents.items():
            entry = zipfile.ZipInfo(path, MOMENT)
            entry.compress_type = method
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def escaped(name: str) -> str:
    """A project's name as file names have it."""
    return re.sub(r"[-.]+", "_", name)


def _wheel_file(tags: str, build: str, maker: str) -> bytes:
    pythons, abis, platforms = (part.split(".") for part in tags.split("-"))
    pure = str(platforms == ["any"]).lower()
    lines = ["Wheel-Version: 1.0", f"Generator: {maker} (1)", f"Root-Is-Purelib: {pure}"]
    lines += [f"Tag: {p}-{a}-{m}" for p in pythons for a in abis for m in platforms]
    if build:
        lines.append(f"Build: {build}")
    return ("\n".join(lines) + "\n").encode()


def _record(contents: Mapping[str, bytes], record: str) -> bytes:
    lines = []
    for path, content in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        quoted = f'"{path}"' if "," in path else path
        lines.append(f"{quoted},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{record},,\n"]).encode()
