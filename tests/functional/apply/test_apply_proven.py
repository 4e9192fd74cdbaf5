"""An environment that was put to use untested is tested by the next `apply`, where that is what it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.functional.apply.conftest import CUDA, TORCH, Applied
from tests.functional.lock.conftest import code_of
from tests.support.drivers import Libraries, found_by


@pytest.fixture
def with_gpu(project: Applied, tmp_path: Path, libraries: Libraries) -> Applied:
    """The project on a computer with one RTX 3090: the torch of its index cannot compute on that."""
    return replace(project, environ=found_by(tmp_path / "driver", libraries))


def smoke(project: Applied) -> tuple[Any, Any]:
    (one,) = project.receipt["verified"]["smoke"]
    return one["status"], one["detail"]


def test_what_was_put_to_use_untested_on_a_gpu_is_not_called_in_order(with_gpu: Applied) -> None:
    with_gpu.applied("--no-smoke")
    assert with_gpu.installed["torch"] == f"{TORCH}+{CUDA}"
    before = with_gpu.generation
    done = with_gpu.apply()
    assert (done.returncode, code_of(done)) == (1, "EP624"), done.stderr
    assert with_gpu.generation == before
    assert with_gpu.applied("--no-smoke")["outcome"] == "unchanged"


def test_where_nothing_can_be_proven_the_next_apply_says_why(project: Applied) -> None:
    project.applied("--no-smoke")
    assert smoke(project) == ("not-run", "not asked for")
    assert project.applied()["outcome"] == "unchanged"
    assert smoke(project) == ("not-run", "another machine is pretended")
