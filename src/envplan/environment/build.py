"""Building a generation at its final place, and putting it to use; until then the old one stays in use."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from envplan.documents.writing import sync_folder
from envplan.environment import listing, receipts
from envplan.environment.clashes import settled
from envplan.environment.commands import GivenUp, given_up
from envplan.environment.contents import Contents, gathered
from envplan.environment.generations import discard, next_number, sweep, take
from envplan.environment.linking import bring
from envplan.environment.listing import Listing, Rows
from envplan.environment.model import Part, Place, Receipt
from envplan.environment.pointer import Ours, pointing, refuse_foreign
from envplan.environment.room import of_copies, refuse_full
from envplan.environment.skeletons import Skeleton
from envplan.environment.trouble import told
from envplan.environment.untouched import can_be_run
from envplan.environment.ways import Way, way_between
from envplan.problems import EnvplanError
from envplan.store.durable import settle
from envplan.store.model import Progress, Tell, untold
from envplan.store.paths import reachable, within, write_new
from envplan.values.numbers import counted
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Built:
    """A generation that is complete but for its receipt, so that it is still garbage to everybody."""

    place: Place
    number: int
    folder: Path
    listing: Listing
    python: Path
    startup: tuple[tuple[str, str], ...]  # (package, file) that runs when Python starts
    given_up: tuple[GivenUp, ...] = ()


def build(
    place: Place, skeleton: Skeleton, parts: Sequence[Part], tell: Tell = untold, *, replace: bool = False
) -> Built:
    """Build a generation beside the others. The lock of the environment must be held."""
    refuse_foreign(place, replace=replace)
    sweep(place)
    number = next_number(place)
    folder = place.folder / str(number)
    try:
        rows = assembled(folder, place.pointer, place.name, skeleton, parts, tell)
        with told(folder, "the list of its files"):
            listing.write_listing(folder, rows)
    except BaseException:
        abandon(folder)
        raise
    startup = tuple((part.tree.project, file) for part in parts for file in part.tree.startup)
    lost = given_up([part.tree for part in parts])
    return Built(place, number, folder, rows, folder / skeleton.layout.python, startup, lost)


def assembled(
    folder: Path, pointer: Path, name: str, skeleton: Skeleton, parts: Sequence[Part], tell: Tell = untold
) -> Listing:
    """Make an environment of packages in a folder that is not there yet."""
    own = skeleton.at(pointer, name)
    contents = settled(gathered(skeleton, folder, own, parts), blind=sys.platform in ("win32", "darwin"))
    with told(folder, f"an environment of {counted(len(parts), 'package')}"):
        return _filled(contents, reachable(folder), tell)


def abandon(folder: Path) -> None:
    """Remove what will not be put to use; where that fails, the next apply does it."""
    with contextlib.suppress(OSError):
        discard(folder)


def put_to_use(built: Built, receipt: Receipt, tell: Tell = untold, *, replace: bool = False) -> Path | None:
    """Make a generation count, and the pointer name it; return where a foreign `.venv` was moved to.

    The receipt gets its name when all else is on the disk, and the pointer moves when the receipt is there:
    whenever the power goes, what the pointer names is whole.
    """
    folder = built.folder
    try:
        with told(folder, "the receipt of the environment"):
            new = folder / f"{receipts.NAME}.new"
            write_new(new, receipts.encode(receipt))
            tell(Progress("sync", "the new environment", 0, None))
            settle(folder)
            new.replace(folder / receipts.NAME)
            sync_folder(folder)
        return take(built.place, built.number, replace=replace)
    except EnvplanError:
        if pointing(built.place.pointer) != Ours(built.place.name, built.number, folder):
            abandon(folder)
        raise


def _filled(contents: Contents, folder: Path, tell: Tell) -> Listing:
    """Write all of a generation, and list what was written."""
    folder.mkdir(mode=0o755)
    root = os.fspath(folder)
    for name in contents.tops:
        with contextlib.suppress(FileExistsError):  # where A and a are the same
            os.mkdir(within(root, name), 0o755)  # noqa: PTH102 - as all folders here
    for name, target in contents.links.items():
        (folder / name).symlink_to(target)
    rows = Rows(folders=list(contents.folders), links=contents.links)

    def write() -> None:
        for one in contents.made:
            moment = write_new(within(root, one.path), one.data, program=one.program)
            programs = [one.path] if one.program else ()
            rows.add(one.owner, [one.path], [len(one.data)], bytes.fromhex(one.sha256), programs)
            rows.mtimes.append(moment)
        for batch in contents.batches:
            digests = bytes.fromhex("".join(batch.files.sha256))
            rows.add(batch.owner, batch.paths, batch.files.sizes, digests, batch.programs)

    for times in bring(contents, folder, _way(contents, folder), tell, write):
        rows.mtimes.extend(times)
    # Some disks know no such mark: of what lies on them nobody may ask for it later.
    rows.programs = [row for row in rows.programs if can_be_run((folder / rows.paths[row]).stat())]
    return rows.listing()


def _way(contents: Contents, folder: Path) -> Way:
    """Choose how files are brought, and see that there is room where that takes some."""
    batch = next((one for one in contents.batches if one.files.paths), None)
    if batch is None:
        return "hard links"
    way = way_between(batch.files.root / batch.files.paths[0], folder)
    if way == "copies":
        refuse_full(folder, of_copies(contents.size, contents.count))
    return way
