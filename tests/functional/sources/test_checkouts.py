"""The files of a commit, as a build needs them: with its parts, and the tags that versions are read from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.problems import EnvplanError
from envplan.sources.repositories import Repositories
from envplan.spec.model import FromGit, Requirement
from tests.functional.sources.test_repositories import Repository, pytestmark

__all__ = ["pytestmark"]

CheckOut = Callable[[str, str], Path]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "origin")


@pytest.fixture
def check_out(tmp_path: Path) -> CheckOut:
    def write(url: str, commit: str) -> Path:
        folder = tmp_path / f"checked-{commit[:8]}"
        folder.mkdir()
        wish = Requirement("tool", "envplan.toml: packages.tool", location=FromGit(url))
        environ = {"PATH": os.environ["PATH"], "ENVPLAN_STORE": str(tmp_path / "store")}
        Repositories(environ, lambda _: None).check_out(wish, FromGit(url), commit, folder)
        return folder

    return write


def test_the_files_are_those_of_the_commit(repository: Repository, check_out: CheckOut) -> None:
    newest = repository.commit("2.0")
    assert 'version = "1.0"' in (check_out(repository.url, repository.first) / "pyproject.toml").read_text()
    assert 'version = "2.0"' in (check_out(repository.url, newest) / "pyproject.toml").read_text()


def test_the_last_tag_is_there_to_read_a_version_from(repository: Repository, check_out: CheckOut) -> None:
    repository.git("tag", "v1.0")
    newest = repository.commit("2.0")
    folder = check_out(repository.url, newest)
    described = Repository.git(_At(folder), "describe", "--tags", "--long", "--dirty")  # type: ignore[arg-type]
    assert described == f"v1.0-1-g{newest[:7]}"


class _At:
    def __init__(self, folder: Path) -> None:
        self.folder = folder


def test_a_commit_that_no_branch_leads_to_is_found_by_its_hash(
    repository: Repository, check_out: CheckOut
) -> None:
    lost = repository.commit("2.0")
    repository.git("reset", "--quiet", "--hard", repository.first)
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    assert 'version = "2.0"' in (check_out(repository.url, lost) / "pyproject.toml").read_text()


def test_a_commit_that_is_not_there_is_said(repository: Repository, check_out: CheckOut) -> None:
    with pytest.raises(EnvplanError, match="EP367"):
        check_out(repository.url, "f" * 40)


def test_other_repositories_that_are_part_of_it_are_there_too(
    tmp_path: Path, repository: Repository, check_out: CheckOut
) -> None:
    part = Repository(tmp_path / "cutlass")
    (part.folder / "kernel.cu").write_text("__global__")
    part.commit("1.0")
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.url, "csrc/cutlass"
    )
    commit = repository.commit("2.0")
    assert (check_out(repository.url, commit) / "csrc" / "cutlass" / "kernel.cu").read_text() == "__global__"


def test_no_hook_and_no_setting_of_the_repository_runs(
    tmp_path: Path, repository: Repository, check_out: CheckOut
) -> None:
    (repository.folder / ".gitattributes").write_text("* filter=evil\n")
    commit = repository.commit("2.0")
    folder = check_out(repository.url, commit)
    assert not list((folder / ".git").glob("hooks/*"))
    assert not list(tmp_path.glob("pwned*"))
