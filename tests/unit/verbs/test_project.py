"""Where a project's things lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envplan.verbs.folders import stamp_of
from envplan.verbs.project import environment_name, find_project, may_be_of


@pytest.mark.parametrize(
    ("files", "spec"),
    [
        (["envplan.toml"], "envplan.toml"),
        (["envplan.toml", "pyproject.toml"], "envplan.toml"),
        (["pyproject.toml"], "pyproject.toml"),
        ([], None),
    ],
)
def test_the_spec_is_found_beside_the_lock(tmp_path: Path, files: list[str], spec: str | None) -> None:
    for name in files:
        (tmp_path / name).write_text("[tool.envplan]\n")
    found = find_project(lock_file=tmp_path / "pylock.toml")
    assert found.spec == (tmp_path / spec if spec else None)


def test_a_pyproject_that_says_nothing_of_envplan_is_no_spec(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_project(tmp_path).spec is None


@pytest.mark.parametrize(
    ("lock", "pointer"),
    [("pylock.toml", ".venv"), ("pylock.lab.toml", ".venv-lab"), ("other.toml", ".venv")],
)
def test_each_lock_has_its_environment(tmp_path: Path, lock: str, pointer: str) -> None:
    assert find_project(lock_file=tmp_path / lock).pointer == tmp_path / pointer


def test_a_pointer_is_absolute_and_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    monkeypatch.chdir(tmp_path)
    assert find_project(environment=Path("link")).pointer == tmp_path / "link"


def test_a_stamp_changes_with_the_files_of_a_folder_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "src" / "tool.py").write_text("1\n")
    whole, described = (stamp_of(tmp_path, editable=one) for one in (False, True))
    for left in ("build", ".git", "src/__pycache__", "tool.egg-info"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "anything").write_text("")
    assert stamp_of(tmp_path, editable=False) == whole
    (tmp_path / "src" / "build").mkdir()
    (tmp_path / "src" / "build" / "__init__.py").write_text("")  # a package of that name
    assert stamp_of(tmp_path, editable=False) != whole
    (tmp_path / "src" / "build" / "__init__.py").unlink()
    (tmp_path / "src" / "tool.py").write_text("22\n")
    assert stamp_of(tmp_path, editable=False) != whole
    assert stamp_of(tmp_path, editable=True) == described
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert stamp_of(tmp_path, editable=True) != described


@pytest.mark.parametrize(
    ("lock", "pointer", "name"),
    [
        ("train", ".venv", "train"),
        ("train", ".venv-lab", "train.lab"),
        ("lab", ".venv-lab", "lab.lab"),
        ("train", "env1", "train@env1"),
        ("train", "gpu env", "train@gpu-env.780b65652cfe"),
        ("train", "é", "train@.4a99557e4033"),
        ("train", "x" * 200, f"train@{'x' * 32}.aa20c23e3201"),
    ],
)
def test_an_environment_is_named_after_its_lock_and_its_pointer(lock: str, pointer: str, name: str) -> None:
    assert environment_name(lock, Path("/project") / pointer) == name


_NAMES = st.from_regex(r"[a-b][a-b-]{0,3}[a-b]?", fullmatch=True)
_POINTERS = st.one_of(
    st.just(".venv"),
    st.builds(".venv{}{}".format, st.sampled_from("-._"), _NAMES),
    st.text("ab-._@é ", min_size=1),
)


@given(_NAMES, _NAMES, _POINTERS, _POINTERS)
def test_no_two_pointers_share_their_generations(lock: str, other: str, one: str, two: str) -> None:
    """What one of them no longer needs, the other may have in use."""
    same = environment_name(lock, Path("/project") / one) == environment_name(other, Path("/project") / two)
    assert not same or one == two
    assert may_be_of(environment_name(lock, Path("/project") / one), Path("/project") / one)
