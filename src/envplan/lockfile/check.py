"""Is a lock in order, and still the one that the spec asks for? Offline, and quick enough for every start."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from envplan.lockfile import consistency, form, rules
from envplan.lockfile.origins import files_of, host_of
from envplan.lockfile.takers import Takers
from envplan.lockfile.wishes import Wishes, wish_faults
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass

if TYPE_CHECKING:
    from envplan.machine.model import Machine

OTHER_SPEC = "EP226"

Variants = frozenset[str]


@dataclass(frozen=True)
class Expected:
    """What the spec and its surroundings ask of a lock. What is left out is not asked.

    `indexes` are the addresses that names may come from (each stands for all below it), with the hosts that
    their files may lie on besides the index's own. None instead of hosts: not known; then those count that
    the lock itself recorded when the index named them.
    """

    spec: str | None = None  # the digest of the spec
    document: str | None = None  # the digest of its text, which will do where it fits
    indexes: Mapping[str, Collection[str] | None] | None = None
    index_of: Callable[[str], Collection[str]] | None = None  # the addresses that a name is bound to
    wishes: Wishes | None = None  # what it asks of packages and targets
    machines: Collection[Machine] = ()  # that must be served


NOTHING = Expected()


def check(
    data: bytes, file: str = "pylock.toml", expected: Expected | Callable[[Variants], Expected] = NOTHING
) -> tuple[Problem, ...]:
    """Find everything that is wrong with a lock; each problem names its entry.

    What is expected may depend on the variants that the lock says it has: each has indexes of its own.
    """
    faults = rules.Faults(file)
    try:
        document = _parsed(data, file)
        if not rules.document_faults(document, faults):
            return tuple(faults.problems)
        rules.entry_faults(document, faults)
        ours = document["tool"]["envplan"]
        if not isinstance(expected, Expected):
            expected = expected(_variants(ours))
        _places(document, ours, expected, faults)
        read = _parts(document, ours, expected, faults)
        whole = rules.seal_faults(document, faults)
        if not (whole and read) or expected.machines:
            faults.problems += _of_values(data, file, expected, faults)
    except EnvplanError as error:
        return error.problems
    except RecursionError:
        faults.add("", "nested too deeply to be judged")
        return tuple(faults.problems)
    return (*faults.problems, *_of_the_spec(ours, file, expected))


def _variants(ours: Mapping[str, Any]) -> Variants:
    targets = ours.get("target")
    tables = [one for one in targets if isinstance(one, dict)] if isinstance(targets, list) else []
    return frozenset(one["variant"] for one in tables if isinstance(one.get("variant"), str))


def _parts(
    document: Mapping[str, Any], ours: Mapping[str, Any], expected: Expected, faults: rules.Faults
) -> bool:
    """Hold the parts of a lock against each other and the spec; whether they could be read for that."""
    targets = None if faults.problems else consistency.grounds(ours)
    if targets is None:
        return False
    consistency.head_faults(document, targets, faults)
    variants = {target.variant.group for target in targets}
    takers = Takers(targets, [one for one in rules.groups_of(document) if one not in variants])
    taken = consistency.taken(document, takers, targets, faults)
    if expected.wishes is not None and _is_of(
        ours, expected
    ):  # else it need not be what the spec asks for now
        wish_faults(document, taken, targets, expected.wishes, faults)
    return True


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    if len(data) <= rules.SIZE_LIMIT:
        try:
            document = form.read(data.decode())
        except UnicodeDecodeError:
            document = None
        if document is not None:
            return document
    from envplan.documents.reading import Reading

    return Reading(file, rules.CODE, rules.SIZE_LIMIT).parse(data)


def _is_of(ours: Mapping[str, Any], expected: Expected) -> bool:
    """Whether a lock was made from the spec as it is."""
    if expected.spec is None or ours.get("spec") == expected.spec:
        return True
    return expected.document is not None and ours.get("document") == expected.document


def _of_the_spec(ours: Mapping[str, Any], file: str, expected: Expected) -> Iterator[Problem]:
    if expected.spec is None or _is_of(ours, expected):
        return
    yield Problem(
        OTHER_SPEC,
        "the spec was changed since the lock was made",
        found=(Said(f"made from {str(ours.get('spec'))[:19]}…", f"{file}: tool.envplan.spec"),),
        wanted=(Said(f"{expected.spec[:19]}…", "the spec as it is"),),
        cures=("envplan lock",),
    )


def _places(
    document: Mapping[str, Any], ours: Mapping[str, Any], expected: Expected, faults: rules.Faults
) -> None:
    """Ask of each file whether it lies where its index keeps files, and of each name for its index."""
    recorded = ours.get("hosts")
    recorded = recorded if isinstance(recorded, dict) else {}
    allowed: dict[str, Collection[str] | None] = {}
    for place, entry in enumerate(document["packages"]):
        say = faults.entry(place, entry)
        index = entry.get("index")
        if not isinstance(index, str):
            continue
        if index not in allowed:
            allowed[index] = _hosts(index, recorded, expected.indexes)
        hosts = allowed[index]
        if hosts is None:
            why = f"the spec uses {', '.join(sorted(expected.indexes or ()))}"
            say("index", "it comes from an index that the spec does not use", found=index, why=why)
            continue
        _files(entry, index, hosts, say)
        bound = expected.index_of(str(entry.get("name"))) if expected.index_of else (index,)
        if index not in bound:
            why = f"its name is bound to {', '.join(sorted(bound))}"
            say("index", "it comes from another index than its name is bound to", found=index, why=why)


def _files(entry: Mapping[str, Any], index: str, hosts: Collection[str], say: Callable[..., None]) -> None:
    scheme, _ = host_of(index)
    for key, how, host in files_of(entry):
        if host not in hosts:
            why = f"files of {index} lie on {', '.join(sorted(hosts))}"
            say(f"{key}.url", f"the file lies on the foreign host {host}", found=host, why=why)
        elif how != scheme and how != "https":
            say(f"{key}.url", "the file would be fetched without encryption", found=f"{how}://{host}")


def _hosts(
    index: str, recorded: Mapping[str, Any], indexes: Mapping[str, Collection[str] | None] | None
) -> Collection[str] | None:
    """List the hosts that files of an index may lie on; none where the spec does not use the index."""
    more: Collection[str] | None = None
    if indexes is not None:
        over = [one for one in indexes if index == one or index.startswith(f"{one.rstrip('/')}/")]
        if not over:
            return None
        more = indexes[max(over, key=len)]
    if more is None:
        told = recorded.get(index)
        more = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
    return {host_of(index)[1], *more}


def _of_values(data: bytes, file: str, expected: Expected, faults: rules.Faults) -> Iterator[Problem]:
    """Ask what needs the lock as values: an edited one in full, and whom it serves."""
    from envplan.lockfile.decode import decode
    from envplan.lockfile.offers import not_served

    known = {(problem.title, problem.found) for problem in faults.problems}
    try:
        lock = decode(data, file, sealed=False)
    except EnvplanError as error:
        yield from (one for one in error.problems if (one.title, one.found) not in known)
        return
    for machine in expected.machines:
        if problem := not_served(lock, machine, file):
            yield problem
