"""Requirements as other tools list them (PEP 508), and how they go together with a spec's own."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed

from envplan.documents import Reading
from envplan.documents.reading import shown
from envplan.spec.grammar.names import extra_name, package_name
from envplan.spec.grammar.places import git_rev, git_url
from envplan.spec.grammar.refusal import Refusal, plain
from envplan.spec.model import FromGit, FromIndex, Location, Requirement
from envplan.values.records import replace


def requirement(reading: Reading, path: tuple[str, ...], text: str) -> Requirement | None:
    """Read one line such as torch[extra]>=2.2; python_version < "3.12"."""
    try:
        return _requirement(plain(text, "a requirement", longest=2000), reading.origin(path))
    except Refusal as refusal:
        reading.refuse(
            path, refusal.title, found=shown(text), why=refusal.why, cures=[*refusal.meant, *refusal.cures]
        )
        return None


def _requirement(text: str, origin: str) -> Requirement:
    try:
        parsed = Parsed(text)
    except (InvalidRequirement, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise Refusal(f"{shown(text)!r} is not a requirement", shown(reason)) from None
    if "===" in str(parsed.specifier):
        raise Refusal(
            f"{shown(text)!r} compares with ===", "it lets anything through unread; == compares versions"
        )
    return Requirement(
        package_name(parsed.name),
        origin,
        asked=str(parsed.specifier) or "*",
        specifier=parsed.specifier,
        extras=tuple(sorted(extra_name(extra) for extra in parsed.extras)),
        location=location(parsed.url, parsed.name) if parsed.url else FromIndex(),
        marker=str(parsed.marker) if parsed.marker else None,
    )


def location(url: str, name: str) -> Location:
    """Read where a requirement with an address comes from: git, or refuse."""
    if url.startswith("git+"):
        address, _, rev = url.removeprefix("git+").partition("#")[0].rpartition("@")
        if not address.partition("://")[2] or "/" not in address.partition("://")[2]:
            address, rev = (
                url.removeprefix("git+").partition("#")[0],
                "",
            )  # the @ was the user's, not a revision's
        return FromGit(git_url(address), git_rev(rev) if rev else None)
    raise Refusal(
        f"{shown(url)!r} is a file outside of every index",
        "a lock holds only what an index publishes with its hash, or a folder of the project",
        cures=[f'{name} = {{ path = "..." }}   (under [packages], for a folder or wheel of the project)'],
    )


def joined(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Make one of the entries of one name that hold under the same conditions: both must hold."""
    found: dict[tuple[str, str | None], Requirement] = {}
    for one in requirements:
        key = (one.name, one.marker)
        found[key] = found[key].with_also(one) if key in found else one
    return tuple(found.values())


def together(own: tuple[Requirement, ...], listed: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Put a spec's own packages before those of the list around it; of one name, both must hold.

    The spec's own say how (accelerator, folder); the list's conditions stay.
    """
    names = {one.name for one in listed}
    mine = {one.name: one for one in own}
    merged = [
        replace(mine[one.name].with_also(one), marker=one.marker) if one.name in mine else one
        for one in listed
    ]
    return (*(one for one in own if one.name not in names), *joined(merged))
