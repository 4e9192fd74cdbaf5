"""Adding and removing packages without touching anything else."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from envplan.problems import EnvplanError
from envplan.spec.edit.change import Edited, Place, added, removed
from envplan.spec.words.understand import understood

TEXT = """\
# the head
[env]
name = "x"   # a comment

[packages] # what is needed
# about torch
torch = '2.2'  # keep me
Torch_Vision = { version = ">=0.17", extras = ['a'] } # too

# what developers need
[groups.dev]
pytest = "*"

[packages.transformers]
version = "4"
# inside
extras = ["a"]

# the last word
[options]
same-versions = true
"""
HERE = Place("envplan.toml")
DEV = Place("envplan.toml", group="dev")


def add(text: str, words: str, place: Place = HERE) -> Edited:
    return added(text, place, understood([words], command="add").packages)


def data(text: str, *path: str) -> Any:
    value: Any = tomllib.loads(text)
    for part in path:
        value = value[part]
    return value


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("numpy<2", "} # too\n", '} # too\nnumpy = "<2"\n'),
        ("torch 2.3", "'2.2'  # keep me", "'2.3'  # keep me"),
        ("torch-vision[b]", "} # too\n", '} # too\ntorchvision = { version = "*", extras = ["b"] }\n'),
        ("TORCH.VISION 0.18", "} # too\n", '} # too\ntorchvision = "0.18"\n'),
        ("transformers 4.40", 'version = "4"', 'version = "4.40"'),
        ("transformers[b]", 'extras = ["a"]', 'extras = ["a", "b"]'),
        ("torch on cpu", "'2.2'", '{ version = "2.2", accelerator = "cpu" }'),
    ],
)
def test_adding_changes_one_place(words: str, before: str, after: str) -> None:
    assert TEXT.count(before) == 1
    assert add(TEXT, words).text == TEXT.replace(before, after)


def test_a_name_in_another_spelling_is_the_same_package() -> None:
    text = "[packages]\nScikit_Learn = { version = '>=1', extras = ['a'] }  # c\n"
    assert add(text, "scikit.learn 1.5").text == text.replace(">=1", "1.5")


def test_what_is_there_already_is_left_and_said() -> None:
    edited = add(TEXT, "torch")
    assert (edited.text, edited.done) == (TEXT, ())
    assert "torch is there already" in edited.notes[0].title


def test_what_was_done_is_said() -> None:
    assert add(TEXT, "torch 2.3, numpy").done == ('changed torch from "2.2" to "2.3"', 'added numpy = "*"')


def test_a_group_can_be_added_to() -> None:
    assert add(TEXT, "ruff", DEV).text == TEXT.replace('pytest = "*"\n', 'pytest = "*"\nruff = "*"\n')


def test_a_group_that_is_missing_is_made() -> None:
    text = add(TEXT, "sphinx", Place("envplan.toml", group="docs")).text
    assert text == TEXT + '\n[groups.docs]\nsphinx = "*"\n'


def test_an_entry_under_comments_alone_comes_after_them() -> None:
    text = '[packages]\n# torch = "2.2"\n\n[options]\n'
    assert add(text, "numpy").text == '[packages]\n# torch = "2.2"\nnumpy = "*"\n\n[options]\n'


@pytest.mark.parametrize(
    "text",
    [
        "packages = { torch = '2' }\n",
        "packages.torch = '2'\nenv.name = 'x'\n",
        "[packages.torch]\nversion = '2'\n",
        "[packages]\r\ntorch = '2'\r\n",
        '[packages]\ntorch = "2"',
        '[groups]\ndev = { pytest = "*" }\n[packages]\ntorch = """2"""\n[targets]\n',
        '[[tool.x]]\na = 1\n[packages]\ntorch = { version = "2" }\n'
        "[tool.y]\nc = [\n1, # ]\n'''\n[packages]''',\n]",
        '[ "packages" ]\n"torch" = "2"\n',
    ],
)
def test_every_way_to_write_the_table_can_be_edited(text: str) -> None:
    both = add(text, "numpy<2, torch 3").text
    assert data(both, "packages", "numpy") == "<2"
    torch = data(both, "packages", "torch")
    assert (torch["version"] if isinstance(torch, dict) else torch) == "3"
    for name in ("numpy", "torch"):
        both = removed(both, HERE, [name]).text
    assert not tomllib.loads(both).get("packages")
    rest = {key: value for key, value in tomllib.loads(text).items() if key != "packages"}
    assert {key: value for key, value in tomllib.loads(both).items() if key != "packages"} == rest


def test_windows_line_ends_stay() -> None:
    text = "[packages]\r\ntorch = '2'\r\n"
    assert add(text, "numpy").text == text + 'numpy = "*"\r\n'


def test_a_table_of_its_own_is_removed_whole_and_nothing_more() -> None:
    text = removed(TEXT, HERE, ["transformers"]).text
    assert text == TEXT.replace('\n[packages.transformers]\nversion = "4"\n# inside\nextras = ["a"]\n', "")


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(EnvplanError) as caught:
        removed(TEXT, HERE, ["torch", "transformrs", "pytest"])
    first, second = caught.value.problems
    assert (first.code, first.cures) == ("EP108", ("envplan remove transformers",))
    assert second.cures == ("envplan remove pytest --group dev",)


def test_a_package_from_a_folder_has_no_version_to_change() -> None:
    with pytest.raises(EnvplanError) as caught:
        add('[packages]\nmytool = { path = "." }\n', "mytool 2")
    assert caught.value.problems[0].code == "EP108"


def test_a_pyproject_is_edited_in_its_own_table() -> None:
    text = '[project]\nname = "x"\n\n[tool.envplan.packages]\ntorch = "2"\n\n[tool.ruff]\n'
    place = Place("pyproject.toml", ("tool", "envplan"))
    edited = add(text, "numpy", place).text
    assert edited == text.replace('torch = "2"\n', 'torch = "2"\nnumpy = "*"\n')
    assert removed(edited, place, ["numpy"]).text == text


def test_the_last_package_can_go_however_it_is_written() -> None:
    for text in ("packages.torch = '2.2'\n", "[packages.torch]\nversion = '2.2'\n"):
        assert removed(text, Place("envplan.toml"), ["torch"]).text == "[packages]\n"


def test_a_package_of_the_project_is_said_to_be_one() -> None:
    text = '[project]\ndependencies = ["Torch>=2", "numpy"]\n[tool.envplan]\n'
    with pytest.raises(EnvplanError) as raised:
        removed(text, Place("pyproject.toml", ("tool", "envplan")), ["torch"])
    assert "[project] dependencies" in raised.value.problems[0].why[0].text
