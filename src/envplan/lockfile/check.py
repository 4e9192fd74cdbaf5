"""Is a lock in order, and still the one that the spec asks for? Offline, and quick enough for every start."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from envplan.lockfile import form, rules
from envplan.lockfile.origins import files_of, host_of
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass

if TYPE_CHECKING:
    from envplan.machine.model import Machine

OTHER_SPEC = "EP226"


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
    direct: Mapping[str, str] | None = None  # paths and repositories of names that no index is asked for
    machines: Collection[Machine] = ()  # that must be served


def check(data: bytes, file: str = "pylock.toml", expected: Expected | None = None) -> tuple[Problem, ...]:
    """Find everything that is wrong with a lock; each problem names its entry."""
    expected = expected or Expected()
    faults = rules.Faults(file)
    try:
        document = _parsed(data, file)
        if not rules.document_faults(document, faults):
            return tuple(faults.problems)
        rules.entry_faults(document, faults)
        ours = document["tool"]["envplan"]
        _places(document, ours, expected, faults)
        whole = rules.seal_faults(document, faults)
        if not whole or expected.machines:
            faults.problems += _of_values(data, file, expected, faults)
    except EnvplanError as error:
        return error.problems
    except RecursionError:
        faults.add("", "nested too deeply to be judged")
        return tuple(faults.problems)
    return (*faults.problems, *_of_the_spec(ours, file, expected))


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


def _of_the_spec(ours: Mapping[str, Any], file: str, expected: Expected) -> Iterator[Problem]:
    if expected.spec is None or ours.get("spec") == expected.spec:
        return
    if expected.document is not None and ours.get("document") == expected.document:
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
        if expected.direct is not None:
            _direct(entry, expected.direct, say)
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


def _direct(entry: Mapping[str, Any], direct: Mapping[str, str], say: Callable[..., None]) -> None:
    """Ask whether a package that no index serves comes from where the spec says, and no other does."""
    wanted = direct.get(str(entry.get("name")))
    for key, part in (("directory", "path"), ("archive", "path"), ("vcs", "url")):
        if isinstance(source := entry.get(key), dict):
            if source.get(part) != wanted:
                why = f"the spec says {wanted}" if wanted else "the spec takes it from an index"
                title = "it comes from another place than the spec says"
                say(f"{key}.{part}", title, found=source.get(part, ""), why=why)
            return
    if wanted:
        say("", "it comes from an index, and not from where the spec says", why=f"the spec says {wanted}")


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
