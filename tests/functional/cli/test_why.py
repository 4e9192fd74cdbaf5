"""`envplan why`: who needs a package, in which targets, and why in this build."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.locks import every_machine
from tests.support.looking import SPEC, answer, envplan, write_lock


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "envplan.toml").write_text(SPEC, encoding="utf-8")
    write_lock(every_machine(), tmp_path)
    return tmp_path


def test_the_shortest_way_from_a_package_of_the_spec_is_told(project: Path) -> None:
    told = envplan("why", "filelock", cwd=project).stdout
    assert "torch → filelock" in told
    assert "by       torch, triton" in told
    assert "all 7 targets" in told
    assert "https://simple.example/simple" in told


def test_each_build_is_told_with_its_index_its_targets_and_the_reason_of_its_variant(project: Path) -> None:
    paragraphs = envplan("why", "torch", cwd=project).stdout.split("\n\n")
    assert [one.split("\n")[0] for one in paragraphs] == [
        "torch 2.2.2", "torch 2.2.2+cpu", "torch 2.2.2+cu118", "torch 2.2.2+cu121",
    ]  # fmt: skip
    assert "in       macos-arm64\n" in paragraphs[0]
    assert "in       cpu on linux-x86_64, windows-x86_64\n" in paragraphs[1]
    assert "/whl/cu121\n  variant  cu121: cu121 was asked for" in paragraphs[3]


def test_what_the_spec_asks_for_is_quoted_with_its_place(project: Path) -> None:
    assert "torch 2.2   (envplan.toml: packages.torch)" in envplan("why", "torch", cwd=project).stdout
    assert "(envplan.toml: groups.dev.pytest)" in envplan("why", "pytest", cwd=project).stdout


def test_a_package_for_one_system_owes_nothing_to_variants(project: Path) -> None:
    build = answer("why", "colorama", cwd=project)["data"]["builds"][0]
    assert build["variants"] == []
    assert {one["platform"] for one in build["targets"]} == {"windows-x86_64"}


def test_a_package_that_some_variants_need_says_why_they_are_in_the_lock(project: Path) -> None:
    build = answer("why", "triton", cwd=project)["data"]["builds"][0]
    assert [one["variant"] for one in build["variants"]] == ["cu118", "cu121"]


@pytest.mark.parametrize("spelling", ["NVIDIA_cublas.cu12", "nvidia-cublas-cu12"])
def test_a_name_may_be_spelt_in_any_way(project: Path, spelling: str) -> None:
    document = answer("why", spelling, cwd=project)
    assert document["outcome"] == "told"
    assert document["data"]["name"] == "nvidia-cublas-cu12"


def test_a_name_that_is_not_there_gets_the_nearest_one_to_type(project: Path) -> None:
    document = answer("why", "filelok", cwd=project)
    assert document["exit"] == 1
    (problem,) = document["problems"]
    assert (problem["code"], problem["try"]) == ("EP228", ["envplan why filelock"])


def test_the_cure_names_the_lock_that_was_looked_at(project: Path) -> None:
    (project / "pylock.toml").rename(project / "pylock.lab.toml")
    (problem,) = answer("why", "filelok", "--lock", "pylock.lab.toml", cwd=project)["problems"]
    assert problem["try"] == ["envplan why filelock --lock pylock.lab.toml"]
    assert envplan(*problem["try"][0].split()[1:], cwd=project).returncode == 0


def test_without_a_spec_the_ways_start_where_nothing_else_leads(project: Path) -> None:
    (project / "envplan.toml").unlink()
    data = answer("why", "triton", cwd=project)["data"]
    assert (data["from"], data["asked"]) == ("lock", None)
    assert data["builds"][0]["ways"][0]["path"] == ["torch", "triton"]


def test_the_spec_of_another_environment_says_nothing_about_this_lock(project: Path) -> None:
    (project / "envplan.toml").write_text('[env]\nname = "web"\n[packages]\nnumpy = "*"\n', encoding="utf-8")
    assert answer("why", "torch", cwd=project)["data"]["from"] == "lock"


def test_a_spec_that_is_named_must_be_readable(project: Path) -> None:
    document = answer("why", "torch", "--spec", "none.toml", cwd=project)
    assert (document["exit"], document["problems"][0]["code"]) == (2, "EP105")


def test_a_lock_that_is_missing_is_named_with_what_makes_it(tmp_path: Path) -> None:
    (problem,) = answer("why", "torch", cwd=tmp_path)["problems"]
    assert (problem["code"], problem["try"]) == ("EP111", ["envplan lock"])


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"[" * 5000, b"packages = 3\n", b"a = '"])
def test_garbage_in_place_of_a_lock_is_a_problem_with_a_cure(project: Path, content: bytes) -> None:
    (project / "pylock.toml").write_bytes(content)
    document = answer("why", "torch", cwd=project)
    assert document["exit"] == 2
    assert all(problem["try"] for problem in document["problems"])


def test_help_has_examples(tmp_path: Path) -> None:
    assert "envplan why numpy" in envplan("why", "--help", cwd=tmp_path).stdout
