"""The snapshot of the default index: real file names, only what a plan may choose."""

from __future__ import annotations

import json
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from envplan.catalog.load import DATA

FILE = DATA / "listings" / "default-2026-11-20.json"


@pytest.fixture(scope="module")
def listing() -> dict[str, Any]:
    return dict(json.loads(FILE.read_bytes()))


@pytest.fixture(scope="module")
def projects(listing: dict[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    return dict(listing["indexes"]["default"])


def test_the_snapshot_is_small_enough_to_read_at_every_plan() -> None:
    assert FILE.stat().st_size < 150_000


def test_the_snapshot_says_where_it_is_from_and_how_old(listing: dict[str, Any]) -> None:
    assert (listing["schema"], listing["seen"], listing["method"]) == (1, "2026-11-20", "measured")


def test_names_are_normal_and_every_version_is_a_final_release(
    projects: dict[str, dict[str, dict[str, str]]],
) -> None:
    for project, versions in projects.items():
        assert project == canonicalize_name(project)
        for version in versions:
            read = Version(version)
            assert not read.is_prerelease, f"{project} {version}"
            assert read.local is None, f"{project} {version}"


def test_projects_and_versions_are_sorted_so_that_the_next_snapshot_is_a_small_difference(
    projects: dict[str, dict[str, dict[str, str]]],
) -> None:
    assert list(projects) == sorted(projects)
    for versions in projects.values():
        assert list(versions) == sorted(versions, key=Version)


@pytest.mark.parametrize(
    ("project", "version"),
    [("cupy-cuda12x", "13.5.0"), ("jax", "0.4.32"), ("torchvision", "0.15.0"), ("torchaudio", "2.0.0")],
)
def test_withdrawn_releases_are_left_out(
    projects: dict[str, dict[str, dict[str, str]]], project: str, version: str
) -> None:
    assert version not in projects[project]


@pytest.mark.parametrize(
    ("project", "version", "tag", "pythons"),
    [
        ("torch", "2.2.2", "macosx_10_9_x86_64", "38 39 310 311 312"),
        ("torch", "2.2.2", "manylinux1_x86_64", "38 39 310 311 312"),
        ("torch", "2.5.1", "manylinux1_x86_64", "39 310 311 312 313"),
        ("torch", "2.5.1", "win_amd64", "39 310 311 312"),
        ("torch", "2.15.0", "macosx_14_0_arm64", "311 312 313 314 315"),
        ("tensorflow", "2.10.1", "win_amd64", "37 38 39 310"),
        ("tensorflow", "2.21.0", "manylinux_2_27_x86_64", "310 311 312 313"),
        ("jax", "0.12.0.1", "any", "312+"),
        ("jax-cuda13-plugin", "0.10.2", "manylinux_2_27_aarch64", "311 312 313 314"),
        ("vllm", "0.9.2", "manylinux1_x86_64", "39 310 311 312"),
        ("vllm", "0.33.0", "manylinux_2_28_x86_64", "311 312 313 314"),
        ("bitsandbytes", "0.50.2", "win_arm64", "310+"),
        ("cudf-cu12", "26.10.2", "manylinux_2_24_x86_64.manylinux_2_28_x86_64", "311+"),
        ("onnxruntime-gpu", "1.31.1", "manylinux_2_34_aarch64", "311 312 313 314"),
    ],
)
def test_a_file_is_for_the_pythons_that_both_its_tag_and_its_metadata_admit(
    projects: dict[str, dict[str, dict[str, str]]], project: str, version: str, tag: str, pythons: str
) -> None:
    assert projects[project][version][tag] == pythons


def test_the_last_torch_for_intel_macs_is_2_2_2(projects: dict[str, dict[str, dict[str, str]]]) -> None:
    intel = [
        version
        for version, files in projects["torch"].items()
        if any(tag.startswith("macosx") and tag.endswith("x86_64") for tag in files)
    ]
    assert max(intel, key=Version) == "2.2.2"


def test_a_project_with_source_only_lists_its_releases_and_no_wheel(
    projects: dict[str, dict[str, dict[str, str]]],
) -> None:
    assert projects["flash-attn"]
    assert not any(projects["flash-attn"].values())
