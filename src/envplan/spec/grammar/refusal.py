"""How the small grammars of a spec say no, before anybody knows where the text stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

from envplan.documents.reading import shown

_PLAIN = re.compile(r"[ -~]*")  # what can be typed on any keyboard


class Refusal(ValueError):  # noqa: N818 - the decoders make a Problem of it; nobody sees an error
    """Text that is not what it should be, and what was probably meant."""

    def __init__(
        self, title: str, why: str = "", *, meant: Iterable[str] = (), cures: Iterable[str] = ()
    ) -> None:
        super().__init__(title)
        self.title = title
        self.why = why
        self.meant = tuple(meant)  # values that would be right in the same place
        self.cures = tuple(cures)  # whole lines to type, where the place is wrong


def plain(text: str, what: str, *, longest: int = 200) -> str:
    """Return the text without spaces around it; refuse what no name, version or address can hold."""
    if not _PLAIN.fullmatch(text):
        odd = next(character for character in text if not _PLAIN.fullmatch(character))
        raise Refusal(
            f"{shown(text)!r} is not {what}: it holds {_called(odd)}", "only plain ASCII is allowed here"
        )
    if len(text) > longest:
        raise Refusal(f"{shown(text)!r} is not {what}: it is {len(text):,} characters long")
    text = text.strip(" ")
    if not text:
        raise Refusal(f"an empty text is not {what}")
    return text


def _called(character: str) -> str:
    import unicodedata

    name = unicodedata.name(character, "").lower()
    if name:
        return f"a {name}" if name.isascii() else name
    return {"\n": "a line break", "\r": "a line break", "\t": "a tab"}.get(
        character, f"the control character U+{ord(character):04X}"
    )
