"""Two packages and one path: shared where it is the same file, refused with both names where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from envplan.environment.clashes import settled
from envplan.environment.commands import given_up, told
from envplan.environment.contents import Contents, gathered
from envplan.environment.model import Interpreter, Part
from envplan.environment.skeletons import Layout, Skeleton
from envplan.problems import EnvplanError, Problem
from envplan.store.model import Tree
from tests.support.answers import problem_of
from tests.support.trees import tree

LAYOUT = Layout("lib/site-packages", "lib/site-packages", "bin", "include", "bin/python")
BONES = Skeleton(
    Interpreter("/usr/bin/python3", "3.11.7"),
    LAYOUT,
    ("bin", "lib"),
    {"bin/python": "/x"},
    {},
    frozenset(),
)


def contents(*trees: Tree) -> Contents:
    own = {"pyvenv.cfg": b"home = /usr/bin\n"}
    return gathered(BONES, Path("/place"), own, [Part(one) for one in trees])


def refusal(*trees: Tree, blind: bool = False) -> Problem:
    problem = problem_of(lambda: settled(contents(*trees), blind=blind))
    assert problem.code == "EP444"
    return problem


def linked(found: Contents) -> list[str]:
    return [path for batch in found.batches for path in batch.paths]


def test_without_a_clash_nothing_is_changed(tmp_path: Path) -> None:
    found = contents(tree("a", "1", tmp_path), tree("b", "1", tmp_path))
    assert settled(found, blind=False) is found


def test_the_same_file_is_brought_once(tmp_path: Path) -> None:
    trees = [tree(name, "1", tmp_path, files={"nvidia/__init__.py": ""}) for name in ("a", "b", "c")]
    found = linked(settled(contents(*trees), blind=False))
    assert found.count("lib/site-packages/nvidia/__init__.py") == 1
    assert len(found) == len(set(found))


def test_the_first_of_what_is_the_same_stays_and_its_neighbours_too(tmp_path: Path) -> None:
    trees = [
        tree(name, "1", tmp_path, files={f"x/{name}.py": name, "x/__init__.py": "", "y/z.py": "z"})
        for name in ("a", "b")
    ]
    first, second = (set(batch.files.paths) for batch in settled(contents(*trees), blind=False).batches)
    assert {"x/__init__.py", "x/a.py", "y/z.py"} < first
    assert "x/b.py" in second
    assert not {"x/__init__.py", "y/z.py"} & second


def test_files_that_differ_are_named_with_those_who_bring_them(tmp_path: Path) -> None:
    problem = refusal(
        tree("opencv-python", "4", tmp_path, files={"cv2/a.py": "1"}),
        tree("opencv-python-headless", "4", tmp_path, files={"cv2/a.py": "2"}),
    )
    assert problem.title == "opencv-python and opencv-python-headless cannot be in one environment"
    assert {(one.text, one.origin) for one in problem.found} == {
        ("lib/site-packages/cv2/a.py", "opencv-python"),
        ("lib/site-packages/cv2/a.py", "opencv-python-headless"),
    }
    assert problem.cures == ("envplan why opencv-python", "envplan why opencv-python-headless")


def test_many_such_files_are_not_all_listed(tmp_path: Path) -> None:
    problem = refusal(
        *(tree(name, "1", tmp_path, files={f"x/{n}.py": name for n in range(50)}) for name in ("a", "b"))
    )
    assert problem.found[-1].text == "and 42 more"


def test_a_file_of_one_is_no_folder_of_another(tmp_path: Path) -> None:
    problem = refusal(
        tree("a", "1", tmp_path, files={"thing": "a file"}),
        tree("b", "1", tmp_path, files={"thing/b.py": ""}),
    )
    assert {one.origin for one in problem.found} == {"a", "b"}


def test_the_environments_own_files_belong_to_nobody_else(tmp_path: Path) -> None:
    for path in ("pyvenv.cfg", "bin/python"):
        bad = tree("evil", "1", tmp_path, files={"evil.py": "", f"evil-1.data/data/{path}": path})
        problem = refusal(bad)
        assert problem.title == "evil and the environment itself cannot be in one environment"


def test_commands_of_one_name_must_do_the_same(tmp_path: Path) -> None:
    same = [tree(name, "1", tmp_path, scripts={"tensorboard": "t.main:run"}) for name in ("tb", "tf")]
    made = [one.path for one in settled(contents(*same), blind=False).made]
    assert made.count("bin/tensorboard") == 1
    other = tree("other", "1", tmp_path, scripts={"tensorboard": "other:run"})
    problem = refusal(same[0], other)
    assert [(one.text, one.origin) for one in problem.found] == [
        ("bin/tensorboard", "tb"),
        ("bin/tensorboard", "other"),
    ]
    assert problem.cures == ("envplan why other", "envplan why tb")


@pytest.mark.parametrize("backwards", [False, True])
def test_a_command_belongs_to_the_package_that_is_called_like_it(tmp_path: Path, backwards: bool) -> None:
    """As in fastapi[standard] of 2024 and 2025, which could not be applied at all."""
    trees = [
        tree("fastapi", "0.115.0", tmp_path, scripts={"fastapi": "fastapi.cli:main"}),
        tree("fastapi-cli", "0.0.5", tmp_path, scripts={"fastapi": "fastapi_cli.cli:main", "x": "y:z"}),
    ]
    found = settled(contents(*(reversed(trees) if backwards else trees)), blind=False)
    (command,) = [one for one in found.made if one.path == "bin/fastapi"]
    assert (command.owner, b"from fastapi.cli import main" in command.data) == ("fastapi", True)
    assert "bin/x" in [one.path for one in found.made]
    records = {one.owner: one.data for one in found.made if one.path.endswith("RECORD")}
    assert b"bin/fastapi," in records["fastapi"]
    assert b"bin/fastapi," not in records["fastapi-cli"]
    (lost,) = given_up(trees)
    assert told(lost).title == "the command fastapi is that of fastapi, not that of fastapi-cli"


def test_nobody_gives_up_a_command_that_does_the_same(tmp_path: Path) -> None:
    same = [
        tree(name, "1", tmp_path, scripts={"mlflow": "m.cli:cli"}) for name in ("mlflow", "mlflow-skinny")
    ]
    assert given_up(same) == ()


def test_where_a_and_capital_a_are_one_file_they_clash_there_only(tmp_path: Path) -> None:
    trees = (
        tree("a", "1", tmp_path, files={"pkg/Readme": "1", "Ünï/x": "1"}),
        tree("b", "1", tmp_path, files={"PKG/README": "2"}),
    )
    settled(contents(*trees), blind=False)
    refusal(*trees, blind=True)


def test_composed_and_decomposed_letters_are_one_name_for_who_is_blind(tmp_path: Path) -> None:
    trees = (
        tree("a", "1", tmp_path, files={"caf\u00e9.py": "1"}),
        tree("b", "1", tmp_path, files={"cafe\u0301.py": "2"}),
    )
    refusal(*trees, blind=True)


def test_folders_that_were_packed_by_mistake_are_told_as_such(tmp_path: Path) -> None:
    trees = [tree(name, "1", tmp_path, files={"tests/conftest.py": name}) for name in ("a", "b")]
    problem = refusal(*trees)
    assert "packed with them" in problem.why[0].text
    assert problem.cures[:2] == ("envplan why a", "envplan why b")
    assert problem.cures[2].startswith("envplan lock --upgrade-package a --upgrade-package b ")


def test_clashes_that_have_nothing_to_do_with_each_other_are_told_apart(tmp_path: Path) -> None:
    files = {"a": "x.py", "b": "x.py", "c": "y.py", "d": "y.py"}
    trees = [tree(name, "1", tmp_path, files={path: name}) for name, path in files.items()]
    with pytest.raises(EnvplanError) as caught:
        settled(contents(*trees), blind=False)
    titles = [one.title for one in caught.value.problems]
    assert titles == ["a and b cannot be in one environment", "c and d cannot be in one environment"]
    together = [*trees, tree("e", "1", tmp_path, files={"x.py": "e", "y.py": "e"})]
    assert refusal(*together).title == "a, b, c, d and e cannot be in one environment"
