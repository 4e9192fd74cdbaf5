"""A package in a git repository: which commit it is, and what the pyproject.toml of that commit says."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import quote

from envplan.documents.folders import make_folder
from envplan.documents.reading import printable, shown, without_secrets
from envplan.index.cache import Cache, cache_folder
from envplan.lockfile.model import GitSource
from envplan.problems import EnvplanError, Said
from envplan.processes.outcomes import Ended, Outcome
from envplan.sources.git import Git, program
from envplan.sources.model import NO_GIT, REPOSITORY, REVISION, Given, refusal
from envplan.sources.projects import FILE, read_project, unstated
from envplan.spec.model import FromGit, Requirement

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
_REVISION = re.compile(r"[A-Za-z0-9_][\w./+-]*")
# No password, no query, nothing that git or ssh take for an option; file: is for tests, no spec has it.
_ADDRESS = re.compile(r"(?:https?://|ssh://(?:[A-Za-z0-9_][\w.-]*@)?)[A-Za-z0-9\[][^\s@?#]*|file:///[^\s?#]*")
_ABSENT = b"\0"  # in the cache, where a commit has no pyproject.toml

# What git says of a commit that the server has not, or does not give by its hash.
_UNKNOWN_COMMIT = ("not our ref", "unadvertised object", "no such remote ref", "couldn't find remote ref")

# What git says, and what it means.
_MEANT = {
    "could not read username": "it is private, or not there; git found no password for it",
    "authentication failed": "the user or password that git was given is not accepted",
    "permission denied (publickey": "ssh has no key that the host accepts",
    "host key verification failed": "ssh does not know the host yet, and cannot ask anybody",
    "could not resolve host": "there is no such host, or the network is down",
    "not found": "there is no repository at that address, or it is private",
    "does not exist": "there is no repository at that address",
    "does not appear to be a git repository": "there is no repository at that address",
}


class Repositories:
    """Repositories as they are today, except for the commits that a lock holds already."""

    def __init__(self, environ: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self._environ = environ
        self._tell = tell
        self._folder = cache_folder(environ).parent / "git"
        self._cache = Cache(self._folder)

    def read(self, requirement: Requirement, place: FromGit, kept: GitSource | None) -> Given:
        """Read the package at the commit that was asked for, or at the one that is kept."""
        _refuse_odd(requirement, place)
        if kept and (kept.url, kept.requested) == (place.url, place.rev) and _COMMIT.fullmatch(kept.commit):
            commit = kept.commit
        else:
            commit = self._resolved(requirement, place)
        data = self._cache.read("commit", place.url, commit)
        if data is None:
            self._tell(f"fetching {requirement.name} from {shown(place.url)} at {commit[:12]}")
            commit, data = self._fetched(requirement, place, commit)
            self._cache.write("commit", place.url, commit, body=data)
        file = f"{shown(place.url)} at {commit[:12]}: {FILE}"
        if data == _ABSENT:
            raise unstated(requirement, file, f"no {FILE}")
        metadata, versioned = read_project(data, file, requirement)
        return Given(metadata, GitSource(place.url, commit, place.rev), versioned)

    def check_out(self, requirement: Requirement, place: FromGit, commit: str, folder: Path) -> None:
        """Write the files of a commit into an empty folder, and the history that versions are read from."""
        _refuse_odd(requirement, place)
        git = self._git(requirement, place)
        self._tell(f"fetching {requirement.name} from {shown(place.url)} at {commit[:12]}")
        _done(git.begin_tree(folder), requirement, place)
        _done(git.fetch_history(folder), requirement, place)
        repository = folder / ".git"
        if not _is_there(git.commit(repository, commit)):
            outcome = git.fetch(repository, commit)  # no branch leads to it any more
            if isinstance(outcome, Ended) and outcome.status and _says(outcome, _UNKNOWN_COMMIT):
                raise _no_commit(requirement, place, commit)
            _done(outcome, requirement, place)
        _done(git.check_out(folder, commit), requirement, place)
        if (folder / ".gitmodules").exists():
            _done(git.check_out_parts(folder), requirement, place)

    def _resolved(self, requirement: Requirement, place: FromGit) -> str:
        """Find the commit that a branch or tag stands for today."""
        rev = place.rev
        if rev and _COMMIT.fullmatch(rev):
            return rev
        self._tell(f"asking {shown(place.url)} for {shown(rev) if rev else 'its newest commit'}")
        whole = ["HEAD"] if rev is None else [rev] if rev.startswith("refs/") else []
        names = whole or [f"refs/heads/{rev}", f"refs/tags/{rev}"]
        git = self._git(requirement, place)
        listed = _done(git.listing(*names, *(f"{name}^{{}}" for name in names)), requirement, place)
        lines = (line.partition("\t") for line in listed.decode("utf-8", "replace").splitlines())
        commits = {name: commit for commit, _, name in lines if _COMMIT.fullmatch(commit)}
        # A tag with a message is an object of its own; ^{} is the commit that it stands for.
        found = {name: commits.get(f"{name}^{{}}", commits[name]) for name in names if name in commits}
        if not found:
            raise _no_revision(requirement, place)
        if len(set(found.values())) > 1:
            raise _ambiguous(requirement, place, found)
        return next(iter(found.values()))

    def _fetched(self, requirement: Requirement, place: FromGit, commit: str) -> tuple[str, bytes]:
        git = self._git(requirement, place)
        with tempfile.TemporaryDirectory(
            dir=self._room(), prefix="fetch-", ignore_cleanup_errors=True
        ) as name:
            repository = Path(name)
            _done(git.begin(repository), requirement, place)
            outcome = git.fetch(repository, commit)
            if isinstance(outcome, Ended) and outcome.status and _says(outcome, _UNKNOWN_COMMIT):
                outcome = git.fetch_all(repository)
            _done(outcome, requirement, place)
            whole = git.commit(repository, commit)
            if not isinstance(whole, Ended) or whole.status:
                raise _no_commit(requirement, place, commit)
            commit = whole.output.decode("ascii", "replace").strip()
            if not _done(git.names(repository, commit, FILE), requirement, place):
                return commit, _ABSENT
            return commit, _done(git.content(repository, commit, FILE), requirement, place)

    def _room(self) -> Path | None:
        """The cache's folder, where it can be had: a cache that cannot be written stops nothing."""
        try:
            make_folder(self._folder)
            with tempfile.TemporaryFile(dir=self._folder):
                return self._folder
        except OSError:
            return None

    def _git(self, requirement: Requirement, place: FromGit) -> Git:
        found = program(self._environ)
        if found is None:
            raise refusal(
                NO_GIT,
                f"{requirement.name} comes from a git repository, and there is no git",
                requirement,
                Said("no program called git", "PATH"),
                "only git itself can say which commit a branch stands for",
                "git --version     (after installing git)",
            )
        return Git(found, place.url, self._environ)


