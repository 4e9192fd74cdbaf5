"""The words at the head of a lock: how to install from it where there is no envplan."""

from __future__ import annotations

from envplan.documents.reading import printable
from envplan.lockfile.model import GitSource, LocalSource, Lock


def comment(lock: Lock, file: str) -> str:
    """Write them, for the name that the file will have."""
    variants = sorted({offer.variant for offer in lock.offers}, key=lambda one: (one != lock.default, one))
    without = _without_hash(lock)
    tools = "uv" if without else "pip ≥ 26.1 or uv"
    lines = [
        f"# What `envplan lock` pinned for {printable(lock.name)}; `envplan apply` installs it anywhere.",
        f"# Not to be edited: each entry carries a seal. Without envplan, {tools} installs it:",
        "#",
    ]
    for variant in variants:
        groups = [] if variant == lock.default else [variant.group]
        first, *more = _commands(file, groups, with_pip=not without)
        lines += [f"#   {variant.group:<8} {first}", *(f"#   {'':<8} {line}" for line in more)]
    if lock.groups:
        lines += ["#", f"# Further groups ({', '.join(lock.groups)}) are named beside a variant:"]
        beside = [lock.default.group, lock.groups[0]]
        lines.append(f"#   {'':<8} {_commands(file, beside, with_pip=not without)[0]}")
    if without:
        lines += ["#", "# pip checks the hashes of all packages or of none; without one:"]
        lines.append(f"#   {'':<8} {', '.join(without)}")
    return "\n".join(lines) + "\n\n"


def _commands(file: str, groups: list[str], *, with_pip: bool) -> list[str]:
    named = " ".join(f"--group {file}:{group}" for group in groups) or f"-r {file}"
    beside = "".join(f" --group {group}" for group in groups)
    pip = [f"pip install --no-deps {named}"] if with_pip else []
    return [*pip, f"uv pip sync {file}{beside}"]


def _without_hash(lock: Lock) -> list[str]:
    """Name what pip takes from no lock with hashes: folders and repositories, unless a group wants them."""
    bare = [one for one in lock.packages if isinstance(one.source, (GitSource, LocalSource))]
    return [one.name for one in bare if not one.groups] if len(bare) < len(lock.packages) else []
