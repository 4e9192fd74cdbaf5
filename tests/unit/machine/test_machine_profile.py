"""Profiles: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from envplan.documents.shipped import shipped
from envplan.machine.model import Machine
from envplan.machine.profile import decode, encode, find_profile, read_profile, shipped_profiles
from envplan.problems import EnvplanError, Problem
from envplan.values.versions import Compute

EXAMPLE = """
schema = 1
name = "lab-gtx1080"
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.10", "3.11"]

[nvidia]
driver = "535.129.03"
cuda = "12.2"

[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce GTX 1080"
compute = "6.1"
memory-mib = 8192
"""

LINUX = 'schema = 1\nname = "x"\nos = "linux"\narch = "x86_64"\n'
MAC = 'schema = 1\nname = "x"\nos = "macos"\narch = "aarch64"\n'
DRIVER = '[nvidia]\ndriver = "535.129.03"\n'


def read(text: str) -> Machine:
    return decode(text.encode(), "lab.toml")


def refused(text: str | bytes) -> list[Problem]:
    with pytest.raises(EnvplanError) as raised:
        decode(text.encode() if isinstance(text, str) else text, "lab.toml")
    assert raised.value.exit == 2
    return list(raised.value.problems)


def schema() -> Draft202012Validator:
    document: dict[str, Any] = json.loads((shipped("schemas") / "profile.schema.json").read_text())
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def test_the_example_of_the_format_is_read_with_the_origin_of_every_fact() -> None:
    machine = read(EXAMPLE)
    assert str(machine.platform) == "linux-x86_64"
    assert str(machine.libc) == "glibc 2.35"
    assert [str(python) for python in machine.pythons] == ["3.10", "3.11"]
    assert machine.nvidia
    assert str(machine.nvidia.driver) == "535.129.03"
    assert machine.nvidia.driver.origin == "lab.toml: nvidia.driver"
    assert str(machine.nvidia.cuda) == "12.2"
    assert [str(gpu) for gpu in machine.gpus] == ["NVIDIA GeForce GTX 1080 (sm_61)"]
    assert machine.gpus[0].memory_mib == 8192


def test_the_smallest_profile_is_a_machine_without_a_gpu() -> None:
    machine = read(LINUX)
    assert machine.gpus == ()
    assert machine.nvidia is None
    assert machine.libc is None


def test_a_gpu_without_a_driver_is_a_machine_that_exists() -> None:
    machine = read(LINUX + '[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA GeForce RTX 3080"\ncompute = "8.6"\n')
    assert machine.nvidia is None
    assert machine.gpus


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "lab.toml: schema", "schema is missing"),
        (LINUX.replace("schema = 1", "schema = 2"), "lab.toml: schema", "schema 2"),
        (LINUX.replace("schema = 1", "schema = true"), "lab.toml: schema", "whole number"),
        (LINUX.replace('name = "x"', 'name = ""'), "lab.toml: name", "printable"),
        (LINUX.replace('name = "x"', 'name = "a\\nb"'), "lab.toml: name", "printable"),
        (LINUX.replace("linux", "darwin"), "lab.toml: os", "'macos'"),
        (LINUX.replace("linux", "linus"), "lab.toml: os", "not a known word"),
        (LINUX.replace("x86_64", "arm64"), "lab.toml: arch", "'aarch64'"),
        (LINUX.replace("x86_64", "AMD64"), "lab.toml: arch", "'x86_64'"),
        (LINUX.replace("x86_64", "i686"), "lab.toml: arch", "not a known word"),
        (LINUX + 'libc = "2.35"', "lab.toml: libc", "glibc 2.35"),
        (LINUX + 'libc = "glibc 2..35"', "lab.toml: libc", "dots"),
        (LINUX + 'macos = "14.5"', "lab.toml: macos", "belongs to macos"),
        (MAC + 'libc = "glibc 2.35"', "lab.toml: libc", "belongs to linux"),
        (MAC + DRIVER, "lab.toml: nvidia", "no Mac"),
        (LINUX + "python = [3.11]", "lab.toml: python[0]", "must be text"),
        (LINUX + 'python = ["3"]', "lab.toml: python", "minor version"),
        (LINUX + 'python = ["3.11.4"]', "lab.toml: python", "minor version"),
        (LINUX + "[nvidia]\n", "lab.toml: nvidia.driver", "missing"),
        (LINUX + "[nvidia]\ndriver = 535.129\n", "lab.toml: nvidia.driver", "must be text"),
        (LINUX + '[nvidia]\ndriver = "latest"\n', "lab.toml: nvidia.driver", "such as 535.129.03"),
        (LINUX + '[nvidia]\ndriver = "535.129.03"\ncuda = "12"\n', "lab.toml: nvidia.cuda", "CUDA version"),
        (LINUX + "nvidia = true\n", "lab.toml: nvidia", "must be a table"),
        (LINUX + '[gpu]\nvendor = "nvidia"\n', "lab.toml: gpu", "double brackets"),
        (LINUX + "gpu = [1]\n", "lab.toml: gpu[0]", "must be a table"),
        (LINUX + '[[gpu]]\nvendor = "nvida"\nname = "x"\n', "lab.toml: gpu[0].vendor", "not a known word"),
        (LINUX + '[[gpu]]\nvendor = "amd"\n', "lab.toml: gpu[0].name", "missing"),
        (
            LINUX + '[[gpu]]\nvendor = "amd"\nname = "x"\ngfx = "1100"\n',
            "lab.toml: gpu[0].gfx",
            "AMD architecture",
        ),
        (
            LINUX + '[[gpu]]\nvendor = "amd"\nname = "x"\ncompute = "8.6"\n',
            "lab.toml: gpu[0].compute",
            "property of nvidia",
        ),
        (LINUX + '[[gpu]]\nvendor = "apple"\nname = "Apple M2"\n', "lab.toml: gpu", "only macOS"),
        (
            LINUX + '[[gpu]]\nvendor = "intel"\nname = "x"\nmemory-mib = 0\n',
            "lab.toml: gpu[0].memory-mib",
            "memory",
        ),
        (LINUX + "drivers = 1\n", "lab.toml: drivers", "unknown key"),
    ],
)
def test_what_is_wrong_is_named_at_its_place(text: str, place: str, words: str) -> None:
    problems = refused(text)
    assert {problem.code for problem in problems} == {"EP102"}
    at_place = [problem for problem in problems if problem.found[0].origin == place]
    assert at_place, [problem.found for problem in problems]
    assert words in " ".join([at_place[0].title, *at_place[0].cures])


def test_all_problems_are_told_at_once_with_the_nearest_words() -> None:
    text = 'schema = 1\nname = "x"\nos = "win32"\narch = "amd64"\npythn = ["3.11"]\n[nvidia]\ndrivr = "535"\n'
    problems = refused(text)
    cures = {cure for problem in problems for cure in problem.cures}
    assert {'os = "windows"', 'arch = "x86_64"', "rename it to python", "rename it to driver"} <= cures


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"\xff\xfea\x00",
        b"\xc3\x28",
        b"[",
        b"a = " + b"[" * 5000,
        b"#" * 1_000_000,
        b"schema = " + b"1" * 5000,
        b"name = 'x'\nname = 'y'",
    ],
)
def test_garbage_is_a_problem_and_no_crash(data: bytes) -> None:
    assert refused(data)


def test_a_gpu_without_capability_is_looked_up_by_its_name() -> None:
    text = LINUX + DRIVER + '[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA A100"\n'
    machine = decode(text.encode(), "lab.toml", lambda name: Compute(8, 0) if "A100" in name else None)
    assert machine.gpus[0].compute == Compute(8, 0)


def test_a_gpu_that_nobody_knows_needs_its_capability_written_down() -> None:
    text = LINUX + DRIVER + '[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA X9000"\n'
    (problem,) = refused(text)
    assert "NVIDIA X9000" in problem.title
    assert any(cure.startswith("compute = ") for cure in problem.cures)


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    machine = decode(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode(), "lab.toml")
    assert machine.name == "lab-gtx1080"


def test_writing_down_what_was_read_changes_nothing() -> None:
    once = encode(read(EXAMPLE))
    assert encode(read(once)) == once
    assert read(once) == read(EXAMPLE)


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_is_right_and_says_what_it_stands_for(name: str) -> None:
    path = find_profile(name)
    text = path.read_text(encoding="utf-8")
    machine = read_profile(path)
    assert machine.name == name
    assert machine.origin == f"profiles/{name}.toml"
    assert text.startswith("# ")
    assert len(text.splitlines()[0]) > 15
    assert (machine.libc is not None) == (machine.platform.os == "linux")
    assert (machine.macos is not None) == (machine.platform.os == "macos")
    assert list(schema().iter_errors(tomllib.loads(text))) == []


def test_at_least_thirty_machines_are_shipped() -> None:
    assert len(shipped_profiles()) >= 30


@pytest.mark.parametrize(
    "text",
    [
        "",
        LINUX.replace("schema = 1", "schema = 2"),
        LINUX.replace("linux", "darwin"),
        LINUX.replace("x86_64", "arm64"),
        LINUX.replace('name = "x"', 'name = ""'),
        LINUX + 'macos = "14.5"',
        MAC + 'libc = "glibc 2.35"',
        MAC + DRIVER,
        LINUX + "python = [3.11]",
        LINUX + "[nvidia]\n",
        LINUX + "[nvidia]\ndriver = 535.129\n",
        LINUX + '[gpu]\nvendor = "nvidia"\n',
        LINUX + '[[gpu]]\nvendor = "apple"\nname = "Apple M2"\n',
        LINUX + '[[gpu]]\nvendor = "amd"\nname = "x"\ncompute = "8.6"\n',
        LINUX + '[[gpu]]\nvendor = "intel"\nname = "x"\nmemory-mib = 0\n',
        LINUX + "drivers = 1\n",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert refused(text)
    assert not schema().is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    "name", ["lab-gtx180", "", "\0", "../../etc/passwd", "-r/etc/passwd", "no\nsuch", "."]
)
def test_a_profile_that_is_not_there_is_a_problem(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EnvplanError) as raised:
        read_profile(find_profile(name))
    assert [problem.code for problem in raised.value.problems] == ["EP109"]
    assert raised.value.problems[0].cures


def test_a_file_of_the_users_is_found_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(EXAMPLE)
    machine = read_profile(find_profile(str(tmp_path / "lab.toml")))
    assert machine.name == "lab-gtx1080"


@pytest.mark.parametrize(
    ("line", "written", "told"),
    [
        ('driver = "535.129.03"', 'driver = "abc"', "'abc' is not a driver version such as 535.129.03"),
        ('driver = "535.129.03"', "driver = 535.129", 'driver = "535.129"'),
        ('compute = "6.1"', 'compute = "61"', "6.1 is probably meant"),
        ('compute = "6.1"', "compute = 6.1", 'compute = "6.1"'),
        ("memory-mib = 8192", 'memory-mib = "8192"', "memory-mib = 8192"),
        ('os = "linux"\n', "", "it is one of: linux, windows, macos"),
        ('driver = "535.129.03"\n', "", "driver is missing"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(line: str, written: str, told: str) -> None:
    text = (shipped("profiles") / "lab-gtx1080.toml").read_text(encoding="utf-8")
    assert line in text
    (problem,) = refused(text.replace(line, written))
    assert told in " ".join([problem.title, *(one.text for one in problem.why), *problem.cures])


def test_control_characters_in_a_name_are_written_out() -> None:
    text = (shipped("profiles") / "lab-gtx1080.toml").read_text(encoding="utf-8")
    (problem,) = refused(text.replace('name = "lab-gtx1080"', 'name = "a\\u001b[31m"'))
    assert problem.found[0].text == "a\\x1b[31m"
