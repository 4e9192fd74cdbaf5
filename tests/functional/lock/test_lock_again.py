"""A lock made again: pins are kept, upgrades are asked for, and a second run does nothing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.functional.lock.conftest import Project, beside, new_project
from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.wheels import wheel

SPEC = """\
[env]
python = "3.11"

[packages]
alpha = "*"

[targets]
platforms = ["linux-x86_64"]
"""


def grow(web: LocalIndex, name: str, *versions: str, needs: tuple[str, ...] = ()) -> None:
    """Publish these versions, and no others."""
    made = [wheel(name, version, requires=needs) for version in versions]
    uploads = [Upload(file, body, uploaded="2024-01-01T00:00:00Z") for file, body in made]
    publish(web, "/simple", name, uploads, formats=[JSON], files="/packages")


@pytest.fixture
def small(tmp_path: Path, web: LocalIndex) -> Project:
    """alpha, which needs beta; locked at 1.0 both, and 2.0 of both has appeared since."""
    grow(web, "alpha", "1.0", needs=("beta",))
    grow(web, "beta", "1.0")
    project = new_project(tmp_path, {"default": f"{web.url}/simple"}).spec(SPEC)
    project.locked()
    assert project.versions == {"alpha": ["1.0"], "beta": ["1.0"]}
    grow(web, "alpha", "1.0", "2.0", needs=("beta",))
    grow(web, "beta", "1.0", "2.0")
    return project


def test_a_second_run_leaves_the_file_alone(small: Project) -> None:
    before = small.file.stat()
    small.locked()
    after = small.file.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_pins_are_kept_when_the_index_has_newer_versions(small: Project) -> None:
    before = small.file.read_bytes()
    assert small.locked() == before


def test_pins_are_kept_with_a_store_that_is_new(small: Project) -> None:
    before = small.file.read_bytes()
    small.environ = {"ENVPLAN_STORE": str(small.computer / "new")}
    assert small.locked() == before


def test_an_upgrade_takes_the_newest_of_everything(small: Project) -> None:
    small.locked("--upgrade")
    assert small.versions == {"alpha": ["2.0"], "beta": ["2.0"]}


@pytest.mark.parametrize("name", ["beta", "Beta"])
def test_an_upgrade_of_one_package_changes_no_other(small: Project, name: str) -> None:
    small.locked("--upgrade-package", name)
    assert small.versions == {"alpha": ["1.0"], "beta": ["2.0"]}


def test_what_an_upgrade_would_change_is_told_and_not_written(small: Project) -> None:
    before, around = small.file.read_bytes(), beside(small)
    done = small.lock("--upgrade", "--diff")
    assert "alpha" in done.stdout
    assert "2.0" in done.stdout
    assert (small.file.read_bytes(), beside(small)) == (before, around)


def test_a_package_that_is_added_moves_no_other(small: Project, web: LocalIndex) -> None:
    grow(web, "gamma", "3.0", needs=("beta",))
    small.spec(SPEC.replace('alpha = "*"', 'alpha = "*"\ngamma = "*"'))
    small.locked()
    assert small.versions == {"alpha": ["1.0"], "beta": ["1.0"], "gamma": ["3.0"]}


def test_a_pin_that_no_longer_fits_is_given_up(small: Project) -> None:
    small.spec(SPEC.replace('alpha = "*"', 'alpha = ">=2"'))
    small.locked()
    assert small.versions == {"alpha": ["2.0"], "beta": ["1.0"]}


def test_a_pin_that_left_the_index_is_given_up(small: Project, web: LocalIndex) -> None:
    grow(web, "beta", "2.0")
    small.environ = {"ENVPLAN_STORE": str(small.computer / "new")}
    small.locked()
    assert small.versions == {"alpha": ["1.0"], "beta": ["2.0"]}


def test_a_lock_that_cannot_be_read_is_left_as_it_is(small: Project) -> None:
    small.file.write_text("not = [a lock", encoding="utf-8")
    done = small.lock()
    assert done.returncode in (2, 3), done.stderr
    assert small.file.read_text(encoding="utf-8") == "not = [a lock"
    assert "pylock.toml" in done.stderr
    small.locked("--upgrade")


def test_the_lock_of_another_spec_in_the_folder_is_not_written_over(small: Project) -> None:
    before = small.file.read_bytes()
    lab = SPEC.replace("[env]", '[env]\nname = "lab"').replace("alpha", "beta")
    (small.folder / "lab.toml").write_text(lab, encoding="utf-8")
    refused = small.lock("--spec", "lab.toml", "--json")
    (problem,) = json.loads(refused.stdout)["problems"]
    assert (refused.returncode, problem["code"]) == (2, "EP112")
    assert small.file.read_bytes() == before
    own, over = (shlex.split(cure.partition("   (")[0])[2:] for cure in problem["try"])
    assert small.lock(*own).returncode == 0
    assert small.file.read_bytes() == before
    assert small.lock(*over).returncode == 0
    assert small.file.read_bytes() != before


def test_a_spec_that_got_another_name_keeps_its_lock_and_the_pins(small: Project) -> None:
    small.spec(SPEC.replace("[env]", '[env]\nname = "lab"')).locked()
    assert small.versions == {"alpha": ["1.0"], "beta": ["1.0"]}
