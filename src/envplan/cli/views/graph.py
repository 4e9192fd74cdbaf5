"""Why a package is in the lock, and the tree of one target: for people, and for programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from envplan.documents.reading import printable
from envplan.lockfile.graph import Node, Reason
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Offer, Pinned
from envplan.spec.model import Requirement
from envplan.values.numbers import counted
from envplan.values.several import targets_said
from envplan.verbs.tree import TreeMade
from envplan.verbs.why import Build, WhyMade

_MANY = 6  # users of a package that are named; numpy can have dozens


def why_text(made: WhyMade) -> str:
    """Write who needs a package, in which build and where; a paragraph a build."""
    return "\n\n".join(_build(build, made) for build in made.builds)


def why_json(made: WhyMade) -> dict[str, Any]:
    """Say the same in the shape of schemas/output.schema.json."""
    return {
        "name": made.name,
        "asked": "; ".join(dict.fromkeys(map(str, made.asked))) or None,
        "from": "spec" if made.from_spec else "lock",
        "targets": len(made.targets),
        "builds": [
            {
                **_pinned_json(build.held.pinned),
                "targets": [one.as_json for one in build.held.targets],
                "needed_by": list(build.held.needed_by),
                "ways": [
                    {"path": list(one.path), "targets": [target.as_json for target in one.targets]}
                    for one in build.held.reasons
                ],
                "variants": [
                    {"variant": str(one.variant), "platform": str(one.platform), "why": one.why}
                    for one in build.offers
                ],
            }
            for build in made.builds
        ],
    }


def tree_text(made: TreeMade) -> str:
    """Draw the tree of a target, a package a line."""
    others = len(made.targets) - 1
    more = f"; {counted(others, 'more target')} in the lock" if others else ""
    count = counted(made.packages, "package")
    lines = [printable(f"{made.name}: {made.target}  ({count}{more})")]
    return "\n".join([*lines, *_branches(made.nodes, "")])


def tree_json(made: TreeMade) -> dict[str, Any]:
    """Say the same in the shape of schemas/output.schema.json."""
    return {
        "name": made.name,
        "from": "spec" if made.from_spec else "lock",
        "target": made.target.as_json,
        "targets": [one.as_json for one in made.targets],
        "packages": [_node_json(one) for one in made.nodes],
    }


def _build(build: Build, made: WhyMade) -> str:
    held = build.held
    rows = [("asked", f"{one}   ({one.origin})") for one in _met(made.asked, held.pinned)]
    rows += [("needed", line) for line in _ways(held.reasons, made)]
    if held.needed_by:
        rows.append(("by", _some(held.needed_by)))
    rows.append(("in", targets_said(held.targets, made.targets)))
    rows.append(("from", _source(held.pinned)))
    rows += [("variant", line) for line in _variants(build.offers)]
    lines = [printable(f"{made.name} {_version(held.pinned)}{_groups(held.pinned)}")]
    said = ""
    for label, text in rows:
        lines.append(f"  {label if label != said else '':<7}  {printable(text)}")
        said = label
    return "\n".join(lines)


def _met(asked: Sequence[Requirement], pinned: Pinned) -> Sequence[Requirement]:
    """Leave out what is asked for other targets, which take another version."""
    version = pinned.version
    met = [one for one in asked if version is None or one.specifier.contains(version, prereleases=True)]
    return met or asked


def _ways(reasons: Sequence[Reason], made: WhyMade) -> Iterable[str]:
    """Write each way down to the package; where ways differ, also the targets of each."""
    for one in reasons:
        if len(one.path) == 1 and made.asked:
            continue
        if len(one.path) == 1:
            yield ("by nothing in the spec as it is now" if made.from_spec else "by nothing else in the lock")
            continue
        where = f"   in {targets_said(one.targets, made.targets)}" if len(reasons) > 1 else ""
        yield " → ".join(one.path) + where


def _variants(offers: Sequence[Offer]) -> Iterable[str]:
    """Write why each variant is in the lock; platforms are named only where reasons differ."""
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in offers:
        together[str(one.variant), one.why].append(str(one.platform))
    variants = [variant for variant, _ in together]
    for (variant, why), platforms in together.items():
        where = f" on {', '.join(platforms)}" if variants.count(variant) > 1 else ""
        yield f"{variant}{where}: {why}"


def _some(names: Sequence[str]) -> str:
    if len(names) <= _MANY + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MANY])} and {len(names) - _MANY} more"


def _version(pinned: Pinned) -> str:
    return str(pinned.version) if pinned.version else "(local)"


def _groups(pinned: Pinned) -> str:
    if not pinned.groups:
        return ""
    return f"  [group{'s' if len(pinned.groups) > 1 else ''} {', '.join(sorted(pinned.groups))}]"


def _source(pinned: Pinned) -> str:
    match pinned.source:
        case LocalSource(path, editable):
            return f"the folder {path}{', editable' if editable else ''}"
        case ArchiveSource(path):
            return f"the file {path}"
        case GitSource(url, commit, _):
            return f"{url} at {commit}"
        case _:
            return pinned.index or "no index"


def _branches(nodes: Sequence[Node], before: str) -> Iterable[str]:
    for place, node in enumerate(nodes, start=1):
        last = place == len(nodes)
        yield f"{before}{'└── ' if last else '├── '}{_node(node)}"
        yield from _branches(node.needs, before + ("    " if last else "│   "))


def _node(node: Node) -> str:
    seen = "  (see above)" if node.repeated else ""
    return printable(f"{node.pinned.name} {_version(node.pinned)}{_groups(node.pinned)}{seen}")


def _node_json(node: Node) -> dict[str, Any]:
    return {
        **_pinned_json(node.pinned),
        "repeated": node.repeated,
        "needs": [_node_json(one) for one in node.needs],
    }


def _pinned_json(pinned: Pinned) -> dict[str, Any]:
    return {
        "name": pinned.name,
        "version": str(pinned.version) if pinned.version else None,
        "index": pinned.index,
        "source": _source(pinned),
        "groups": sorted(pinned.groups),
    }
