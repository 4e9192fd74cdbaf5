"""The bytes of a lock."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from packaging.pylock import Pylock
from packaging.version import Version

from envplan.documents.shipped import shipped
from envplan.lockfile import form
from envplan.lockfile.decode import decode
from envplan.lockfile.encode import canonical, encode, moment
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Pinned
from envplan.problems import EnvplanError
from envplan.values.variants import Variant
from tests.support.locks import every_machine, offer

GOLDEN = Path(__file__).parents[2] / "golden" / "every-machine.pylock.toml"


def test_the_bytes_are_the_golden_ones() -> None:
    """ENVPLAN_GOLDEN=write accepts a change of the format; the diff is then for people to read."""
    data = encode(every_machine())
    if os.environ.get("ENVPLAN_GOLDEN") == "write":
        GOLDEN.write_bytes(data)
    assert data.decode() == GOLDEN.read_text(encoding="utf-8")


def test_a_lock_follows_the_standard_and_our_schema() -> None:
    document = tomllib.loads(encode(every_machine()).decode())
    Pylock.from_dict(document).validate()
    schema = json.loads((shipped("schemas") / "lock.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document["tool"]["envplan"], schema)


def test_the_order_of_values_does_not_reach_the_bytes() -> None:
    lock = every_machine()
    turned = replace(lock, packages=lock.packages[::-1], offers=lock.offers[::-1], groups=lock.groups[::-1])
    assert encode(turned) == encode(lock)


def test_a_new_version_of_one_package_changes_the_lines_of_that_package_and_two_more() -> None:
    lock = every_machine()
    newer = [
        replace(one, version=Version("3.13.2")) if one.name == "filelock" else one for one in lock.packages
    ]
    before, after = encode(lock).splitlines(), encode(replace(lock, packages=tuple(newer))).splitlines()
    changed = [one for one, other in zip(before, after, strict=True) if one != other]
    assert [line.split(b" ")[0] for line in changed] == [b"version", b"tool", b"seal"]


def test_the_comment_tells_how_to_install_every_variant_without_envplan() -> None:
    head = encode(every_machine(), "pylock.train.toml").decode().split("lock-version")[0]
    for words in (
        "pip install --no-deps -r pylock.train.toml",
        "uv pip sync pylock.train.toml\n",
        "pip install --no-deps --group pylock.train.toml:cu121",
        "uv pip sync pylock.train.toml --group cu121",
        "--group pylock.train.toml:cpu --group pylock.train.toml:dev",
    ):
        assert words in head


def test_groups_carry_no_dots_and_the_variant_keeps_them() -> None:
    lock = every_machine()
    rocm = replace(lock, offers=(*lock.offers, offer("rocm6.2", "linux-x86_64")))
    document = tomllib.loads(encode(rocm).decode())
    assert "rocm62" in document["dependency-groups"]
    assert "rocm6.2" in [target["variant"] for target in document["tool"]["envplan"]["target"]]
    assert decode(encode(rocm)) == canonical(rocm)


@pytest.mark.parametrize("twin", ["cu121", "cpu"])
def test_a_group_of_the_spec_cannot_have_the_name_of_a_variant(twin: str) -> None:
    with pytest.raises(EnvplanError) as caught:
        encode(replace(every_machine(), groups=(twin,)))
    assert f"groups.{twin}" in caught.value.problems[0].cures[0]


def test_two_variants_cannot_share_a_group() -> None:
    lock = every_machine()
    with pytest.raises(EnvplanError):
        encode(replace(lock, offers=(offer("rocm6.2", "linux-x86_64"), offer("rocm62", "linux-x86_64"))))


FILED = ArchiveSource("my dist/filed-2.0-py3-none-any.whl", "b" * 64, 7)


def test_folders_files_and_repositories_are_sources_too() -> None:
    lock = every_machine()
    targets = lock.packages[0].targets
    git = GitSource("https://git.example/tool.git", "a" * 40, "main")
    more = (
        Pinned("mytool", None, None, (), targets, source=LocalSource(".", editable=True)),
        Pinned("tool", Version("1.0"), None, (), targets, source=git),
        Pinned("filed", Version("2.0"), None, (), targets, source=FILED),
    )
    with_sources = replace(lock, packages=(*lock.packages, *more))
    text = encode(with_sources).decode()
    assert 'directory = { path = ".", editable = true }' in text
    assert f'requested-revision = "main", commit-id = "{"a" * 40}"' in text
    assert f'archive = {{ path = "{FILED.path}", size = 7, hashes = {{ sha256 = "{"b" * 64}" }} }}' in text
    assert decode(text.encode()) == canonical(with_sources)
    assert form.read(text) == tomllib.loads(text)  # without a parser of TOML


def test_what_a_wheel_says_of_python_in_a_way_nobody_can_read_is_left_out() -> None:
    lock = every_machine()
    odd = tuple(replace(one, requires_python=">=3.6.*") for one in lock.packages)
    assert decode(encode(replace(lock, packages=odd))).packages[0].requires_python is None


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("2024-03-01T12:00:00Z", "2024-03-01T12:00:00Z"),
        ("2024-03-01T12:00:00.123456Z", "2024-03-01T12:00:00.123456Z"),
        ("2024-03-01T14:00:00+02:00", "2024-03-01T12:00:00Z"),
        ("2024-03-01 12:00:00", "2024-03-01T12:00:00Z"),
        ("yesterday", None),
        ("0001-01-01T00:00:00+23:00", None),
        (None, None),
    ],
)
def test_a_time_of_upload_is_written_in_one_way(said: str | None, written: str | None) -> None:
    assert moment(said) == written


def test_a_variant_that_is_only_for_some_platforms_can_be_the_default() -> None:
    lock = replace(every_machine(), default=Variant("cu121"))
    assert decode(encode(lock)).default == Variant("cu121")
