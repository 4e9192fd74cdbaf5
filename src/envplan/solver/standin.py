"""What a solver is shown in place of a wheel: name, version and what it requires here, and nothing else.

A stand-in is for any system, so that no solver judges tags by rules of its own: what the target can run, the
view has decided. It has the size of its metadata: no solver can make us fetch 800 MB to look inside.
"""

from __future__ import annotations

from packaging.version import Version

from envplan.solver.markers import Requires
from envplan.solver.releases import Release
from envplan.solver.view import Page

# Required by versions that nobody may take; no index is asked for it.
NOT_USABLE = "envplan-not-usable"

_ANY = "-py3-none-any.whl"


def file_name(name: str, version: Version) -> str:
    """Name the stand-in of one version."""
    return f"{name.replace('-', '_')}-{version}{_ANY}"


def page_json(page: Page) -> bytes:
    """Write the page of a project as PEP 691 has it."""
    stem = f"{page.name.replace('-', '_')}-"
    files = ",".join(
        f'{{"filename":"{stem}{text}{_ANY}","url":"../../files/{page.name}/{quoted}/{stem}{quoted}{_ANY}",'
        '"hashes":{},"core-metadata":true}'
        for text, quoted in map(_quoted, page.files)
    )
    return f'{{"meta":{{"api-version":"1.0"}},"name":"{page.name}","files":[{files}]}}'.encode()


def _quoted(version: Version) -> tuple[str, str]:
    """Write a version, as it is and for an address: of what it may hold, "+" and "!" mean something there."""
    text = str(version)
    return text, text.replace("+", "%2B").replace("!", "%21")


def metadata_text(name: str, version: Version, release: Release) -> bytes:
    """Write the metadata of one version: what it requires on the target, sorted by extra."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in sorted(extras_of(release))]
    if release.unusable:
        lines.append(f"Requires-Dist: {NOT_USABLE}")
    else:
        for one in release.dependencies:
            required = str(one.requires) if isinstance(one.requires, Requires) else NOT_USABLE
            marker = f" ; extra == '{one.extra}'" if one.extra else ""
            lines.append(f"Requires-Dist: {required}{marker}")
    return ("\n".join(lines) + "\n").encode()


def extras_of(release: Release) -> frozenset[str]:
    """List the extras a version has, declared or only used."""
    from packaging.utils import canonicalize_name

    declared = {canonicalize_name(extra) for extra in release.metadata.extras}
    return frozenset(declared | {one.extra for one in release.dependencies if one.extra})


def wheel_bytes(name: str, version: Version, metadata: bytes) -> bytes:
    """Make the stand-in itself, for a solver that looks inside: a wheel that holds its metadata alone."""
    import io
    import zipfile

    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    members = {
        "METADATA": metadata,
        "WHEEL": b"Wheel-Version: 1.0\nGenerator: envplan\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{folder}/{member},,\n" for member in (*members, "RECORD"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in {**members, "RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(f"{folder}/{member}"), content)
    return buffer.getvalue()
