"""A fingerprint changes with what a choice rests on, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.machine.fingerprint import fingerprint

_PCI = "proc/bus/pci/devices"
_NVIDIA = "0100\t10de2204\t{irq}" + "\t0" * 14 + "\t{driver}\n"
_DISK = "0008\t1af41045\t9" + "\t0" * 14 + "\tvirtio-pci\n"


def put(root: Path, place: str, text: str = "") -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "sys/module/nvidia/version", "535.129.03\n")
    put(tmp_path, "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1", "library")
    put(tmp_path, _PCI, _NVIDIA.format(irq="3c", driver="nvidia") + _DISK)
    put(tmp_path, "dev/nvidia0")
    put(tmp_path, "dev/tty")
    return tmp_path


Change = Callable[[Path], None]


@pytest.mark.parametrize(
    "change",
    [
        lambda root: put(root, "sys/module/nvidia/version", "580.65.06\n"),
        lambda root: (root / "sys/module/nvidia/version").unlink(),
        lambda root: put(root, "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1", "another library"),
        lambda root: put(root, "dev/nvidia1"),
        lambda root: put(root, "dev/kfd"),
        lambda root: put(root, _PCI, _NVIDIA.format(irq="3c", driver="nouveau") + _DISK),
        lambda root: put(root, _PCI, _DISK),
    ],
    ids=["driver", "no driver", "library", "second GPU", "AMD", "other driver", "unplugged"],
)
def test_another_driver_or_gpu_changes_it(root: Path, change: Change) -> None:
    before = fingerprint(root=root, environ={})
    change(root)
    assert fingerprint(root=root, environ={}) != before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: put(root, "dev/tty1"),
        lambda root: put(root, _PCI, _NVIDIA.format(irq="40", driver="nvidia") + _DISK),
        lambda root: put(root, _PCI, _NVIDIA.format(irq="3c", driver="nvidia")),
    ],
    ids=["terminal", "interrupt", "disk"],
)
def test_what_no_choice_rests_on_leaves_it(root: Path, change: Change) -> None:
    before = fingerprint(root=root, environ={})
    change(root)
    assert fingerprint(root=root, environ={}) == before


def test_hiding_gpus_changes_it_and_an_empty_value_is_not_none(root: Path) -> None:
    values: list[dict[str, str]] = [{}, {"CUDA_VISIBLE_DEVICES": ""}, {"CUDA_VISIBLE_DEVICES": "0"}]
    assert len({fingerprint(root=root, environ=one) for one in values}) == 3
    assert fingerprint(root=root, environ={"EDITOR": "vi"}) == fingerprint(root=root, environ={})


@pytest.mark.parametrize(
    ("variable", "file"),
    [
        ("LD_LIBRARY_PATH", "libnvidia-ml.so.1"),
        ("LD_LIBRARY_PATH", "libcuda.so.1"),
        ("PATH", "nvidia-smi"),
    ],
)
def test_a_driver_that_only_a_variable_leads_to_counts(root: Path, variable: str, file: str) -> None:
    environ = {variable: f"/nowhere:{root / 'opt/nvidia'}"}
    before = fingerprint(root=root, environ=environ)
    assert before == fingerprint(root=root, environ={}), "it leads to nothing of a driver"
    put(root, f"opt/nvidia/{file}", "535")
    first = fingerprint(root=root, environ=environ)
    put(root, f"opt/nvidia/{file}", "580.65")
    assert len({before, first, fingerprint(root=root, environ=environ)}) == 3


def test_the_order_in_which_gpus_are_counted_changes_it(root: Path) -> None:
    environ = {"CUDA_VISIBLE_DEVICES": "0"}
    ordered = {**environ, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert fingerprint(root=root, environ=environ) != fingerprint(root=root, environ=ordered)


def test_the_profile_that_we_pretend_to_be_counts_with_what_it_says(root: Path, tmp_path: Path) -> None:
    profile = tmp_path / "lab.toml"
    profile.write_text("one")
    environ = {"ENVPLAN_PROFILE": str(profile)}
    first = fingerprint(root=root, environ=environ)
    profile.write_text("another")
    assert fingerprint(root=root, environ=environ) != first != fingerprint(root=root, environ={})


def test_what_was_asked_for_counts(root: Path) -> None:
    assert fingerprint(["variant cpu"], root=root) != fingerprint(["variant cu121"], root=root)
    assert fingerprint(["a", "b"], root=root) != fingerprint(["a b"], root=root)
