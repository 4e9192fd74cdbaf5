"""Packages of git repositories, with the real git and real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from envplan.lockfile.model import GitSource
from envplan.problems import Problem
from envplan.sources.asked import given
from envplan.sources.model import Given
from envplan.spec.model import FromGit, Requirement
from tests.support.answers import problem_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")

PROJECT = '[project]\nname = "tool"\nversion = "{}"\ndependencies = ["numpy>=1"]\n'
NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": "who@host.example"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}


class Repository:
    """A repository to take packages from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.first = self.commit("1.0")

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def git(self, *words: str) -> str:
        environ = {**os.environ, **NOBODY}
        done = subprocess.run(
            ["git", "-C", self.folder, *words], env=environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, version: str, text: str = PROJECT) -> str:
        (self.folder / "pyproject.toml").write_text(text.format(version))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", version)
        return self.git("rev-parse", "HEAD")


Read = Callable[..., Given]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "origin")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def read(tmp_path: Path, told: list[str]) -> Read:
    def ask(
        url: str,
        rev: str | None = None,
        kept: Mapping[str, GitSource] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Given:
        wish = Requirement("tool", "envplan.toml: packages.tool", location=FromGit(url, rev))
        around = {"PATH": os.environ["PATH"], "ENVPLAN_STORE": str(tmp_path / "store"), **(environ or {})}
        (found,) = given([wish], tmp_path, kept=kept or {}, tell=told.append, environ=around)
        return found

    return ask


def refused(read: Read, *words: object, **more: object) -> Problem:
    return problem_of(lambda: read(*words, **more))


def test_without_a_rev_the_newest_commit_is_taken(repository: Repository, read: Read) -> None:
    newest = repository.commit("2.0")
    found = read(repository.url)
    assert found.source == GitSource(repository.url, newest, None)
    assert found.metadata.version == Version("2.0")
    assert found.metadata.requires_dist == ("numpy>=1",)


def test_a_branch_is_the_commit_that_it_is_at(repository: Repository, read: Read) -> None:
    repository.git("branch", "old/line")
    repository.commit("2.0")
    assert read(repository.url, "old/line").source == GitSource(repository.url, repository.first, "old/line")


@pytest.mark.parametrize("words", [["v1"], ["v1", "--annotate", "--message", "one"]])
def test_a_tag_is_the_commit_that_it_stands_for(repository: Repository, read: Read, words: list[str]) -> None:
    repository.git("tag", *words)
    repository.commit("2.0")
    assert read(repository.url, "v1").source == GitSource(repository.url, repository.first, "v1")


def test_a_commit_behind_the_newest_one_is_reached_by_its_hash(repository: Repository, read: Read) -> None:
    repository.commit("2.0")
    found = read(repository.url, repository.first)
    assert found.source == GitSource(repository.url, repository.first, repository.first)
    assert found.metadata.version == Version("1.0")


def test_a_kept_commit_stays_when_the_branch_moves(repository: Repository, read: Read) -> None:
    kept = {"tool": read(repository.url, "main").source}
    newest = repository.commit("2.0")
    assert read(repository.url, "main", kept).source == kept["tool"]
    assert read(repository.url, "main").source == GitSource(repository.url, newest, "main")


def test_a_kept_commit_is_left_for_another_rev(repository: Repository, read: Read) -> None:
    kept = {"tool": read(repository.url, "main").source}
    repository.git("checkout", "--quiet", "-b", "other")
    newest = repository.commit("2.0")
    assert read(repository.url, "other", kept).source == GitSource(repository.url, newest, "other")


def test_a_kept_commit_that_was_read_before_needs_neither_network_nor_git(
    repository: Repository, read: Read, told: list[str]
) -> None:
    first = read(repository.url, "main")
    shutil.rmtree(repository.folder)
    told.clear()
    assert read(repository.url, "main", {"tool": first.source}, {"PATH": ""}) == first
    assert told == []


def test_a_kept_commit_that_is_gone_is_told_with_the_way_out(repository: Repository, read: Read) -> None:
    kept = {"tool": GitSource(repository.url, "a" * 40, "main")}
    problem = refused(read, repository.url, "main", kept)
    assert problem.code == "EP367"
    assert problem.cures == ("envplan lock --upgrade-package tool",)


@pytest.mark.parametrize("rev", ["nowhere", "f" * 40, "abcdef0"])
def test_a_rev_that_is_not_there_is_told(repository: Repository, read: Read, rev: str) -> None:
    assert refused(read, repository.url, rev).code == "EP367"


def test_a_name_of_a_branch_and_of_a_tag_is_not_guessed_at(repository: Repository, read: Read) -> None:
    repository.git("tag", "main")
    newest = repository.commit("2.0")
    problem = refused(read, repository.url, "main")
    assert problem.code == "EP367"
    assert problem.cures == ('rev = "refs/heads/main"', 'rev = "refs/tags/main"')
    assert read(repository.url, "refs/heads/main").source.commit == newest  # type: ignore[union-attr]


def test_an_empty_repository_is_told(tmp_path: Path, read: Read) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "empty"], check=True)
    assert "is empty" in refused(read, (tmp_path / "empty").as_uri()).title


