"""What catalog documents say of frameworks: ways, releases, kernels, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from packaging.version import Version

from envplan.catalog import rows
from envplan.catalog.model import (
    Advice,
    Clash,
    Framework,
    Kernels,
    Pitfall,
    Release,
    Requires,
    Way,
)
from envplan.documents import Table
from envplan.values.records import replace
from envplan.values.variants import Kind
from envplan.values.versions import Compute, Cuda, Dotted

T = TypeVar("T")

_KINDS: tuple[Kind, ...] = ("cpu", "cuda", "rocm", "xpu")


def blank(name: str) -> Framework:
    """Make a framework of which nothing is said yet."""
    return Framework(name, (), (), (), (), (), (), (), ())


def frameworks(table: Table) -> dict[str, Framework]:
    """Decode the framework of a document, and the rows that it or others own."""
    header = table.table("framework")
    main = _header(header) if header else None
    own = main.name if main else ""
    ways, releases = _owned(table, "way", _way, own), _owned(table, "release", _release, own)
    kernels, requires = _owned(table, "kernels", _kernels, own), _owned(table, "requires", _requires, own)
    pitfalls, clashes = _owned(table, "pitfall", _pitfall, own), _owned(table, "clash", _clash, own)
    advice = _owned(table, "advice", _advice, own)
    found = {own: main} if main else {}
    for name in {**found, **ways, **releases, **kernels, **requires, **pitfalls, **clashes, **advice}:
        found[name] = replace(
            found.get(name) or blank(name),
            ways=ways.get(name, ()),
            releases=releases.get(name, ()),
            kernels=kernels.get(name, ()),
            requires=requires.get(name, ()),
            pitfalls=pitfalls.get(name, ()),
            clashes=clashes.get(name, ()),
            advice=advice.get(name, ()),
        )
    return found


def _owned(table: Table, key: str, decode: Callable[[Table], T | None], own: str) -> dict[str, tuple[T, ...]]:
    """Decode rows by the framework they are about: the document's own, unless the row names one."""

    def with_owner(row: Table) -> tuple[str, T] | None:
        value, owner = decode(row), row.text("framework") or own
        if not owner:
            row.refuse("framework", "framework is missing", why="the row does not say which one it is about")
        return (owner, value) if owner and value is not None else None

    found: dict[str, tuple[T, ...]] = {}
    for owner, value in rows.each(table, key, with_owner):
        found[owner] = (*found.get(owner, ()), value)
    return found


def extended(base: Framework, more: Framework) -> Framework:
    """Add what another document says; where rows are tried in order, the addition comes first."""
    releases = {one.version: one for one in (*base.releases, *more.releases)}
    return Framework(
        base.name,
        more.packages or base.packages,
        (*more.ways, *base.ways),
        tuple(releases[version] for version in sorted(releases)),
        (*more.kernels, *base.kernels),
        (*base.requires, *more.requires),
        tuple({one.id: one for one in (*base.pitfalls, *more.pitfalls)}.values()),
        tuple({one.id: one for one in (*base.clashes, *more.clashes)}.values()),
        (*more.advice, *base.advice),
        follows=more.follows if more.packages else base.follows,
        implies=more.implies if more.packages else base.implies,
        plain=more.plain if more.packages else base.plain,
    )


def completed(framework: Framework) -> Framework:
    """Fill in what ways leave out: they ask for the leading package, and its wheels decide."""
    ways = tuple(
        replace(way, project=way.project or framework.name, ask=way.ask or framework.lead)
        for way in framework.ways
    )
    return replace(framework, ways=ways)


def _header(header: Table) -> Framework | None:
    name = header.parsed("name", rows.name, required=True)
    packages = rows.texts(header, "packages", rows.name, required=True)
    found = replace(
        blank(name or ""),
        packages=packages,
        follows=header.parsed("follows", rows.name),
        implies=rows.texts(header, "implies", rows.name),
        plain=rows.texts(header, "plain", rows.name),
    )
    header.finish()
    return found if name and packages else None


def _way(row: Table) -> Way:
    ask = row.parsed("ask", rows.requirement)
    found = Way(
        *rows.scope(row),
        index=row.parsed("index", rows.index, required=True) or "",
        project=row.parsed("project", rows.name) or "",
        ask=rows.name(ask.name) if ask else "",
        extras=tuple(sorted(ask.extras)) if ask else (),
        local=row.parsed("local", rows.name) or "",
        toolkit=row.parsed("toolkit", Cuda.parse),
        needs=row.text("needs") or "",
        linux_driver=row.parsed("linux-driver", Dotted),
        windows_driver=row.parsed("windows-driver", Dotted),
        metal=row.parsed("metal", Dotted),
    )
    if "variants" not in row:
        row.refuse("variants", "variants is missing")
    if "{variant}" not in found.index and any(set("*?") & set(name) for name in found.variants):
        why = "only an index with {variant} in its address can tell which variants there are"
        row.refuse("variants", "the variants must be named in full", why=why)
    return found


def _release(row: Table) -> Release | None:
    version = row.parsed("version", rows.version, required=True)
    companions: dict[str, tuple[Version, ...]] = {}
    if names := row.table("companions"):
        for name in names.data:
            companions[names.parse(name, name, rows.name) or ""] = rows.texts(names, name, rows.version)
    evidence = rows.evidence(row)
    return Release(version, companions, evidence) if version else None


def _kernels(row: Table) -> Kernels:
    found = Kernels(
        *rows.scope(row),
        native=rows.texts(row, "native", Compute.parse),
        ptx=rows.texts(row, "ptx", Compute.parse),
        least=row.parsed("least", Compute.parse),
        gfx=row.texts("gfx"),
        names=row.texts("names"),
    )
    if not (found.native or found.ptx or found.least or found.gfx or found.names):
        row.refuse("", "the row names no GPUs", why="it needs native, ptx, least, gfx or names")
    return found


def _requires(row: Table) -> Requires:
    return Requires(
        *rows.scope(row), requirements=rows.texts(row, "requirements", rows.requirement, required=True)
    )


def _pitfall(row: Table) -> Pitfall | None:
    when = row.parsed("when", rows.requirement, required=True)
    constrain = row.parsed("constrain", rows.requirement, required=True)
    name, why = rows.said(row, "id"), rows.said(row, "why")
    platforms = rows.texts(row, "platforms", rows.platform)
    evidence = rows.evidence(row)
    return Pitfall(name, when, constrain, why, evidence, platforms) if when and constrain else None


def _clash(row: Table) -> Clash | None:
    between = rows.texts(row, "between", rows.requirement, required=True)
    if between and len(between) != 2:
        row.refuse("between", f"a clash is between two packages, not {len(between)}")
    name, why, cures = rows.said(row, "id"), rows.said(row, "why"), row.texts("cures")
    evidence = rows.evidence(row)
    return Clash(name, (between[0], between[1]), why, cures, evidence) if len(between) == 2 else None


def _advice(row: Table) -> Advice:
    return Advice(
        *rows.scope(row),
        kinds=rows.texts(row, "kinds", _kind),
        package=row.parsed("package", rows.name) or "",
        text=rows.said(row, "text"),
        cures=row.texts("cures"),
    )


def _kind(text: str) -> Kind:
    for kind in _KINDS:
        if text == kind:
            return kind
    raise ValueError(f"{text!r} is not a kind of accelerator; the kinds are {', '.join(_KINDS)}")
