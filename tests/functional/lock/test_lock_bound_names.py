"""Every name comes from the one index it is bound to: never from another, whatever that one answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.lock.conftest import Made, Project, code_of
from tests.support.pages import Upload, publish
from tests.support.shaped import Shaped
from tests.support.wheels import wheel


def bait(shaped: Shaped, name: str, version: str, index: str = "/simple") -> None:
    """A stranger's package of that name, with a version no one can refuse."""
    file, body = wheel(name, version)
    publish(shaped.web, index, name, [Upload(file, body)], files="/bait")


def test_a_higher_version_on_the_default_index_is_not_even_asked_for(
    project: Project, shaped: Shaped
) -> None:
    for name in ("torch", "triton"):
        bait(shaped, name, "99.0")
    project.locked()
    asked = shaped.web.paths("/simple/*")
    assert asked, "the default index has pandas"
    assert not {"/simple/torch/", "/simple/triton/"} & set(asked)
    assert not shaped.web.paths("/bait/*")
    assert all(version.startswith("2.2.") for version in project.versions["torch"])


def test_a_name_of_the_default_index_is_not_asked_for_elsewhere(big: Made) -> None:
    """download.pytorch.org has old copies of numpy, filelock and others."""
    asked = big.shaped.web.paths("/whl/*")
    copied = ("numpy", "filelock", "jinja2", "networkx", "sympy", "pandas")
    assert not [path for path in asked if path.rstrip("/").rpartition("/")[2] in copied]


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("status", {"code": 403}),
        ("status", {"code": 404}),
        ("status", {"code": 503}),
        ("empty", {}),
        ("html", {}),
        ("cut", {"after": 10}),
    ],
    ids=["403", "404", "503", "nothing", "a portal's page", "cut"],
)
def test_an_index_that_fails_is_named_and_no_other_is_asked(
    project: Project, shaped: Shaped, kind: str, how: dict[str, Any]
) -> None:
    bait(shaped, "torch", "2.2.2")
    shaped.web.fault("/whl/*/torch/", kind, **how)
    done = project.lock()
    assert (done.returncode, project.file.exists()) == (3, False), done.stderr
    assert code_of(done).startswith("EP33")
    assert "https://download.pytorch.org/whl/" in done.stderr
    assert "torch" in done.stderr
    assert not shaped.web.paths("/simple/torch/")


def test_an_index_that_is_silent_for_a_moment_is_waited_for(project: Project, shaped: Shaped) -> None:
    bait(shaped, "torch", "99.0")
    shaped.web.fault("/whl/*/torch/", "wait", seconds=0.5)
    project.locked()
    assert not shaped.web.paths("/simple/torch/")


def test_a_name_missing_on_the_default_index_is_an_error_that_names_it(
    project: Project, shaped: Shaped
) -> None:
    bait(shaped, "pandas", "99.0", "/whl/cu121")
    shaped.web.remove("/simple/pandas/")
    done = project.lock()
    assert (done.returncode, code_of(done)) == (3, "EP330"), done.stderr
    assert "pandas" in done.stderr
    assert not shaped.web.paths("/whl/*/pandas/")


def test_a_broken_page_is_read_again_once_it_is_healed(project: Project, shaped: Shaped) -> None:
    shaped.web.fault("/simple/pandas/", "status", code=404)
    assert project.lock().returncode == 3
    shaped.web.heal()
    project.locked()
