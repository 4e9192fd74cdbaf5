"""Whose a link is, told by where it leads and by nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from envplan.environment.model import Place
from envplan.environment.pointer import Foreign, Nowhere, Ours, pointing, refuse_foreign
from envplan.problems import EnvplanError
from envplan.store.paths import reachable


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (".envplan/train/1", 1),
        (".envplan/train/42", 42),
        ("{folder}/.envplan/train/7", 7),
        ("\\\\?\\{folder}/.envplan/train/8", 8),
        (".envplan/train/1/", 1),
        (".envplan/train/0", None),
        (".envplan/train/01", None),
        (".envplan/train/1/bin", None),
        (".envplan/train", None),
        ("../.envplan/train/1", None),
        ("/elsewhere/.envplan/train/1", None),
        ("x/.envplan/train/1", None),
        (".venv-3.11", None),
        ("/usr", None),
    ],
)
def test_a_link_is_ours_if_it_leads_to_a_generation_beside_it(
    tmp_path: Path, text: str, number: int | None
) -> None:
    pointer = tmp_path / ".venv"
    pointer.symlink_to(text.format(folder=tmp_path))
    match pointing(pointer):
        case Ours(name, found, folder):
            assert (name, found) == ("train", number)
            assert folder == tmp_path / ".envplan" / "train" / str(number)
        case Foreign(kind):
            assert number is None
            assert kind.startswith("a link to ")
        case other:
            pytest.fail(str(other))


def test_it_is_ours_too_when_seen_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "seen").symlink_to("real")
    (tmp_path / "real" / ".venv").symlink_to(tmp_path / "real" / ".envplan" / "train" / "3")
    assert isinstance(pointing(tmp_path / "seen" / ".venv"), Ours)


def test_other_things_are_called_what_they_are(tmp_path: Path) -> None:
    assert pointing(tmp_path / "nothing") == Nowhere()
    assert pointing(tmp_path / "no folder" / ".venv") == Nowhere()
    (tmp_path / "folder").mkdir()
    assert pointing(tmp_path / "folder") == Foreign("a folder")
    (tmp_path / "file").touch()
    assert pointing(tmp_path / "file") == Foreign("a file")
    assert pointing(tmp_path / "file" / ".venv") == Nowhere()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert pointing(tmp_path / "pipe") == Foreign("a pipe")


def test_what_cannot_even_be_looked_at_is_not_said_to_be_unwritable(tmp_path: Path) -> None:
    with pytest.raises(EnvplanError, match="EP441 the environment cannot be looked at"):
        pointing(tmp_path / ("x" * 300))


@pytest.mark.skipif(sys.platform == "win32", reason="devices are no files there")
def test_a_device_is_not_even_moved_aside() -> None:
    assert pointing(Path(os.devnull)) == Foreign("a device")
    with pytest.raises(EnvplanError, match="null is a device") as refused:
        refuse_foreign(Place("train", Path(os.devnull)), replace=True)
    assert refused.value.problems[0].cures == ("envplan apply --env .venv",)  # not there once more


@pytest.mark.parametrize(
    ("path", "system", "expected"),
    [
        ("/srv/app", "posix", "/srv/app"),
        ("C:\\app", "nt", "\\\\?\\C:\\app"),
        ("\\\\server\\share\\app", "nt", "\\\\?\\UNC\\server\\share\\app"),
        ("\\\\?\\C:\\app", "nt", "\\\\?\\C:\\app"),
    ],
)
def test_long_paths_are_marked_for_windows(path: str, system: str, expected: str) -> None:
    assert str(reachable(Path(path), system)) == expected
