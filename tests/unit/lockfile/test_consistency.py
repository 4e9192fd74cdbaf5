"""Parts of a lock that do not agree, in locks that were sealed again: the entry is named all the same."""

from __future__ import annotations

from typing import Any

import pytest

from envplan.lockfile.check import Expected, check
from envplan.lockfile.encode import encode
from envplan.lockfile.wishes import Asked, Wishes
from envplan.values.platforms import Platform
from envplan.values.versions import Python
from tests.support.locks import Edit, every_machine, resealed

TEXT = encode(every_machine()).decode()


def entry(document: dict[str, Any], name: str, version: str = "") -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in document["packages"] if one["name"] == name and version in one.get("version", "")
    )
    return found


def wheel(document: dict[str, Any], name: str, version: str = "") -> dict[str, Any]:
    found: dict[str, Any] = entry(document, name, version)["wheels"][0]
    return found


def renamed(document: dict[str, Any], name: str, old: str, new: str, version: str = "") -> None:
    """Other names for the wheels of an entry, and the same in their addresses."""
    for file in entry(document, name, version)["wheels"]:
        for key in ("name", "url"):
            file[key] = file[key].replace(old, new).replace(old.replace("+", "%2B"), new.replace("+", "%2B"))


def one_more(document: dict[str, Any], name: str, old: str, new: str) -> None:
    """Further wheels beside those of an entry."""
    before = [dict(one) for one in entry(document, name)["wheels"]]
    renamed(document, name, old, new)
    entry(document, name)["wheels"] += before


def another_build(document: dict[str, Any]) -> None:
    renamed(document, "torch", "+cu118", "+cu121", "cu118")
    entry(document, "torch", "cu118")["version"] = "2.2.2+cu121"


EDITS: dict[str, tuple[str, str, Edit]] = {
    "a marker for nobody": (
        "numpy",
        "no target of the lock takes it",
        lambda lock: entry(lock, "numpy").update(marker="sys_platform == 'emscripten'"),
    ),
    "a marker for more": (
        "triton",
        "it has no file for",
        lambda lock: entry(lock, "triton").pop("marker"),
    ),
    "a file for others": (
        "numpy",
        "no target would take the file",
        lambda lock: renamed(lock, "numpy", "cp311-cp311", "cp39-cp39"),
    ),
    "a file that is never the best": (
        "numpy",
        "no target would take the file",
        lambda lock: one_more(lock, "numpy", "cp311-cp311", "py3-none"),
    ),
    "a file twice": (
        "numpy",
        "the file stands twice",
        lambda lock: entry(lock, "numpy")["wheels"].append(wheel(lock, "numpy")),
    ),
    "a file beside the lock": (
        "numpy",
        "unknown key 'path'",
        lambda lock: wheel(lock, "numpy").update(path="evil.whl"),
    ),
    "a way out of the folder": (
        "filelock",
        "no proper address",
        lambda lock: wheel(lock, "filelock").update(
            url="https://files.example/x/%2e%2e/filelock-3.13.1-py3-none-any.whl"
        ),
    ),
    "another variant's build": ("torch", "it is a build for cu121, from the index for cu118", another_build),
    "a need of another version": (
        "torch 2.2.2+cu121",
        "it needs a package that is not in the lock",
        lambda lock: entry(lock, "torch", "cu121")["dependencies"][0].update(version="9.9"),
    ),
    "other environments": (
        "environments",
        "the environments are not those of the targets",
        lambda lock: lock["environments"].pop(),
    ),
    "other Pythons": (
        "requires-python",
        "the Pythons are not those of the targets",
        lambda lock: lock.update({"requires-python": ">=3.8"}),
    ),
    "extras": ("extras", "the lock has extras", lambda lock: lock.update(extras=["more"])),
    "a default for few machines": (
        "tool.envplan.default",
        "another default",
        lambda lock: (
            lock.update({"default-groups": ["cu121"]}),
            lock["tool"]["envplan"].update(default="cu121"),
        ),
    ),
    "a host for later": (
        "tool.envplan.hosts",
        "the hosts are not those of the files",
        lambda lock: next(iter(lock["tool"]["envplan"]["hosts"].values())).append("evil.example"),
    ),
    "a driver that is no number": (
        "driver",
        "driver",
        lambda lock: lock["tool"]["envplan"]["target"][-1].update(driver="any"),
    ),
    "a word of our own that we do not know": (
        "tool.envplan",
        "unknown key",
        lambda lock: lock["tool"]["envplan"].update(more=1),
    ),
}


