"""The file that `envplan lock` writes for torch and its companions, five packages and seven targets."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.pylock import Pylock
from packaging.utils import parse_wheel_filename

from envplan.index.addresses import default_index
from tests.functional.lock.conftest import SMALL, Made, Project, reachable
from tests.support.shaped import CANONICAL, Shaped

VARIANTS = {"cpu", "cu118", "cu121"}
TORCHES = {"torch", "torchvision", "torchaudio"}
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"}
MAC = {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}
TARGETS = [
    (LINUX, "cu118"),
    (LINUX, "cu121"),
    (LINUX, "cpu"),
    (WINDOWS, "cu118"),
    (WINDOWS, "cu121"),
    (WINDOWS, "cpu"),
    (MAC, "cpu"),
]


def entries(made: Made) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made.project.document["packages"]
    return found


def taken(made: Made, machine: dict[str, str], variant: str) -> dict[str, str]:
    """What an installer that knows only the standard takes: name and version."""
    around = {**machine, "python_version": "3.11", "python_full_version": "3.11.9", "extras": set()}
    found: dict[str, str] = {}
    for entry in entries(made):
        marker = entry.get("marker")
        groups = {**around, "dependency_groups": {variant}}
        if marker is None or Marker(marker).evaluate(groups, context="lock_file"):  # type: ignore[arg-type]
            assert entry["name"] not in found
            found[entry["name"]] = entry["version"]
    return found


def wheels(made: Made) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for entry in entries(made):
        for wheel in entry["wheels"]:
            yield entry, wheel


def test_seven_targets_are_one_file(big: Made) -> None:
    locks = [path.name for path in big.project.folder.iterdir() if path.name.startswith("pylock")]
    assert locks == ["pylock.toml"]
    assert set(big.project.document["dependency-groups"]) == VARIANTS
    assert big.project.document["default-groups"] == ["cpu"]


def test_the_standard_s_own_reader_accepts_it(big: Made) -> None:
    Pylock.from_dict(big.project.document).validate()


@pytest.mark.parametrize(("machine", "variant"), TARGETS, ids=lambda value: str(value)[:30])
def test_each_target_gets_each_package_once_and_in_its_variant(
    big: Made, machine: dict[str, str], variant: str
) -> None:
    found = taken(big, machine, variant)
    assert found.keys() >= {*TORCHES, "transformers", "pandas"}
    local = "" if machine is MAC else f"+{variant}"
    assert all(found[name].endswith(local) and ("+" in found[name]) == bool(local) for name in TORCHES)


@pytest.mark.parametrize(("machine", "variant"), TARGETS, ids=lambda value: str(value)[:30])
def test_nvidia_and_triton_are_only_where_linux_runs_cuda(
    big: Made, machine: dict[str, str], variant: str
) -> None:
    found = {name for name in taken(big, machine, variant) if name.startswith(("nvidia-", "triton"))}
    on_linux_with_cuda = machine is LINUX and variant != "cpu"
    assert bool(found) == on_linux_with_cuda
    assert not on_linux_with_cuda or "triton" in found


def test_versions_differ_across_targets_in_their_local_label_only(big: Made) -> None:
    for name, versions in big.project.versions.items():
        assert len({version.partition("+")[0] for version in versions}) == 1 or name.startswith("nvidia-")


def test_every_wheel_has_its_address_its_sha256_and_its_index(big: Made) -> None:
    allowed = (default_index(), CANONICAL)
    for entry, wheel in wheels(big):
        assert entry["index"].startswith(allowed), entry["name"]
        assert wheel["url"].startswith("https://")
        assert len(wheel["hashes"]["sha256"]) == 64
        assert parse_wheel_filename(wheel["name"])[0] == entry["name"]


def test_sizes_stand_there_though_no_page_of_torch_says_them(big: Made) -> None:
    for entry, wheel in wheels(big):
        assert wheel["size"] > 0, wheel["name"]
        if entry["name"] == "torch":
            with urllib.request.urlopen(reachable(wheel["url"], big.shaped)) as answer:
                assert len(answer.read()) == wheel["size"]


@pytest.mark.parametrize("code", [None, 403, 405])
def test_a_size_takes_the_head_of_an_answer_and_a_server_that_gives_none_is_no_trouble(
    project: Project, shaped: Shaped, code: int | None
) -> None:
    if code:
        shaped.web.fault("*", "status", code=code, method="HEAD")
    project.spec(SMALL.replace('"2.2"', '"2.7"')).locked()
    torch = [one for one in project.document["packages"] if one["name"] == "torch"]
    assert [("size" in wheel) for one in torch for wheel in one["wheels"]] == [code is None] * len(torch)
    shaped.web.forget()
    project.locked()
    assert code or not shaped.web.requests(method="HEAD")  # once is enough


def test_the_hashes_are_those_of_the_files(big: Made) -> None:
    """Of those that their page says, and of those that had to be read because it does not."""
    for entry, wheel in wheels(big):
        if entry["name"] in ("torch", "torchaudio", "triton", "pandas"):
            with urllib.request.urlopen(reachable(wheel["url"], big.shaped)) as answer:
                assert hashlib.sha256(answer.read()).hexdigest() == wheel["hashes"]["sha256"]


def test_a_whole_file_that_must_be_read_is_said_beforehand(big: Made) -> None:
    assert "torchaudio-2.2.2+cu121-cp311-cp311-linux_x86_64.whl" in big.done.stderr
    assert "Traceback" not in big.done.stderr


def test_the_answer_in_json_is_the_promised_one(big: Made) -> None:
    done = big.project.lock("--json")
    answer = json.loads(done.stdout)
    assert (answer["command"], answer["exit"], answer["problems"]) == ("lock", 0, [])
    assert done.returncode == 0


def test_neither_mirror_nor_folder_nor_user_stands_in_it(big: Made) -> None:
    text = big.project.file.read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    assert str(big.project.folder.parent) not in text
