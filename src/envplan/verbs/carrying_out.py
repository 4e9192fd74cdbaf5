"""The whole way of `apply`: choose, fetch, unpack, build beside what is there, prove, and only then switch.

Until the last step nothing that is in use is touched, and whatever ends it before leaves nothing to clean up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from envplan.documents.writing import write_document
from envplan.environment import receipts
from envplan.environment.build import Built, abandon, build, put_to_use
from envplan.environment.commands import told
from envplan.environment.generations import Generation, current
from envplan.environment.linking import GONE, LOOKED_AT
from envplan.environment.listing import Listing, read_listing
from envplan.environment.locking import held
from envplan.environment.model import Interpreter, Part, Place, Receipt
from envplan.environment.pointer import refuse_foreign
from envplan.environment.room import apart, of_copies, refuse_full
from envplan.environment.skeletons import skeleton
from envplan.environment.untouched import untouched
from envplan.index.cache import cache_folder
from envplan.machine.fingerprint import stamp
from envplan.problems import EnvplanError, Problem
from envplan.store.bundle import Bundle
from envplan.store.gathering import FromBundle, FromIndexes, FromNowhere, Source, there
from envplan.store.model import Tell, Tree
from envplan.store.trees import Store
from envplan.values.records import dataclass, replace
from envplan.verbs.apply import Applied, ApplyRequest, digest_of, rests_on
from envplan.verbs.bytecode import compiled
from envplan.verbs.change import Change, change, is_same, row_of
from envplan.verbs.intent import Intent, intended
from envplan.verbs.parts import Workplace, parts_of, wheels_of
from envplan.verbs.project import Project, environment_name
from envplan.verbs.proving import Judge
from envplan.verbs.refusing import refuse_python, refuse_startup_code


def carry_out(request: ApplyRequest, where: Project, tell: Tell) -> Applied:
    """Make the environment what is asked for; with `dry_run`, only say how it would change."""
    with contextlib.ExitStack() as stack:
        bundle = stack.enter_context(Bundle(request.bundle)) if request.bundle else None
        intent = intended(where, request, bundle)
        place = Place(environment_name(intent.held.lock.name, where.pointer), where.pointer)
        store = stack.enter_context(Store(cache_folder().parent, tell=tell))
        work = _Work(request, where, intent, place, store, bundle, tell)
        try:
            if request.dry_run:
                return work.foretold()
            refuse_foreign(place, replace=request.replace)
            stack.enter_context(held(place))
            return work.done()
        except EnvplanError as error:  # what was found in the store on the way may be the reason
            raise EnvplanError(*store.notes, *error.problems) from None


@dataclass(frozen=True)
class _Work:
    """One apply, with all that was found out beforehand."""

    request: ApplyRequest
    where: Project
    intent: Intent
    place: Place
    store: Store
    bundle: Bundle | None
    tell: Tell

    def foretold(self) -> Applied:
        """Say what would be done."""
        now = current(self.place)
        broken: tuple[Problem, ...] = ()
        if now is not None and self._is_it(now):
            _, broken = self._looked_at(now)
            if not broken:
                refuse_startup_code(self.intent.held.spec, now.receipt.startup)
                return self._applied(now.receipt, None)
        known = there(wheels_of(self.intent), self.store)
        self._refuse_startup_code(known.values())
        receipt = self._receipt("", now.receipt.interpreter if now else None)
        done = self._applied(receipt, self._change(now, known))
        done = replace(done, problems=(*broken, *done.problems))
        try:
            refuse_foreign(self.place, replace=self.request.replace)
        except EnvplanError as error:
            foreseen = (replace(one, severity="warning") for one in error.problems)
            return replace(done, problems=(*done.problems, *foreseen))
        return done

    def done(self) -> Applied:
        """Do it; the lock of the environment is held."""
        now = current(self.place)
        broken: tuple[Problem, ...] = ()
        if now is not None and self._is_it(now):
            listing, broken = self._looked_at(now)
            if not broken:
                return self._left(now, listing)
        known = there(wheels_of(self.intent), self.store, passed_over=LOOKED_AT)
        changed = self._change(now, known)
        if changed.least:
            refuse_full(self.place.folder, changed.least)
        try:
            built, receipt = self._built(known)
        except EnvplanError as error:
            if error.problems[0].code != GONE:
                raise
            # A file of the store is not as it was unpacked. Its tree makes room, and all begins once more.
            known = there(wheels_of(self.intent), self.store)
            changed = self._change(now, known)
            built, receipt = self._built(known)
        moved = put_to_use(built, receipt, self.tell, replace=self.request.replace)
        done = self._applied(receipt, changed)
        notes = map(told, built.given_up)
        return replace(done, done=True, moved=moved, problems=(*broken, *done.problems, *notes))

    def _left(self, now: Generation, listing: Listing | None) -> Applied:
        """Leave what stands there, and note that it was looked at: the next time that is told at once."""
        refuse_startup_code(self.intent.held.spec, now.receipt.startup)
        receipt = replace(
            self._receipt(now.receipt.id, now.receipt.interpreter),
            packages=now.receipt.packages,
            startup=now.receipt.startup,
            verified=now.receipt.verified,
            created=now.receipt.created,
            pointer=now.receipt.pointer,
        )
        if self.request.compile:
            compiled(now.folder, receipt.interpreter, self.tell)
        owed = receipt.unproven and self.request.smoke is None  # there may be a GPU by now
        if listing and (self.request.smoke or owed):
            receipt = replace(receipt, verified=self._judge.proven(now.folder, listing, receipt))
        if receipt != now.receipt:
            write_document(now.folder / receipts.NAME, receipts.encode(receipt).decode())
        return self._applied(receipt, None)

    def _built(self, known: Mapping[str, Tree]) -> tuple[Built, Receipt]:
        """Build a generation beside the others, and prove it."""
        stood_on = skeleton(self.intent.choice.target.python, self.store.home.folder)
        refuse_python(self.intent.selected, stood_on.interpreter)
        beside, offline = self.where.lock.parent, self.request.offline
        workplace = Workplace(self.intent, beside, stood_on, self.store, self._source(), offline, self.tell)
        parts = parts_of(workplace, known)
        self._refuse_startup_code(part.tree for part in parts)
        built = build(self.place, stood_on, parts, self.tell, replace=self.request.replace)
        try:
            return built, self._proven(built, stood_on.interpreter, parts)
        except BaseException:
            abandon(built.folder)
            raise

    def _refuse_startup_code(self, trees: Iterable[Tree]) -> None:
        startup = ((tree.project, file) for tree in trees for file in tree.startup)
        refuse_startup_code(self.intent.held.spec, startup)

    def _proven(self, built: Built, interpreter: Interpreter, parts: Sequence[Part]) -> Receipt:
        """Prove what was built, and write down what it holds."""
        if self.request.compile:
            compiled(built.folder, interpreter, self.tell)
        receipt = replace(
            self._receipt(str(built.number), interpreter),
            packages=tuple(self._rows(parts)),
            startup=built.startup,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.store.register(built.folder, [part.tree.sha256 for part in parts])
        return replace(receipt, verified=self._judge.proven(built.folder, built.listing, receipt, fresh=True))

    @property
    def _judge(self) -> Judge:
        machine = self.intent.here.machine if self.intent.here.real else None
        overlay = self.where.lock.parent / "catalog.d"
        return Judge(str(self.place.pointer), machine, overlay, self.request, self.tell)

    def _rows(self, parts: Sequence[Part]) -> list[dict[str, Any]]:
        """Say which packages these are; what was built from source has its bytes only now."""
        trees = {part.tree.project: part.tree for part in parts}
        return [
            {"wheel": trees[row["name"]].wheel, "sha256": trees[row["name"]].sha256, "size": None, **row}
            for row in self._wanted()
        ]

    def _wanted(self) -> list[dict[str, Any]]:
        return [row_of(one, self.where.lock.parent) for one in self.intent.selected]

    def _receipt(self, number: str, interpreter: Interpreter | None) -> Receipt:
        target = self.intent.choice.target
        stood_on = interpreter or Interpreter("", str(target.python))
        return Receipt(
            id=number,
            lock=self.intent.held.digest,
            spec=digest_of(self.where.spec),
            machine=rests_on(self.request),
            target=target.as_json,
            why=self.intent.choice.why,
            groups=self.request.groups,
            extras=(),
            interpreter=replace(stood_on, stamp=stamp(stood_on.path)),
            packages=tuple(self._wanted()),
            startup=(),
            verified={},
            created="",
            pointer=str(self.place.pointer),
            asked=self.request.wishes,
        )

    def _is_it(self, now: Generation) -> bool:
        """Whether a generation holds what is wanted."""
        wanted, there = self._wanted(), {row["name"]: row for row in now.receipt.packages}
        return (
            now.receipt.target == self.intent.choice.target.as_json
            and there.keys() == {row["name"] for row in wanted}
            and all(is_same(there[row["name"]], row) for row in wanted)
        )

    def _looked_at(self, now: Generation) -> tuple[Listing | None, tuple[Problem, ...]]:
        """Return the list of a generation's files, if it is as it was built; else what speaks against it."""
        listing = self._as_built(now)
        return listing, () if listing else self._judge.damage(now.folder, now.receipt)

    def _as_built(self, now: Generation) -> Listing | None:
        """Return the list of a generation's files, where all is and lies as it was built, its Python too."""
        here = receipts.built_for(now.receipt, self.place.pointer)
        if not here or not receipts.same_python(now.receipt.interpreter):
            return None
        listing = read_listing(now.folder)
        return listing if listing is not None and untouched(now.folder, listing) else None

    def _change(self, now: Generation | None, known: Mapping[str, Tree]) -> Change:
        wanted = self._wanted()
        hashes = {row["sha256"] for row in wanted if "sha256" in row and "path" not in row}
        missing = hashes - known.keys()
        bundled = missing.intersection(self.bundle.files if self.bundle else ())
        before, copied = now.receipt.packages if now else (), self._copied(known.values())
        return change(before, wanted, missing, bundled, copied)

    def _copied(self, trees: Collection[Tree]) -> int | None:
        """Say how many bytes are copied of what the store has; none where its files are shared."""
        if not apart(self.store.home.folder, self.place.folder):
            return None
        count = sum(len(files.paths) for tree in trees for files in tree.files)
        return of_copies(sum(tree.size for tree in trees), count)

    def _source(self) -> Source:
        spec = self.intent.held.spec
        names = {index.name: index.url for index in spec.indexes} if spec else {}
        offline = self.request.offline
        online = FromNowhere(self._bundled()) if offline else FromIndexes(self.store, names, self.tell)
        return FromBundle(self.store, self.bundle, online, self.tell) if self.bundle else online

    def _bundled(self) -> str:
        """Say what makes a bundle for this environment, on whatever machine that is typed."""
        groups = "".join(f" --group {quote(group)}" for group in self.request.groups)
        return f"envplan bundle --variant {self.intent.choice.target.variant}{groups}"

    def _applied(self, receipt: Receipt, changed: Change | None) -> Applied:
        passed = tuple(f"{one.offer.variant}: {'; '.join(one.reasons)}" for one in self.intent.choice.passed)
        notes = (*self.intent.problems, *self.store.notes)
        return Applied(self.where, receipt, changed, passed=passed, problems=notes)
