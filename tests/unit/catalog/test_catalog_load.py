"""Loading: only what is wanted, quickly, and the same every time."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.catalog.load import DATA, digest, listings, load
from envplan.catalog.model import Catalog

NAMES = ["torch", "torchvision", "Torch_Vision", "torchao", "triton", "numpy", "no-such-thing", ""]


def everything_of(catalog: Catalog) -> str:
    return repr((catalog.frameworks, catalog.listing, catalog.bindings, catalog.bound, catalog.toolkits))


@given(st.lists(st.sampled_from(NAMES)))
@settings(max_examples=30, deadline=None)
def test_the_order_and_number_of_names_change_nothing(names: list[str]) -> None:
    assert everything_of(load(names)) == everything_of(load(sorted(set(names))))


@pytest.mark.parametrize("name", ["torch", "Torch", "torchvision", "TorchAudio"])
def test_any_name_of_a_family_brings_its_framework(name: str) -> None:
    assert load([name]).frameworks["torch"].lead == "torch"


def test_a_name_that_the_indexes_of_a_framework_serve_brings_that_framework() -> None:
    catalog = load(["torchao"])
    assert catalog.bound["torchao"] == "torch"
    assert "torch" in catalog.frameworks
    assert catalog.framework_of("torchao") is None  # its versions are not the framework's


def test_names_of_no_framework_bring_only_what_all_share() -> None:
    catalog = load(["numpy", "../torch", "cuda"])
    assert catalog.frameworks == {}
    assert catalog.listing == {}
    assert catalog.toolkits
    assert catalog.bindings["torch"] == "torch"


def test_every_way_says_what_it_asks_for_and_whose_wheels_decide() -> None:
    for framework in load(load([]).bindings).frameworks.values():
        for way in framework.ways:
            assert way.ask, framework.name
            assert way.project, framework.name


def test_what_a_framework_follows_or_brings_along_is_there_too() -> None:
    frameworks = load(load([]).bindings).frameworks
    for framework in frameworks.values():
        assert {*framework.implies, *filter(None, [framework.follows])} <= frameworks.keys()


def test_the_snapshots_used_are_named_with_their_dates() -> None:
    snapshots = load(["torch"]).snapshots
    assert {snapshot.seen for snapshot in snapshots} >= {"2025-07-09", "2026-11-20"}
    assert load(["numpy"]).snapshots == ()


def test_wheels_of_projects_that_nobody_wants_are_left_alone() -> None:
    held = {project for data in listings() for projects in data["indexes"].values() for project in projects}
    got = {project for projects in load(["torch"]).listing.values() for project in projects}
    assert "torch" in got < held
    assert got <= set(load(["torch"]).frameworks["torch"].packages)


def test_loading_torch_is_fast_enough_for_every_command() -> None:
    """The budget is 30 ms on an idle machine; three times as much is slow on any."""
    code = (
        "import time; from envplan.catalog.load import load; begin = time.process_time();"
        "load(['torch']); print(time.process_time() - begin)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
        for _ in range(3)
    ]
    assert min(runs) < 0.09


def test_the_data_are_beside_the_code_so_that_a_wheel_carries_them() -> None:
    import envplan

    assert envplan.__file__ is not None
    assert DATA.is_relative_to(envplan.__file__.rsplit("/", 1)[0])
    assert {path.name for path in DATA.glob("*.toml")} >= {
        "cuda.toml",
        "gpus.toml",
        "indexes.toml",
        "torch.toml",
    }


def test_the_digest_of_what_is_known_follows_the_frameworks_and_the_rows_of_the_user(tmp_path: Path) -> None:
    assert digest(["torch"], tmp_path) == digest(["torch"])
    assert digest(["torch"]) != digest(["torch", "jax"])
    (tmp_path / "more.toml").write_text("schema = 1\n")
    assert digest(["torch"], tmp_path) != digest(["torch"])
