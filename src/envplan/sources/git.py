"""The git program, asked so that neither settings nor a repository make it do something else."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from envplan.processes.outcomes import Ended, Outcome
from envplan.processes.run import run

LISTING_SECONDS = 60.0
FETCH_SECONDS = 300.0

# What git, ssh and a keeper of passwords need to know who asks; and how this network is left.
_PASSED = (
    *("PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    *("SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR"),
    *("HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"),
)
_PASSED_ON_WINDOWS = (
    *("SYSTEMROOT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA"),
    *("PROGRAMFILES", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERNAME"),
)

# Of the user's settings: who knows the passwords, and how this network is left. None that leads elsewhere.
_SETTINGS = r"^(credential\.|http\.(.*\.)?(proxy|sslbackend|sslcainfo|sslcapath)$)"

_FIXED = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.lowSpeedLimit": "2048",
    "http.lowSpeedTime": "20",
    "maintenance.auto": "false",
    "protocol.version": "2",
}


class Git:
    """git for one repository: only the transport of its address is allowed."""

    def __init__(self, program: str, url: str, environ: Mapping[str, str]) -> None:
        self._program = program
        self._url = url
        self._environ = {**_environment(environ), "GIT_ALLOW_PROTOCOL": urlsplit(url).scheme}
        self._environ |= _own_settings(program, environ) if url.startswith("http") else {}

    def listing(self, *patterns: str) -> Outcome:
        """List the branches and tags of the repository that fit a pattern."""
        # No repository is here: not the settings of the one that envplan happens to be run in.
        return self._run(f"--git-dir={os.devnull}", "ls-remote", "--quiet", "--", self._url, *patterns)

    def begin(self, repository: Path) -> Outcome:
        """Make an empty repository, with nobody's templates."""
        return self._run("init", "--quiet", "--bare", "--template=", "--", str(repository))

    def fetch(self, repository: Path, commit: str) -> Outcome:
        """Bring one commit, without its history and, where the server can leave them out, its files."""
        # remote.origin is set for each call: the repository is for this one address, and is thrown away.
        options = ("--quiet", "--depth=1", "--no-tags", "--filter=blob:none", "--no-write-fetch-head")
        refs = f"{commit}:refs/envplan/fetched"
        return self._in(repository, "fetch", *options, "--", "origin", refs, deadline=FETCH_SECONDS)

    def fetch_all(self, repository: Path) -> Outcome:
        """Bring all branches and tags: old servers give no commit by its hash alone."""
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        options = ("--quiet", "--filter=blob:none", "--no-write-fetch-head")
        return self._in(repository, "fetch", *options, "--", "origin", *refs, deadline=FETCH_SECONDS)

    def commit(self, repository: Path, name: str) -> Outcome:
        """Find the commit of a hash, which may be that of a tag."""
        return self._in(
            repository, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}"
        )

    def names(self, repository: Path, commit: str, path: str) -> Outcome:
        """List a path of a commit: nothing where it is not there."""
        return self._in(repository, "ls-tree", "--name-only", commit, "--", path)

    def content(self, repository: Path, commit: str, path: str) -> Outcome:
        """Read a file of a commit, fetching it where it was left out."""
        return self._in(repository, "cat-file", "blob", f"{commit}:{path}")

    def begin_tree(self, folder: Path) -> Outcome:
        """Make an empty repository with files beside it."""
        return self._run("init", "--quiet", "--template=", "--", str(folder))

    def fetch_history(self, folder: Path) -> Outcome:
        """Bring all branches and tags: many a build reads its version from the last tag."""
        refs = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        options = ("--quiet", "--filter=blob:none", "--no-write-fetch-head")
        return self._in(folder / ".git", "fetch", *options, "--", "origin", *refs, deadline=FETCH_SECONDS)

    def check_out(self, folder: Path, commit: str) -> Outcome:
        """Write the files of a commit."""
        words = ("checkout", "--quiet", "--detach", commit)
        return self._in(folder / ".git", f"--work-tree={folder}", *words, deadline=FETCH_SECONDS)

    def check_out_parts(self, folder: Path) -> Outcome:
        """Write the files of other repositories that are part of this one; they may lie on any server."""
        self._environ["GIT_ALLOW_PROTOCOL"] += ":https:ssh"
        words = ("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1")
        return self._run("-C", str(folder), *self._origin, *words, deadline=FETCH_SECONDS)

    @property
    def _origin(self) -> list[str]:
        origin = {
            "remote.origin.url": self._url,
            "remote.origin.promisor": "true",
            "remote.origin.partialCloneFilter": "blob:none",
        }
        return [word for key, value in origin.items() for word in ("-c", f"{key}={value}")]

    def _in(self, repository: Path, *words: str, deadline: float = LISTING_SECONDS) -> Outcome:
        return self._run(f"--git-dir={repository}", *self._origin, *words, deadline=deadline)

    def _run(self, *words: str, deadline: float = LISTING_SECONDS) -> Outcome:
        fixed = [word for key, value in _FIXED.items() for word in ("-c", f"{key}={value}")]
        return run([self._program, *fixed, *words], environ=self._environ, deadline=deadline)


def program(environ: Mapping[str, str]) -> str | None:
    """Find git in the folders of PATH, never in the one that envplan is run in."""
    folders = [one for one in environ.get("PATH", "").split(os.pathsep) if Path(one).is_absolute()]
    found = shutil.which("git", path=os.pathsep.join(folders)) if folders else None
    return found if found and Path(found).is_absolute() else None


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    passed = (*_PASSED, *(_PASSED_ON_WINDOWS if sys.platform == "win32" else ()))
    return {name: environ[name] for name in passed if environ.get(name)} | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GCM_INTERACTIVE": "never",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
        "LC_ALL": "C",
    }


def _own_settings(program: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Take over whom the user trusts with passwords; by the environment, as some of it may be secret."""
    passed = _environment(environ)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        del passed[name]
    words = [program, f"--git-dir={os.devnull}", "config", "--includes", "-z", "--get-regexp", _SETTINGS]
    outcome = run(words, environ=passed, deadline=10)
    found = list(_pairs(outcome.output)) if isinstance(outcome, Ended) and outcome.status == 0 else []
    numbered = {
        f"GIT_CONFIG_{kind}_{place}": pair[at] for place, pair in enumerate(found) for at, kind in _KINDS
    }
    return {"GIT_CONFIG_COUNT": str(len(found)), **numbered} if found else {}


_KINDS = ((0, "KEY"), (1, "VALUE"))


def _pairs(output: bytes) -> Iterator[tuple[str, str]]:
    for entry in os.fsdecode(output).split("\0"):
        key, line, value = entry.partition("\n")
        if re.fullmatch(r"[^=\n]+\.[A-Za-z0-9-]+", key):
            yield key, value if line else "true"
