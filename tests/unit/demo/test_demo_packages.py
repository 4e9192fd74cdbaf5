from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.utils import canonicalize_name, parse_wheel_filename

from envplan.demo.packages import TORCH, Upload, uploads
from envplan.demo.story import SERIES, Series


@pytest.fixture(scope="module")
def held() -> tuple[Upload, ...]:
    return uploads()


def test_every_stand_in_is_a_wheel_whose_record_holds(held: tuple[Upload, ...]) -> None:
    for upload in held:
        name, version, _, _ = parse_wheel_filename(upload.name)
        with zipfile.ZipFile(io.BytesIO(upload.body)) as archive:
            info = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA")).split("/")[
                0
            ]
            said = Metadata.from_email(archive.read(f"{info}/METADATA"))
            rows = list(csv.reader(archive.read(f"{info}/RECORD").decode().splitlines()))
            assert (canonicalize_name(said.name), said.version) == (name, version)
            assert sorted(row[0] for row in rows) == sorted(archive.namelist())
            for path, digest, size in rows[:-1]:
                content = archive.read(path)
                expected = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={expected}", str(len(content)))


def test_every_stand_in_says_that_it_is_one(held: tuple[Upload, ...]) -> None:
    for upload in held:
        assert b"stand-in" in upload.metadata
        with zipfile.ZipFile(io.BytesIO(upload.body)) as archive:
            modules = [archive.read(one) for one in archive.namelist() if one.endswith(".py")]
        assert any(b"stand-in" in text for text in modules)


def test_wheels_that_share_a_file_agree_on_its_bytes(held: tuple[Upload, ...]) -> None:
    found = set()
    for upload in held:
        with zipfile.ZipFile(io.BytesIO(upload.body)) as archive:
            found |= {archive.read(one) for one in archive.namelist() if one == "nvidia/__init__.py"}
    assert found == {b""}


def test_a_file_is_on_an_index_only_once(held: tuple[Upload, ...]) -> None:
    assert len({(upload.index, upload.name) for upload in held}) == len(held)


@pytest.mark.parametrize("series", SERIES, ids=lambda one: one.torch)
@pytest.mark.parametrize("system", ["linux", "win"])
def test_each_torch_of_the_story_is_there_with_its_companions(
    held: tuple[Upload, ...], series: Series, system: str
) -> None:
    for python in series.pythons:
        there = {
            upload.project
            for upload in held
            if upload.index == f"{TORCH}/{series.variant}"
            and upload.tags.startswith(f"cp{python.major}{python.minor}-")
            and system in upload.tags
        }
        assert there >= {"torch", "torchvision", "torchaudio"}, python


def test_of_one_index_the_same_bytes_come_from_every_process() -> None:
    code = (
        "import hashlib; from envplan.demo.packages import uploads;"
        "print(hashlib.sha256(b''.join(one.body for one in uploads())).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[3],
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in [("1", "UTC"), ("2", "Asia/Tokyo")]
    }
    assert len(printed) == 1
