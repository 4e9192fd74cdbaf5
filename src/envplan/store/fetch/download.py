"""Bytes of one file: asked for in one way or another, and written where they belong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from envplan.index.model import File
from envplan.index.shape import shape
from envplan.index.trouble import CUT, SILENT, SLOW, UNREACHED, Trouble
from envplan.problems import EnvplanError
from envplan.store.fetch.asking import Answer, Changed, Span, Unranged, Way, ask, without_pages
from envplan.store.fetch.follower import Follower
from envplan.store.fetch.part import Part, Piece, State, layout
from envplan.store.fetch.round import Round
from envplan.store.fetch.saying import LIMIT, altered, room_for, too_large
from envplan.values.records import replace

# What may go better the next time, besides what says so itself. A refusal would not.
_TRANSPORT = frozenset({CUT, SILENT, SLOW, UNREACHED})
# So say servers that have as many requests of ours in hand as they take.
_CROWDED = frozenset({429, 503})
_PROGRESS = 64 * 1024  # an attempt that brought as many bytes counts as none


class Download:
    """What is there of a file, and how its server is asked for the rest.

    `fill` is called by several threads, each with a piece of its own; the rest is for one that is alone.
    """

    def __init__(self, file: File, part: Part, shared: Round, lock: threading.Condition) -> None:
        self.file = file
        self.part = part
        self.follower = Follower(part)
        self.anew = False  # what is there is of no use: everybody stops, and the last one starts again
        self.active = 0  # threads at it; changed under the lock
        self._round = shared
        self._lock = lock
        self._way: Way = "pieces"
        self._changes = 0
        self._until = float("inf")
        self._was = ""  # the sign of the version that was begun first, in this run or before
        self.start_again()

    def start_again(self) -> None:
        """Know nothing but what the lock says."""
        self.total = self.file.size
        self._begun = False  # the state on disk is about what the server has
        self._answered = False
        self.anew = False
        self.one_answer = False  # all that is there came in one answer, from its start
        self._sign = ""
        self._claimed = (-1, "")
        self._told: int | None = None  # how large it is, as the server says
        self.follower.start_again()
        size = self._round.manner.piece_of(self.total) if self.total else self._round.manner.piece
        self._piece = size if self._way == "pieces" else self.total or size
        self.pieces = layout(self.total, self._piece)

    def resume(self) -> None:
        """Take over what an earlier run left."""
        state = self.part.read()
        if state is not None and (self.total is None or state.total == self.total):
            self.total, self._piece, self._sign = state.total, state.piece, state.sign
            self.pieces, self._begun, self._was = state.pieces, True, state.sign
        size = LIMIT if self.total is None else self.total
        self._until = time.monotonic() + self._round.web.patience.whole(size)

    def take_it_whole(self) -> None:
        """From now on, ask for all of it at once and put nothing together."""
        self._way = "whole"

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all(piece.complete for piece in self.pieces)

    @property
    def lanes(self) -> int:
        """How many requests may be made for it at once."""
        if len(self.pieces) == 1 or not self._answered:  # the first answer tells how to go on
            return 1
        return self._round.manner.lanes_of(self.total or 0)

    def tell(self, *, last: bool = False) -> None:
        """Tell how far it is."""
        done = sum(piece.done for piece in self.pieces)
        self._round.tell(self.file.name, done, self.total, last=last)

    def watch(self) -> None:
        """Tell how far another process is with it."""
        state = self.part.read()
        if state is not None and state.total == self.total:
            done = sum(piece.done for piece in state.pieces)
            self._round.tell(self.file.name, done, self.total)

    def fill(self, piece: Piece) -> None:
        """Fetch what a piece lacks, with as many attempts as there is patience for."""
        while not (piece.complete or self.anew):
            self._round.go_on()
            try:
                self._ask(piece)
            except Unranged as unranged:
                self._stop(unranged.way)
            except Changed:
                self._stop(None)
            except Trouble as trouble:
                self._round.go_on()  # it may be us who hung up
                self._pause(piece, trouble)

    def _stop(self, way: Way | None) -> None:
        """Have everybody stop; the last one starts again, in this way. None: there is a new version."""
        with self._lock:
            if self.anew:
                return
            if way is None:
                self._changes += 1
                # Servers that take turns, with signs of their own, would change for ever.
                way = "pieces" if self._changes == 1 else "whole"
            self.anew, self._way = True, way

    def _pause(self, piece: Piece, trouble: Trouble) -> None:
        """Wait before another attempt, or give up."""
        patience = self._round.web.patience
        if piece.done >= piece.mark + _PROGRESS:
            piece.attempt, piece.mark = 1, piece.done
        pause = patience.before(piece.attempt, trouble.wait)
        last = piece.attempt >= patience.attempts or time.monotonic() + pause > self._until
        if last or not (trouble.passing or trouble.code in _TRANSPORT):
            tried = f" ({piece.attempt} attempts)" if piece.attempt > 1 else ""
            raise replace(trouble, found=trouble.found + tried)
        if trouble.status not in _CROWDED or self._round.received == piece.seen:
            piece.attempt += 1
        piece.seen = self._round.received
        self._round.rest(pause)

    def _ask(self, piece: Piece) -> None:
        if piece.kept:
            self.part.check(piece)
        span, place = self._span(piece), self._round.place(self.file)
        with (
            self._round.stream(),
            ask(self._round.web, place, span, self._sign, self._round.slowest) as answer,
        ):
            body = self._heard_whole(piece, span, answer) if answer.whole else self._heard(piece, answer)
            before = piece.done
            with self.part.writer(piece) as out:
                for data in body:
                    self._round.go_on()
                    if self.anew:
                        return
                    at = piece.start + piece.done
                    out.write(data)
                    self._round.received += len(data)
                    self.follower.offer(at, data, self.pieces)
                    self.tell()
                    if time.monotonic() > self._until:
                        raise Trouble(SLOW, "not complete in all the time there was", url=answer.url)
            self._ended(piece, answer, piece.done - before)

    def _span(self, piece: Piece) -> Span | None:
        """Say what to ask for; none is all of it, where that is wanted or nothing else can be had."""
        at = piece.start + piece.done
        if self._way == "whole" or (at == 0 and piece.end is not None and piece.end == self.total):
            return None
        if piece.end is None and at == 0:
            return Span(0, self._piece)  # the answer says how much there is in all
        return Span(at, piece.end)

    # --- an answer

    def _heard(self, piece: Piece, answer: Answer) -> Iterator[bytes]:
        """Judge the head of a range, and return as much of its body as is wanted."""
        if self.total is not None and answer.total != self.total:
            raise Unranged
        if self._sign and answer.sign and answer.sign != self._sign:
            raise Changed
        if self.total is None:
            self._learn(piece, answer)
        if not self._begun:
            self._begin(answer.sign)
        self.one_answer = False
        if not self._answered:
            with self._lock:
                self._answered = True
                self._lock.notify_all()
        assert piece.end is not None
        assert answer.room is not None
        return answer.upto(min(piece.end - piece.start - piece.done, answer.room))

    def _heard_whole(self, piece: Piece, span: Span | None, answer: Answer) -> Iterator[bytes]:
        """Judge the head of a whole file, and begin with it, whatever was there before."""
        body = without_pages(answer, self.file.name, LIMIT + 1 if self.total is None else self.total)
        self._told = answer.total
        changed = bool(self._sign and answer.sign) and answer.sign != self._sign
        if span is not None and changed and len(self.pieces) > 1:
            raise Changed  # pieces of the new version are faster than all of it in one
        with self._lock:
            if self.active > 1:
                raise Unranged("one")
        self._way = "whole" if self._way == "whole" else "one"
        piece.number, piece.start, piece.end = 0, 0, self.total
        piece.done, piece.crc, piece.kept = 0, 0, False
        self.pieces = [piece]
        self.follower.start_again()
        self._begin(answer.sign)
        self.one_answer = True
        return body

    def _begin(self, sign: str) -> None:
        self._sign = sign
        self._was = self._was or sign
        size = self._piece if len(self.pieces) > 1 else self.total or self._piece
        self.part.begin(State(self.total, size, sign, self.pieces))
        self._begun = True

    def _learn(self, piece: Piece, answer: Answer) -> None:
        """Take the size of the file from the server, where the lock has none."""
        assert answer.total is not None
        if answer.total > LIMIT:
            raise too_large(self.file, answer.url)
        room_for([replace(self.file, size=answer.total)], self._round.folder)
        if self._begun or self._way != "pieces":
            piece.end = answer.total
        else:
            self._piece = self._round.manner.piece_of(answer.total)
            first, *others = layout(answer.total, self._piece)
            piece.end = first.end
            self.pieces = [piece, *others]
        self.total = answer.total

    def _ended(self, piece: Piece, answer: Answer, came: int) -> None:
        """Judge an answer that came to its end: whether that is the end of the file."""
        if piece.complete or (not answer.whole and came == answer.room and came >= _PROGRESS):
            return  # servers may give less of a range than was asked for
        if piece.done > LIMIT:
            raise too_large(self.file, answer.url)
        ends = piece.done > 0 and answer.whole and self._ends_well(piece, answer)
        if ends and piece.end is None:
            self.total = piece.end = piece.done
        elif ends:
            self.part.discard()
            raise self.altered(f"{piece.done:,} bytes, which are all of it")
        else:
            wanted = "" if piece.end is None else f" of {piece.end - piece.start:,}"
            found = f"{piece.done:,}{wanted} bytes came" if piece.done else "an empty answer"
            raise Trouble(CUT, found, url=answer.url, passing=True)

    def _ends_well(self, piece: Piece, answer: Answer) -> bool:
        """Whether the server has no more than what came; else it was cut off on the way.

        A file that was cut off does not end like one. What does not tell that by itself has to come twice.
        """
        claimed, self._claimed = self._claimed, (piece.done, answer.sign)
        match shape(self.file.name, self.part.bytes):
            case "whole":
                return True
            case "other":
                return claimed[0] == piece.done
            case "begun":  # it ends like no file of its kind: cut off, unless it is a version that came later
                return answer.framed and claimed == self._claimed and self._is_later(answer.sign)
            case None:
                return answer.framed and claimed[0] == piece.done

    def _is_later(self, sign: str) -> bool:
        """Whether a sign is that of a version that took the place of the one that was begun."""
        return bool(self._was and sign) and sign != self._was

    def altered(self, found: str) -> EnvplanError:
        """Say that another file came."""
        if self._told is not None and self.total is not None and self._told > self.total:
            found = f"{self._told:,} bytes, as the server says; {found} of the first {self.total:,}"
        later = self._is_later(self._sign)
        return altered(self.file, found, mirrored=self._round.mirrored(self.file), later=later)