def test_a_repository_that_is_not_there_is_told_in_the_words_of_git(tmp_path: Path, read: Read) -> None:
    problem = refused(read, (tmp_path / "nowhere").as_uri())
    assert problem.code == "EP366"
    assert "fatal:" in problem.found[0].text
    assert problem.why[0].text == "there is no repository at that address"


def test_without_git_it_is_said_that_there_is_none(
    repository: Repository, read: Read, tmp_path: Path
) -> None:
    assert refused(read, repository.url, environ={"PATH": str(tmp_path)}).code == "EP365"


def test_another_package_in_the_repository_is_refused(repository: Repository, read: Read) -> None:
    repository.commit("2.0", '[project]\nname = "other"\nversion = "{}"\n')
    assert refused(read, repository.url).title == "tool is wanted, and other is there"


def test_a_repository_that_leaves_its_needs_to_a_build_is_refused(repository: Repository, read: Read) -> None:
    repository.commit("2.0", '[project]\nname = "tool"\nversion = "{}"\ndynamic = ["dependencies"]\n')
    assert refused(read, repository.url).code == "EP362"


def test_a_commit_without_a_pyproject_is_refused_each_time(repository: Repository, read: Read) -> None:
    repository.git("rm", "--quiet", "pyproject.toml")
    repository.git("commit", "--quiet", "--message", "none")
    for _ in range(2):
        assert refused(read, repository.url).found[0].text == "no pyproject.toml"


def test_settings_of_the_user_lead_to_no_other_repository(
    repository: Repository, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.commit("6.6")
    home = tmp_path / "home"
    home.mkdir()
    redirect = f'[url "{other.url}"]\n\tinsteadOf = {repository.url}\n'
    (home / ".gitconfig").write_text(redirect)
    monkeypatch.chdir(repository.folder)
    repository.git("config", f"url.{other.url}.insteadOf", repository.url)
    found = read(repository.url, "main", environ={"HOME": str(home), "GIT_DIR": str(other.folder)})
    assert found.metadata.version == Version("1.0")


def test_no_hook_and_no_template_of_the_machine_runs(
    repository: Repository, read: Read, tmp_path: Path
) -> None:
    home, mark = tmp_path / "home", tmp_path / "mark"
    (home / "hooks").mkdir(parents=True)
    hook = home / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(f"[core]\n\thooksPath = {home}/hooks\n[init]\n\ttemplateDir = {home}\n")
    read(repository.url, environ={"HOME": str(home), "GIT_TEMPLATE_DIR": str(home)})
    assert not mark.exists()


@pytest.mark.parametrize(
    ("url", "rev"),
    [
        ("ext::sh -c touch% /tmp/never", None),
        ("--upload-pack=touch", None),
        ("ssh://-oProxyCommand=touch/x", None),
        ("https://who:geheim@git.example/tool", None),
        ("https://geheim@git.example/tool", None),
        ("https://git.example/tool?token=geheim", None),
        ("https://git.example/tool", "--upload-pack=touch"),
    ],
)
def test_what_could_run_a_command_or_holds_a_password_never_reaches_git(
    read: Read, url: str, rev: str | None, told: list[str]
) -> None:
    problem = refused(read, url, rev)
    assert problem.code in ("EP366", "EP367")
    assert "geheim" not in repr(problem)
    assert told == []


def test_nothing_is_left_behind_but_what_was_read(repository: Repository, read: Read, tmp_path: Path) -> None:
    read(repository.url)
    left = [path.parent.name for path in (tmp_path / "store" / "git").rglob("*") if path.is_file()]
    assert left == ["commit"]


def test_a_store_that_cannot_be_written_stops_nothing(
    repository: Repository, read: Read, tmp_path: Path
) -> None:
    (tmp_path / "store").write_text("a file in its place")
    assert read(repository.url).metadata.version == Version("1.0")
