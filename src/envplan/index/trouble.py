"""What goes wrong on the way, before it is known what for; and the Problem it becomes."""

from __future__ import annotations

from urllib.parse import urlsplit

from envplan.documents.reading import printable, shown, without_secrets
from envplan.problems import AGAIN, EnvplanError, Problem, Said
from envplan.settings.model import LONGEST
from envplan.values.records import dataclass, replace

MISSING = "EP330"
FORBIDDEN = "EP331"
LOGIN = "EP332"
UNREACHED = "EP333"
SILENT = "EP334"
SLOW = "EP335"
CUT = "EP336"
REFUSED = "EP337"
NO_INDEX = "EP338"
UNTRUSTED = "EP339"
REDIRECT = "EP340"
ALTERED = "EP341"
NO_WHEEL = "EP342"
LARGE = "EP343"
PROXY = "EP344"
ADDRESS = "EP345"
DISK = "EP346"

# Whatever was wanted of them: the server, or what lies before it, is the trouble.
_SERVERS = frozenset({LOGIN, UNREACHED, SILENT, SLOW, REFUSED, UNTRUSTED, PROXY, REDIRECT, NO_INDEX})
# Of these, too, but their titles name what was wanted.
_ANSWERS = frozenset({FORBIDDEN, CUT, NO_WHEEL})

_TITLES = {
    MISSING: "{where} does not have {what}",
    FORBIDDEN: "{where} does not give {what} to us",
    LOGIN: "{where} wants a user and a password",
    UNREACHED: "{where} cannot be reached",
    SILENT: "{where} did not answer in time",
    SLOW: "{where} sends too slowly",
    CUT: "{where} stopped in the middle of {what}",
    REFUSED: "{where} cannot answer at the moment",
    NO_INDEX: "what {where} answered is not the page of an index",
    UNTRUSTED: "the certificate of {where} is not trusted",
    REDIRECT: "{where} sends us where we do not go",
    ALTERED: "{what} is not what {where} said it would be",
    NO_WHEEL: "{what} cannot be read",
    LARGE: "{what} is far too large",
    PROXY: "the proxy does not let us through to {where}",
    ADDRESS: "{what} has an address that cannot be used",
    DISK: "there is no room to read {what}",
}


@dataclass(eq=False)
class Trouble(Exception):  # noqa: N818
    """One thing that went wrong, in the words of the place where it did."""

    code: str
    found: str
    why: str = ""
    url: str = ""  # where; shown without what may be secret
    cures: tuple[str, ...] = ()
    passing: bool = False  # asking again may help
    wait: float | None = None  # seconds the server asked for
    status: int = 0  # where a server gave one

    def __str__(self) -> str:
        return f"{self.code} {self.found}"


def of_a_mirror(trouble: Trouble, canonical: str) -> Trouble:
    """Tell of a mirror, but not which: its address is nobody else's business, and messages travel."""
    why = f"{trouble.why}; " if trouble.why else ""
    login = 'default = "https://USER:SECRET@..."   (the login in the mirror\'s address, in your settings)'
    return replace(
        trouble,
        url=canonical,
        why=f"{why}a mirror in your settings was asked in its place",
        cures=(login,) if trouble.code == LOGIN else trouble.cures,
    )


def of_silence(trouble: Trouble, seconds: float) -> Trouble:
    """Where nothing came in so many seconds, say how to wait longer."""
    if trouble.code != SILENT or trouble.cures:
        return trouble
    longer = f"timeout = {min(LONGEST, 4 * seconds):.0f}"
    return replace(trouble, cures=(f"{longer}     (under [network] in config.toml of your settings)",))


def failure(trouble: Trouble, what: str, index: str, *, bound: bool = False) -> EnvplanError:
    """Say what a trouble means for what was wanted of an index."""
    where = urlsplit(trouble.url or index).netloc.rpartition("@")[2] or index
    title = _TITLES[trouble.code]
    if trouble.code == REFUSED and 400 <= trouble.status < 500 and not trouble.passing:
        title = "{where} refuses what it was asked for"
    why = [Said(trouble.why)] if trouble.why else []
    if bound and trouble.code not in (ADDRESS, DISK):
        why.append(Said("every name is bound to one index, so no other index was asked for it"))
    return EnvplanError(
        Problem(
            trouble.code,
            title.format(where=shown(where), what=printable(what)),
            wanted=(Said(printable(what), address_shown(index)),),
            found=(Said(printable(without_secrets(trouble.found))[:300], address_shown(trouble.url)),),
            why=tuple(why),
            cures=trouble.cures or (f"envplan explain {trouble.code}", *_once_more(trouble)),
        )
    )


def server_at_fault(problem: Problem) -> str:
    """Name the server that is the trouble, whatever was wanted of it; empty where it is not."""
    if problem.code in _SERVERS | _ANSWERS and problem.found:
        return urlsplit(problem.found[0].origin).netloc
    return ""


def _once_more(trouble: Trouble) -> tuple[str, ...]:
    """Offer to try again where that can help."""
    return (AGAIN,) if trouble.passing or trouble.code in (UNREACHED, SLOW, CUT) else ()


def address_shown(address: str) -> str:
    """Show an address whole, but without what may be secret."""
    return printable(without_secrets(address))[:300]
