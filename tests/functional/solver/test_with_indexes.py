"""Views on real index pages: what is asked for, what fails, and that uv alone would find the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version
from uv import find_uv_bin

from envplan.index.indexes import Indexes
from envplan.settings.model import Settings
from envplan.solver.model import Answer, Bindings, Need, Question, Solved, Unsolved
from envplan.solver.solve import Solving
from envplan.solver.uv import Uv
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Dotted, Libc, Python
from tests.support.default_index import sixty
from tests.support.local_index import LocalIndex
from tests.support.shaped import Shaped, pytorch_and_default
from tests.support.solving import solve_all

UV_NAMES = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "windows-x86_64": "windows",
    "macos-arm64": "aarch64-apple-darwin",
}


def target(platform: str, python: str, variant: str = "cpu") -> Target:
    return Target(Variant(variant), Platform.parse(platform), Python.parse(python))


def question(asked: tuple[str, ...], of: Target, bindings: Bindings) -> Question:
    needs = tuple(Need(one, f"envplan.toml: packages.{one}") for one in asked)
    libc = Libc.parse("glibc 2.28") if of.platform.os == "linux" else None
    macos = Dotted("13.0") if of.platform.os == "macos" else None
    return Question(of, needs, bindings, libc=libc, macos=macos)


def versions(answer: Answer) -> dict[str, str]:
    assert isinstance(answer, Solved), answer
    return {name: str(version) for name, version in answer.versions.items()}


def uv_alone(asked: tuple[str, ...], of: Target, index: str, folder: Path) -> dict[str, str]:
    """What uv finds with its own rules for tags and markers, on the index itself."""
    (folder / "in.txt").write_text("\n".join(asked))
    options = ["--no-config", "--only-binary", ":all:", "--no-cache", "--no-header", "--no-annotate"]
    options += ["--python", sys.executable, "--python-version", str(of.python)]
    options += ["--python-platform", UV_NAMES[str(of.platform)], "--default-index", index]
    command = [find_uv_bin(), "pip", "compile", "-q", str(folder / "in.txt"), *options]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder, env={"HOME": str(folder)}
    )
    return dict(line.split("==") for line in found.stdout.split())


@pytest.mark.parametrize(
    ("platform", "python"),
    [
        ("linux-x86_64", "3.11"),
        ("linux-aarch64", "3.12"),
        ("windows-x86_64", "3.10"),
        ("macos-arm64", "3.12"),
    ],
)
def test_uv_alone_finds_the_same_sixty(platform: str, python: str, tmp_path: Path) -> None:
    with LocalIndex() as web, Indexes(Settings(), tmp_path / "cache") as indexes:
        six = sixty(web)
        of = target(platform, python)
        [answer] = solve_all([question(six.roots, of, Bindings({}, (), six.index))], indexes, Uv())
        assert len(versions(answer)) == 60
        assert versions(answer) == uv_alone(six.roots, of, six.index, tmp_path)


def test_targets_of_one_variant_are_answered_alike_and_each_with_its_own_files(tmp_path: Path) -> None:
    with LocalIndex() as web, Indexes(Settings(), tmp_path / "cache") as indexes:
        six = sixty(web)
        bindings = Bindings({}, (), six.index)
        several = [
            question(six.roots, target(platform, python), bindings)
            for platform in UV_NAMES
            for python in ("3.11", "3.12")
        ]
        with Solving(indexes, Uv()) as solving:
            alike = solving.answers_alike(several)
            alone = solving.answers(several)
        assert [versions(one) for one in alike] == [versions(one) for one in alone]
        files = [one.files["part-00"].name for one in alike if isinstance(one, Solved)]
        assert len(set(files)) == 8
        assert [one.target for one in alike] == [one.target for one in several]


def torch(shaped: Shaped, of: Target) -> Question:
    variant = str(of.variant)
    index = shaped.index(variant)
    version = "2.2.2" if of.platform.os == "macos" else f"2.2.2+{variant}"
    named = dict.fromkeys(("torch", "torchvision", "torchaudio", "triton"), index)
    asked = (f"torch=={version}", "torchvision", "transformers", "pandas")
    pitfall = (Need("numpy<2", "a pitfall"),)
    made = question(asked, of, Bindings(named, (), shaped.default))
    return Question(made.target, made.needs, made.bindings, pitfall, libc=made.libc, macos=made.macos)


def test_torch_for_linux_windows_and_macos_from_here(tmp_path: Path) -> None:
    with LocalIndex() as web, Indexes(Settings(), tmp_path / "cache") as indexes:
        shaped = pytorch_and_default(web)
        several = [
            torch(shaped, target("linux-x86_64", "3.11", "cu121")),
            torch(shaped, target("linux-x86_64", "3.11", "cu118")),
            torch(shaped, target("linux-x86_64", "3.11", "cpu")),
            torch(shaped, target("windows-x86_64", "3.11", "cu121")),
            torch(shaped, target("macos-arm64", "3.11", "cpu")),
        ]
        answers = solve_all(several, indexes, Uv())
        found = [versions(answer) for answer in answers]
        assert [one["torch"] for one in found] == [
            *("2.2.2+cu121", "2.2.2+cu118", "2.2.2+cpu", "2.2.2+cu121", "2.2.2"),
        ]
        accelerated = [
            sorted(name for name in one if name.startswith("nvidia") or name == "triton") for one in found
        ]
        assert [bool(one) for one in accelerated] == [True, True, False, False, False]
        assert "nvidia-cublas-cu12" in accelerated[0]
        assert "nvidia-cublas-cu11" in accelerated[1]
        assert all(Version(one["numpy"]) < Version("2") for one in found)
        for answer in answers:
            assert isinstance(answer, Solved)
            assert answer.files["torch"].index.rstrip("/") == shaped.index(str(answer.target.variant)).rstrip(
                "/"
            )
        asked = web.paths("*/simple/torch*")
        assert asked == []


def test_a_bound_index_that_refuses_is_the_problem_and_no_other_is_asked(tmp_path: Path) -> None:
    with LocalIndex() as web, Indexes(Settings(), tmp_path / "cache") as indexes:
        shaped = pytorch_and_default(web)
        web.fault("/whl/cu121/torch/*", "status", code=403)
        [answer] = solve_all([torch(shaped, target("linux-x86_64", "3.11", "cu121"))], indexes, Uv())
        assert isinstance(answer, Unsolved)
        assert answer.problem.exit == 3
        assert any("torch==2.2.2+cu121" in one.text for one in answer.problem.wanted)
        assert web.paths("*/simple/torch*") == []
