from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from tests.support.wheels import metadata, sdist, unpacked_metadata, wheel


@pytest.mark.parametrize("deflated", [False, True])
def test_every_file_of_a_wheel_is_in_its_record_with_hash_and_size(deflated: bool) -> None:
    _, body = wheel("Some-Name", "1.0+cu121", size=5000, scripts={"run": "some_name:main"}, deflated=deflated)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        rows = list(csv.reader(archive.read("Some_Name-1.0+cu121.dist-info/RECORD").decode().splitlines()))
        assert [row[0] for row in rows] == archive.namelist()
        for path, digest, size in rows[:-1]:
            content = archive.read(path)
            expected = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={expected}", str(len(content)))


def test_the_same_wheel_has_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib; from tests.support.wheels import wheel, sdist;"
        "w = wheel('a', '1', requires=['b; extra == \"x\"'], size=99, deflated=True);"
        "print(hashlib.sha256(w[1] + sdist('a', '1')[1]).hexdigest())"
    )
    root = Path(__file__).parents[3]
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in [("1", "UTC"), ("2", "Asia/Tokyo")]
    }
    assert len(printed) == 1


@pytest.mark.parametrize(
    "tags",
    ["py3-none-any", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp313-cp313t-win_amd64"],
)
def test_the_file_name_is_one_that_packaging_reads(tags: str) -> None:
    name, body = wheel("torch-audio", "2.2.0+cu121", tags)
    project, version, _, found = parse_wheel_filename(name)
    assert (project, str(version)) == ("torch-audio", "2.2.0+cu121")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        text = archive.read("torch_audio-2.2.0+cu121.dist-info/WHEEL").decode()
    assert {line.removeprefix("Tag: ") for line in text.splitlines() if line.startswith("Tag: ")} == {
        str(tag) for tag in found
    }


def test_extras_that_requirements_name_are_provided() -> None:
    _, body = wheel("a", "1", requires=["b", 'c; extra == "fast"'], extras=["empty"])
    assert unpacked_metadata(body) == metadata("a", "1", ["b", 'c; extra == "fast"'], extras=["empty"])
    assert b"Provides-Extra: empty\nProvides-Extra: fast\n" in unpacked_metadata(body)


def test_an_sdist_holds_what_a_builder_needs() -> None:
    name, body = sdist("antlr4-python3-runtime", "4.9.3")
    assert parse_sdist_filename(name)[0] == "antlr4-python3-runtime"
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        held = {Path(entry).name for entry in archive.getnames()}
    assert held == {"PKG-INFO", "pyproject.toml", "backend.py"}
