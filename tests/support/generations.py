"""Environments of the tests: really built, from wheels the tests make, and put to use."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from envplan.environment.build import build, put_to_use
from envplan.environment.generations import Generation, current
from envplan.environment.model import Part, Place, Receipt
from envplan.environment.skeletons import skeleton
from envplan.values.versions import Python
from tests.support.trees import unpacked

HERE = Python(*sys.version_info[:2])

Wheels = Sequence[tuple[str, bytes]]


def generation(
    folder: Path,
    wheels: Wheels,
    *,
    variant: str = "cpu",
    store: Path | None = None,
    lock: bytes = b"",
    python: Python = HERE,
) -> Generation:
    """Build an environment `train` at `folder`/.venv."""
    store = store or folder / "store"
    place = Place("train", folder / ".venv")
    from envplan.environment.places import prepare

    prepare(place)
    empty = skeleton(python, store)
    parts = [Part(unpacked(body, name, store)) for name, body in wheels]
    built = build(place, empty, parts)
    put_to_use(built, receipt(built.number, parts, empty.interpreter, variant, lock, built.startup))
    found = current(place)
    assert found
    return found


def receipt(
    number: int,
    parts: Sequence[Part],
    interpreter: object,
    variant: str,
    lock: bytes,
    startup: tuple[tuple[str, str], ...],
) -> Receipt:
    target = {"variant": variant, "platform": "linux-x86_64", "python": str(HERE)}
    packages: tuple[Mapping[str, object], ...] = tuple(
        {
            "name": part.tree.project,
            "version": part.tree.version,
            "wheel": part.tree.wheel,
            "sha256": part.tree.sha256,
            "index": "https://index.example/simple",
            "size": part.tree.size,
        }
        for part in parts
    )
    return Receipt(
        str(number),
        hashlib.sha256(lock).hexdigest(),
        "",
        "",
        target,
        "made for a test",
        (),
        (),
        interpreter,  # type: ignore[arg-type]
        packages,  # type: ignore[arg-type]
        startup,
        {},
        "2026-11-25T00:00:00Z",
    )


def own(file: Path) -> Path:
    """Give a file bytes of its own, so that an edit reaches neither the store nor other tests."""
    aside = file.with_name(f"{file.name}.aside")
    shutil.copy2(file, aside)
    aside.chmod(0o644)
    aside.replace(file)
    return file
