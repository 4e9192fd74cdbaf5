"""Frameworks that only another package asks for are planned like those in the spec."""

from __future__ import annotations

from pathlib import Path

from envplan.index.indexes import Indexes
from envplan.settings.model import Settings
from tests.functional.lock.conftest import Project
from tests.functional.lock.test_lock_bound_names import bait
from tests.support.shaped import Shaped

ACCELERATE = (
    '[env]\npython = "3.11"\n\n[packages]\naccelerate = "*"\n\n[targets]\nplatforms = ["linux-x86_64"]\n'
)


def test_a_framework_that_another_package_needs_is_never_asked_of_the_default_index(
    project: Project, shaped: Shaped
) -> None:
    bait(shaped, "torch", "99.0")
    project.spec(ACCELERATE).locked()
    assert not shaped.web.paths("/simple/torch/")
    assert {version.partition("+")[2][:3] for version in project.versions["torch"]} == {"cpu", "cu1"}


def test_versions_that_the_index_does_not_have_are_not_planned(
    project: Project, shaped: Shaped, tmp_path: Path
) -> None:
    """The listings that ship with envplan know newer ones than this index has."""
    text = ACCELERATE.replace("accelerate", "torch")
    project.spec(text).locked()
    with Indexes(Settings(), tmp_path / "cache") as indexes:
        newest = max(file.version for file in indexes.project(f"{shaped.torch}/cpu", "torch").files)
    assert {version.partition("+")[0] for version in project.versions["torch"]} == {newest.public}


def test_an_age_counts_from_today(project: Project) -> None:
    text = '[env]\npython = "3.11"\n\n[packages]\npandas = "*"\n\n[options]\nexclude-newer = "9000 days"\n'
    done = project.spec(text).lock()
    assert done.returncode == 3, done.stdout
    assert "published on" in done.stderr
