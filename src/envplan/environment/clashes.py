"""Two packages that bring the same file: linked once where it is the same, refused where it is not."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import chain

from envplan.environment.contents import Contents, without
from envplan.environment.proof.modules import STRAY
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass, replace

CLASH = "EP444"

_SHOWN = 8


@dataclass(frozen=True)
class _Claim:
    """Somebody's wish to have a file somewhere."""

    owner: str
    path: str
    sha256: str

    @property
    def said(self) -> Said:
        return Said(self.path, self.owner or "the environment itself")


def settled(contents: Contents, *, blind: bool) -> Contents:
    """Leave out what lies there already; `blind`: the file system does not tell A from a."""
    same = _blind if blind else _as_written
    keys = [same(batch.paths) for batch in contents.batches]
    made = same([one.path for one in contents.made])
    links = same(list(contents.links))
    counted = Counter(chain(made, links, *keys))
    folders = frozenset(same(contents.folders))
    covered = folders.intersection(counted)
    if covered:
        claims = _of_paths(contents, keys, made, links, covered)
        for batch in contents.batches:
            for key, path in zip(same(batch.folders), batch.folders, strict=True):
                if key in covered:
                    claims[key].append(_Claim(batch.owner, f"{path}/", ""))
        raise _refused(claims, "a file of one is a folder of another")
    if len(counted) == len(made) + len(links) + sum(map(len, keys)):
        return contents
    several = frozenset(key for key, times in counted.items() if times > 1)
    claims = _of_paths(contents, keys, made, links, several)
    differ = {key: those for key, those in claims.items() if len({one.sha256 for one in those}) > 1}
    if differ:
        raise _refused(differ, "each would overwrite the other's, and one of them would not work")
    return _once(contents, keys, made, several)


def _as_written(paths: Iterable[str]) -> list[str]:
    return list(paths)


def _blind(paths: Iterable[str]) -> list[str]:
    return [
        path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold() for path in paths
    ]


def _of_paths(
    contents: Contents, keys: list[list[str]], made: list[str], links: list[str], wanted: frozenset[str]
) -> dict[str, list[_Claim]]:
    """Collect who wants some paths."""
    claims: dict[str, list[_Claim]] = {}
    for key in wanted.intersection(links):
        claims.setdefault(key, []).append(_Claim("", key, ""))
    for one, key in zip(contents.made, made, strict=True):
        if key in wanted:
            claims.setdefault(key, []).append(_Claim(one.owner, one.path, one.sha256))
    for batch, own in zip(contents.batches, keys, strict=True):
        for key in wanted.intersection(own):
            row = own.index(key)
            claim = _Claim(batch.owner, batch.paths[row], batch.files.sha256[row])
            claims.setdefault(key, []).append(claim)
    return claims


def _once(contents: Contents, keys: list[list[str]], made: list[str], several: frozenset[str]) -> Contents:
    """Keep the first of each; what is written here comes before what is linked."""
    first = dict(zip(reversed(made), reversed(contents.made), strict=True))
    taken = several.intersection(made)
    batches = []
    for batch, own in zip(contents.batches, keys, strict=True):
        wanted = several.intersection(own)
        again = frozenset(own.index(key) for key in wanted & taken)
        batches.append(without(batch, again) if again else batch)
        taken |= wanted
    kept = tuple(first[key] for key in dict.fromkeys(made))
    return replace(contents, made=kept, batches=tuple(batches))


def _refused(claims: dict[str, list[_Claim]], why: str) -> EnvplanError:
    return EnvplanError(*(_clash(owners, claims, why) for owners in _together(claims)))


def _together(claims: dict[str, list[_Claim]]) -> list[set[str]]:
    """Name the owners whose clashes are of one kind: others have nothing to do with them."""
    found: list[set[str]] = []
    for key in sorted(claims):
        owners = {one.owner for one in claims[key]}
        for one in [one for one in found if one & owners]:
            found.remove(one)
            owners |= one
        found.append(owners)
    return found


def _clash(owners: set[str], claims: dict[str, list[_Claim]], why: str) -> Problem:
    mine = {key: claims[key] for key in sorted(claims) if claims[key][0].owner in owners}
    found = [one.said for key in list(mine)[:_SHOWN] for one in mine[key]]
    if len(mine) > _SHOWN:
        found.append(Said(f"and {len(mine) - _SHOWN} more"))
    names = sorted(one or "the environment itself" for one in owners)
    named = sorted(filter(None, owners))
    title = f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} cannot be in one environment"
    cures = [f"envplan why {name}" for name in named]
    if all(_is_stray(one.path) for those in mine.values() for one in those):
        why = "none of it is meant to be installed: what belongs beside the packages was packed with them"
        asked = " ".join(f"--upgrade-package {name}" for name in named)
        cures.append(f"envplan lock {asked}   (another release may be without)")
    return Problem(CLASH, title, found=tuple(found), why=(Said(why),), cures=tuple(cures))


def _is_stray(path: str) -> bool:
    """Whether it lies in a folder such as tests at the top of site-packages, which many wheels bring."""
    top, folder, _ = path.partition("site-packages/")[2].partition("/")
    return bool(folder) and top.lower() in STRAY
