"""`envplan diff`: what one lock changes against another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from envplan.lockfile.model import Lock, Offer
from envplan.values.variants import Variant
from envplan.values.versions import Compute
from tests.support.locks import CATALOG, SPEC, every_machine, locked, offer, pure
from tests.support.looking import answer, envplan, write_lock

CPU, CUDA = offer("cpu", "linux-x86_64"), offer("cu121", "linux-x86_64")


def lock(version: str, offers: Iterable[Offer] = (CPU, CUDA), size: int | None = 2_500_000) -> Lock:
    targets = [target for one in offers for target in one.targets]
    file = locked(f"demo-{version}-py3-none-any.whl", size=size)
    packages = (replace(pure("demo", version, targets), files=(file,)), pure("same", "1.0", targets))
    return Lock("train", packages, tuple(offers), Variant("cpu"), SPEC, CATALOG)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return write_lock(lock("1.0"), tmp_path, "pylock.old.toml")


def test_versions_and_bytes_to_download_are_told(old: Path) -> None:
    new = write_lock(lock("1.1"), old.parent, "pylock.toml")
    told = envplan("diff", old.name, new.name, cwd=old.parent).stdout
    assert "demo  1.0 → 1.1  both targets" in told
    assert "both targets  2.5 MB" in told
    assert "same" not in told


def test_a_step_back_is_said_to_be_one(old: Path) -> None:
    new = write_lock(lock("0.9"), old.parent, "pylock.toml")
    assert "1.0 → 0.9  (older)" in envplan("diff", old.name, new.name, cwd=old.parent).stdout


def test_a_size_that_no_index_told_is_not_counted_as_nothing(old: Path) -> None:
    new = write_lock(lock("1.1", size=None), old.parent, "pylock.toml")
    told = envplan("diff", old.name, new.name, cwd=old.parent).stdout
    assert "no index tells the size of: demo" in told


def test_targets_and_the_machines_they_serve_are_told(old: Path) -> None:
    more = replace(CUDA, native=(*CUDA.native, Compute(8, 6), Compute(9, 0)))
    new = write_lock(lock("1.0", (more, offer("cpu", "windows-x86_64"))), old.parent, "pylock.toml")
    told = envplan("diff", old.name, new.name, cwd=old.parent).stdout
    assert "+ cpu on windows-x86_64, Python 3.11" in told
    assert "- cpu on linux-x86_64, Python 3.11" in told
    assert "+ cuda GPUs of sm_86, sm_90" in told


def test_the_same_lock_is_the_same(old: Path) -> None:
    document = answer("diff", old.name, old.name, cwd=old.parent)
    assert (document["outcome"], document["exit"]) == ("same", 0)
    assert envplan("diff", old.name, old.name, cwd=old.parent).stdout.startswith("the same packages")


def test_locks_that_differ_are_no_failure(old: Path) -> None:
    new = write_lock(every_machine(), old.parent, "pylock.toml")
    document = answer("diff", old.name, new.name, cwd=old.parent)
    assert (document["outcome"], document["exit"]) == ("differs", 0)
    assert {one["kind"] for one in document["data"]["changes"]} >= {"added", "removed"}
    assert len(document["data"]["downloads"]) == 7


def test_one_of_the_two_may_come_from_git_through_a_pipe(old: Path) -> None:
    new = write_lock(lock("1.1"), old.parent, "pylock.toml")
    done = envplan("diff", "-", new.name, cwd=old.parent, input=old.read_text(encoding="utf-8"))
    assert "1.0 → 1.1" in done.stdout


def test_both_cannot_come_through_one_pipe(old: Path) -> None:
    document = answer("diff", "-", "-", cwd=old.parent, input="")
    assert (document["exit"], document["problems"][0]["code"]) == (2, "EP100")


def test_two_bad_locks_are_both_told(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[", encoding="utf-8")
    problems = answer("diff", "bad.toml", "none.toml", cwd=tmp_path)["problems"]
    assert [one["code"] for one in problems] == ["EP104", "EP111"]


def test_help_has_examples(tmp_path: Path) -> None:
    assert "git show HEAD:pylock.toml | envplan diff" in envplan("diff", "--help", cwd=tmp_path).stdout
