"""Valid wheels and sdists, small and the same bytes every time."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

MOMENT = (2020, 1, 1, 0, 0, 0)
SECONDS = 1_577_836_800  # the same moment, as tar counts


def wheel(
    name: str,
    version: str,
    tags: str = "py3-none-any",
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    files: Mapping[str, bytes | str] | None = None,
    size: int = 0,
    *,
    build: str = "",
    scripts: Mapping[str, str] | None = None,
    deflated: bool = False,
    metadata_version: str = "2.1",
) -> tuple[str, bytes]:
    """A wheel's file name and bytes. `files` replace the module it would hold; `size` adds as many bytes."""
    stem = f"{escaped(name)}-{version.replace('-', '_')}"
    module = escaped(name).lower()
    contents: dict[str, bytes] = {
        path: text.encode() if isinstance(text, str) else text
        for path, text in (
            files if files is not None else {f"{module}/__init__.py": f"__version__ = {version!r}\n"}
        ).items()
    }
    if size:
        contents[f"{module}/weights.bin"] = noise(f"{stem}-{tags}", size)
    info = f"{stem}.dist-info"
    contents[f"{info}/METADATA"] = metadata(
        name, version, requires, requires_python, extras, metadata_version=metadata_version
    )
    contents[f"{info}/WHEEL"] = _wheel_file(tags, build)
    if scripts:
        lines = [f"{command} = {target}\n" for command, target in sorted(scripts.items())]
        contents[f"{info}/entry_points.txt"] = "".join(["[console_scripts]\n", *lines]).encode()
    record = f"{info}/RECORD"
    contents[record] = _record(contents, record)
    middle = f"-{build}" if build else ""
    return f"{stem}{middle}-{tags}.whl", zipped(contents, deflated=deflated)


def metadata(
    name: str,
    version: str,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    *,
    metadata_version: str = "2.1",
) -> bytes:
    """The METADATA of that wheel: what a PEP 658 sidecar serves."""
    lines = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    lines.append(f"Summary: {name}, as tests need it")
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    named = dict.fromkeys([*extras, *re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", "\n".join(requires))])
    lines += [f"Provides-Extra: {extra}" for extra in named]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return ("\n".join(lines) + "\n\nMade for tests.\n").encode()


def sdist(
    name: str,
    version: str,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    *,
    metadata_version: str = "2.2",
) -> tuple[str, bytes]:
    """An sdist's file name and bytes. It builds offline: its backend is a file of its own."""
    stem = f"{escaped(name).lower()}-{version}"
    filename, body = wheel(name, version, requires=requires, requires_python=requires_python)
    contents = {
        "PKG-INFO": metadata(name, version, requires, requires_python, metadata_version=metadata_version),
        "pyproject.toml": (
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n'
            f'[project]\nname = "{name}"\nversion = "{version}"\n'
        ).encode(),
        "backend.py": _BACKEND.format(filename=filename, body=base64.b64encode(body).decode()).encode(),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted(contents.items()):
            entry = tarfile.TarInfo(f"{stem}/{path}")
            entry.size, entry.mtime, entry.mode = len(content), SECONDS, 0o644
            archive.addfile(entry, io.BytesIO(content))
    return f"{stem}.tar.gz", gzip.compress(packed.getvalue(), mtime=SECONDS)


_BACKEND = """import base64
import pathlib


def build_wheel(folder, config_settings=None, metadata_directory=None):
    (pathlib.Path(folder) / "{filename}").write_bytes(base64.b64decode("{body}"))
    return "{filename}"
"""


def zipped(contents: Mapping[str, bytes], *, deflated: bool = False) -> bytes:
    """A zip of these files, in this order, the same bytes every time."""
    packed = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(packed, "w", method, compresslevel=6) as archive:
        for path, content in contents.items():
            entry = zipfile.ZipInfo(path, MOMENT)
            entry.compress_type = method
            entry.create_system = 3  # Unix, wherever the test runs
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def noise(seed: str, size: int) -> bytes:
    """Bytes that do not compress, the same for the same seed."""
    return hashlib.shake_128(seed.encode()).digest(size)


def escaped(name: str) -> str:
    """A project's name as file names have it."""
    return re.sub(r"[-.]+", "_", name)


def unpacked_metadata(body: bytes) -> bytes:
    """The METADATA inside a wheel's bytes."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(names[0])


def _wheel_file(tags: str, build: str) -> bytes:
    pythons, abis, platforms = (part.split(".") for part in tags.split("-"))
    pure = str(platforms == ["any"]).lower()
    lines = ["Wheel-Version: 1.0", "Generator: envplan-tests (1)", f"Root-Is-Purelib: {pure}"]
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
