from __future__ import annotations

import shlex

import pytest

from envplan.demo.story import SERIES, Step, story
from envplan.machine.profile import shipped_profiles
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.versions import Python

PYTHONS = (Python(3, 11), Python(3, 12), Python(3, 13), Python(3, 14), Python(3, 15))


def told(platform: str, python: Python) -> list[str]:
    return [step.words[0] for step in story(Platform.parse(platform), python).steps]


@pytest.mark.parametrize("platform", PLATFORM_NAMES)
@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_it_can_be_told_on_every_computer_up_to_the_lock(platform: str, python: Python) -> None:
    commands = told(platform, python)
    assert commands[:2] == ["init", "plan"]
    end = -1 if commands[-1] == "apply" else None
    assert commands[:end][-5:] == ["add", "plan", "explain", "add", "lock"]


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64", "macos-arm64", "linux-aarch64"])
@pytest.mark.parametrize("python", PYTHONS[:4], ids=str)
def test_where_torch_has_wheels_an_environment_is_built_and_used(platform: str, python: Python) -> None:
    commands = told(platform, python)
    start = commands.index("apply")
    assert commands[start : start + 4] == ["apply", "run", "verify", "apply"]


def test_a_python_newer_than_every_torch_gets_a_story_without_an_environment() -> None:
    tale = story(Platform.parse("linux-x86_64"), Python(3, 15))
    assert (tale.played, tale.python) == ("", SERIES[-1].pythons[-1])
    assert "apply" not in told("linux-x86_64", Python(3, 15))


def test_a_computer_plays_a_machine_of_its_own_platform() -> None:
    for platform in PLATFORM_NAMES:
        for python in PYTHONS:
            played = story(Platform.parse(platform), python).played
            assert played == "" or played in shipped_profiles()


def test_a_command_is_written_as_a_shell_reads_it() -> None:
    for python in PYTHONS:
        for step in story(Platform.parse("linux-x86_64"), python).steps:
            assert shlex.split(step.line) == ["envplan", *step.words]


def test_words_that_a_shell_would_take_apart_are_quoted() -> None:
    assert Step("", ("add", "numpy>=2", "plain")).line == 'envplan add "numpy>=2" plain'
