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

from envplan.demo.wheels import escaped as escaped
from envplan.demo.wheels import packed
from envplan.demo.wheels import zipped as zipped

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
    return packed(
        name,
        version,
        tags,
        metadata(name, version, requires, requires_python, extras, metadata_version=metadata_version),
        contents,
        maker="envplan-tests",
        build=build,
        commands=scripts,
        deflated=deflated,
    )


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


def noise(seed: str, size: int) -> bytes:
    """Bytes that do not compress, the same for the same seed."""
    return hashlib.shake_128(seed.encode()).digest(size)


def unpacked_metadata(body: bytes) -> bytes:
    """The METADATA inside a wheel's bytes."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(names[0])
