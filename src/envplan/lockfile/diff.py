"""What differs between two locks: versions, bytes to download, and the machines that are served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from packaging.version import Version

from envplan.lockfile.graph import taken, targets_of
from envplan.lockfile.model import Lock, Offer, Pinned
from envplan.lockfile.selection import best_file, newest_grounds
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.values.versions import Dotted

Kind = Literal[
    "added", "removed", "up", "down", "other"
]  # other: the version stays, its files or source do not


@dataclass(frozen=True)
class Change:
    """What becomes of one package, and the targets in which it does."""

    name: str
    before: str | None
    after: str | None
    kind: Kind
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Download:
    """What a machine that has the old lock must fetch for the new one."""

    target: Target
    size: int
    unknown: tuple[str, ...] = ()  # packages whose size no index told


@dataclass(frozen=True)
class Reach:
    """Which machines of one platform are served now, and were not, or the reverse."""

    platform: Platform
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """Everything that a new lock changes."""

    changes: tuple[Change, ...]
    added: tuple[Target, ...]
    removed: tuple[Target, ...]
    downloads: tuple[Download, ...]
    reach: tuple[Reach, ...]

    def __bool__(self) -> bool:
        return bool(self.changes or self.added or self.removed or self.reach)


def diff(old: Lock, new: Lock) -> Diff:
    """Compare two locks; packages are compared in the targets that both have."""
    before, after = targets_of(old), targets_of(new)
    found: dict[tuple[str, str | None, str | None, Kind], list[Target]] = defaultdict(list)
    for target in sorted(set(before) & set(after)):
        was, now = taken(old, target), taken(new, target)
        for name in was.keys() | now.keys():
            if change := _change(was.get(name), now.get(name)):
                found[name, *change].append(target)
    changes = [Change(*key, tuple(targets)) for key, targets in found.items()]
    return Diff(
        tuple(sorted(changes, key=lambda one: (one.name, one.before or "", one.after or "", one.targets))),
        tuple(target for target in after if target not in before),
        tuple(target for target in before if target not in after),
        tuple(_download(old, new, target) for target in after),
        tuple(one for one in _reaches(old, new) if one.gained or one.lost),
    )


def _change(was: Pinned | None, now: Pinned | None) -> tuple[str | None, str | None, Kind] | None:
    if was is None or now is None:
        return (_version(was), _version(now), "added" if was is None else "removed")
    if was.version != now.version:
        return (_version(was), _version(now), _direction(was.version, now.version))
    same = (was.source, was.index, _hashes(was) & _hashes(now) or None) == (
        now.source,
        now.index,
        _hashes(was) & _hashes(now) or None,
    )
    replaced = bool(was.files) and bool(now.files) and not _hashes(was) & _hashes(now)
    return None if same and not replaced else (_version(was), _version(now), "other")


def _hashes(pinned: Pinned) -> set[str]:
    return {one.sha256 for one in pinned.files}


def _version(pinned: Pinned | None) -> str | None:
    if pinned is None:
        return None
    return str(pinned.version) if pinned.version else "local"


def _direction(was: Version | None, now: Version | None) -> Kind:
    if was is None or now is None:
        return "other"
    return "up" if now > was else "down"


def _download(old: Lock, new: Lock, target: Target) -> Download:
    had = {one.sha256 for pinned in old.packages if target in pinned.targets for one in pinned.files}
    size, unknown, ground = 0, [], newest_grounds(new, target)[0]
    for pinned in taken(new, target).values():
        file = best_file(pinned, ground)
        if file is None or file.sha256 in had:
            continue
        if file.size is None:
            unknown.append(pinned.name)
        size += file.size or 0
    return Download(target, size, tuple(sorted(unknown)))


def _reaches(old: Lock, new: Lock) -> Iterable[Reach]:
    for platform in sorted({offer.platform for lock in (old, new) for offer in lock.offers}):
        was, now = (_reached([o for o in lock.offers if o.platform == platform]) for lock in (old, new))
        gained, lost = sorted(now[0] - was[0]), sorted(was[0] - now[0])
        for said, more, less in ((gained, now[1], was[1]), (lost, was[1], now[1])):
            said += [text for name in more if (text := _lower(name, more[name], less.get(name)))]
        yield Reach(platform, tuple(gained), tuple(lost))


def _reached(offers: Iterable[Offer]) -> tuple[set[str], dict[str, Dotted]]:
    """Collect the GPUs that some variant has code for, and the oldest system that some variant runs on."""
    gpus: set[str] = set()
    floors: dict[str, Dotted] = {}
    for offer in offers:
        gpus |= {f"{offer.variant.kind} GPUs of {one.sm}" for one in offer.native}
        gpus |= {f"{offer.variant.kind} GPUs from {one.sm} on, by PTX" for one in offer.ptx}
        gpus |= {f"{offer.variant.kind} GPUs of {one}" for one in offer.gfx}
        gpus |= {f"{offer.variant.kind} GPUs called {one}" for one in offer.names}
        gpus |= {f"{offer.variant.kind} GPUs from {one.sm} on" for one in (offer.least,) if one}
        gpus |= {f"Python {python}" for python in offer.pythons}
        libc = offer.libc.version if offer.libc else None
        family = offer.libc.family if offer.libc else ""
        for name, floor in (("drivers", offer.driver), ("macOS", offer.macos), (family, libc)):
            if floor is not None:
                floors[name] = min(floors.get(name, floor), floor)
    return gpus, floors


def _lower(name: str, floor: Dotted, other: Dotted | None) -> str | None:
    """Say what a lower floor lets in that the other keeps out."""
    if other is None:
        return f"{name} from {floor} on"
    return f"{name} from {floor} to below {other}" if floor < other else None