@pytest.mark.parametrize(("named", "words", "edit"), EDITS.values(), ids=EDITS.keys())
def test_new_seals_do_not_help_where_parts_disagree(named: str, words: str, edit: Edit) -> None:
    problems = check(resealed(TEXT, edit))
    said = [f"{one.title} {one.found[0].text} {one.found[0].origin}" for one in problems]
    assert any(words in text and named in text for text in said), said


WISHES = Wishes(
    (Asked("torch", "2.2", decided=True), Asked("numpy"), Asked("pytest", group="dev")),
    name="train",
    groups=frozenset({"dev"}),
    platforms=frozenset({Platform.parse("macos-arm64")}),
    pythons=frozenset({Python(3, 11)}),
)


def test_a_lock_holds_what_its_spec_asks_for() -> None:
    assert check(resealed(TEXT, lambda lock: None), expected=Expected(wishes=WISHES)) == ()


def older(document: dict[str, Any]) -> None:
    for version in ("2.2.2+cpu", "2.2.2+cu118", "2.2.2+cu121", "2.2.2"):
        renamed(document, "torch", "-2.2.2", "-2.1.2", version)
        entry(document, "torch", version)["version"] = version.replace("2.2.2", "2.1.2")


def as_source(document: dict[str, Any]) -> None:
    name = "filelock-3.13.1.tar.gz"
    file = {"name": name, "url": f"https://files.example/{name}", "hashes": {"sha256": "a" * 64}}
    entry(document, "filelock").update(sdist=file)


AGAINST: dict[str, tuple[str, str, Edit]] = {
    "a version that is not asked for": ("torch 2.1.2+cu121", "it is not what the spec asks for: 2.2", older),
    "a package for some targets only": (
        "packages",
        "numpy is missing for",
        lambda lock: entry(lock, "numpy").update(marker="sys_platform == 'win32'"),
    ),
    "a package in a group only": (
        "packages",
        "numpy is missing for",
        lambda lock: entry(lock, "numpy").update(marker="'dev' in dependency_groups"),
    ),
    "a package of a group in no group": (
        "packages",
        "pytest is missing for",
        lambda lock: entry(lock, "pytest").update(marker="sys_platform == 'win32'"),
    ),
    "source code that nobody allowed": ("filelock", "it is source code", as_source),
    "another environment": (
        "tool.envplan.name",
        "it is of another environment",
        lambda lock: lock["tool"]["envplan"].update(name="other"),
    ),
    "a group too many": (
        "dependency-groups",
        "the groups are others",
        lambda lock: lock["dependency-groups"].append("zoo"),
    ),
}


@pytest.mark.parametrize(("named", "words", "edit"), AGAINST.values(), ids=AGAINST.keys())
def test_new_seals_do_not_help_against_the_spec(named: str, words: str, edit: Edit) -> None:
    problems = check(resealed(TEXT, edit), expected=Expected(wishes=WISHES))
    said = [f"{one.title} {one.found[0].origin}" for one in problems]
    assert any(words in text and named in text for text in said), said


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(platforms=frozenset({Platform.parse("linux-aarch64")})),
        Wishes(pythons=frozenset({Python(3, 11), Python(3, 12)})),
        Wishes(newest="2024-01-01"),
        Wishes((Asked("numpy", ">=1.0,<1.20"),)),
    ],
    ids=["a platform", "a Python", "a day", "a bound"],
)
def test_what_a_spec_asks_and_the_lock_has_not_is_told(wishes: Wishes) -> None:
    assert check(TEXT.encode(), expected=Expected(wishes=wishes))


def test_what_holds_on_some_systems_only_is_left_to_the_lock() -> None:
    some = Wishes((Asked("tqdm", conditional=True), Asked("numpy", "<1.20", conditional=True)))
    assert check(TEXT.encode(), expected=Expected(wishes=some)) == ()