def _refuse_odd(requirement: Requirement, place: FromGit) -> None:
    """A spec refuses all this when it is read; what comes another way is refused before git sees it."""
    if not _ADDRESS.fullmatch(place.url):
        secret = "@" in place.url and not place.url.startswith("ssh:")
        found = "an address with a user or password in it" if secret else shown(place.url)
        title = f"the repository of {requirement.name} has an address that cannot be used"
        raise refusal(REPOSITORY, title, requirement, Said(found), "such as https://git.example/team/name")
    if place.rev is not None and not _REVISION.fullmatch(place.rev):
        title = f"{shown(place.rev)} is not a commit, tag or branch"
        raise refusal(REVISION, title, requirement, Said(shown(place.rev)), "")


def _is_there(outcome: Outcome) -> bool:
    return isinstance(outcome, Ended) and outcome.status == 0


def _done(outcome: Outcome, requirement: Requirement, place: FromGit) -> bytes:
    """Return what git answered; say why where it could not."""
    if isinstance(outcome, Ended) and outcome.status == 0:
        return outcome.output
    said = _words(outcome.said) if isinstance(outcome, Ended) else f"git {outcome.reason}"
    why = next((meaning for words, meaning in _MEANT.items() if words in said.lower()), "")
    raise refusal(
        REPOSITORY,
        f"git cannot read the repository of {requirement.name}",
        requirement,
        Said(said, shown(place.url)),
        why,
        f"git ls-remote {quote(place.url)}     (asks the same by hand)",
    )


def _words(said: str) -> str:
    """Quote what git says last, which is what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ssh:"))] or lines
    return printable(without_secrets("; ".join(errors[:4])))[:400] or "git failed, and said nothing"


def _says(outcome: Ended, words: tuple[str, ...]) -> bool:
    return any(one in outcome.said.lower() for one in words)


def _no_revision(requirement: Requirement, place: FromGit) -> EnvplanError:
    if place.rev is None:
        return refusal(
            REVISION,
            f"the repository of {requirement.name} is empty",
            requirement,
            Said("no commit", shown(place.url)),
            "",
        )
    short = _ABBREVIATED.fullmatch(place.rev) is not None
    return refusal(
        REVISION,
        f"the repository of {requirement.name} has no {shown(place.rev)}",
        requirement,
        Said(f"no branch and no tag called {shown(place.rev)}", shown(place.url)),
        "a commit is named by its whole hash: no server finds one by its first digits" if short else "",
        f"git ls-remote {quote(place.url)}     (lists its branches and tags)",
    )


def _ambiguous(requirement: Requirement, place: FromGit, found: Mapping[str, str]) -> EnvplanError:
    return refusal(
        REVISION,
        f"{shown(place.rev)} is a branch and a tag",
        requirement,
        Said("; ".join(f"{name} is {commit[:12]}" for name, commit in found.items()), shown(place.url)),
        "they stand for different commits, and git itself would take one of them without a word",
        *(f'rev = "{name}"' for name in found),
    )


def _no_commit(requirement: Requirement, place: FromGit, commit: str) -> EnvplanError:
    cures = (f"envplan lock --upgrade-package {requirement.name}",) if place.rev != commit else ()
    why = "it is on no branch and no tag, or of another repository"
    if cures:
        why = "it is the one in the lock; a branch that was rewritten or deleted leaves such commits behind"
    return refusal(
        REVISION,
        f"the repository of {requirement.name} does not have the commit {commit[:12]}",
        requirement,
        Said(commit, shown(place.url)),
        why,
        *cures,
    )
