"""What a glance at a generation finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.environment.listing import Listing, Rows
from envplan.environment.untouched import untouched

SITE = "lib/python3.11/site-packages"


@pytest.fixture
def generation(tmp_path: Path) -> tuple[Path, Listing]:
    for name in ("torch/__init__.py", "torch/lib/libtorch.so", "torch-2.2.2.dist-info/RECORD", "six.py"):
        path = tmp_path / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {name}\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "torchrun").write_text("#!\n")
    (tmp_path / "bin" / "torchrun").chmod(0o755)
    (tmp_path / "bin" / "python").symlink_to("/usr/bin/env")
    rows = Rows(links={"bin/python": "/usr/bin/env"})
    for parent, folders, names in os.walk(tmp_path):
        inside = Path(parent)
        rows.folders += [str((inside / name).relative_to(tmp_path)) for name in folders]
        files = [inside / name for name in names if not (inside / name).is_symlink()]
        paths = [str(path.relative_to(tmp_path)) for path in files]
        times = [path.stat().st_mtime_ns for path in files]
        sizes = [path.stat().st_size for path in files]
        rows.add("torch", paths, sizes, b"\0" * 32 * len(files), {"bin/torchrun"})
        rows.mtimes.extend(times)
    return tmp_path, rows.listing()


def test_as_it_was_built_it_is_untouched(generation: tuple[Path, Listing]) -> None:
    assert untouched(*generation)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / SITE / "torch/lib/libtorch.so").write_text("other"),
        lambda root: (root / SITE / "torch/lib/libtorch.so").write_text("this is torch/lib/libtorch.s0\n"),
        lambda root: (root / SITE / "torch/lib/libtorch.so").write_text(""),
        lambda root: (root / SITE / "six.py").chmod(0),
        lambda root: (root / "bin" / "torchrun").chmod(0o644),
        lambda root: (root / SITE / "six.py").unlink(),
        lambda root: (root / SITE / "six.py").rename(root / SITE / "seven.py"),
        lambda root: (root / SITE / "sitecustomize.py").write_text(""),
        lambda root: (root / SITE / "numpy").mkdir(),
        lambda root: (root / "bin" / "pip").write_text(""),
        lambda root: (root / "bin" / "python").unlink(),
        lambda root: ((root / "bin" / "python").unlink(), (root / "bin" / "python").symlink_to("/bin/true")),
        lambda root: ((root / SITE / "six.py").unlink(), (root / SITE / "six.py").mkdir()),
    ],
    ids=[
        *(
            "edited",
            "of the same size",
            "emptied",
            "unreadable",
            "no program any more",
            "deleted",
            "renamed",
            "startup file",
            "package",
        ),
        *("command", "no interpreter", "another interpreter", "a folder in its place"),
    ],
)
def test_a_change_is_seen(generation: tuple[Path, Listing], change: Callable[[Path], object]) -> None:
    change(generation[0])
    assert not untouched(*generation)


def test_bytecode_is_no_change(generation: tuple[Path, Listing]) -> None:
    for folder in (SITE, f"{SITE}/torch"):
        (generation[0] / folder / "__pycache__").mkdir()
        (generation[0] / folder / "__pycache__" / "six.cpython-311.pyc").write_bytes(b"")
    assert untouched(*generation)


def test_a_generation_that_is_gone_is_not_untouched(tmp_path: Path, generation: tuple[Path, Listing]) -> None:
    assert not untouched(tmp_path / "none", generation[1])
