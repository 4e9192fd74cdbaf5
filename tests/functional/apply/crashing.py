"""`apply` from a bundle, killed or refused by the disk at every call: run with the killer preloaded.

Used by test_apply_killed.py: `python -m tests.functional.apply.crashing FOLDER [ERRNO] [lasting]`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from pathlib import Path

from packaging.version import Version

from envplan.lockfile.encode import encode
from envplan.lockfile.model import Lock, LockedFile, Pinned
from envplan.store.bundle import Contents, packed, write_bundle
from envplan.values.variants import Variant
from envplan.verbs import carrying_out as carrying_out  # imported before anything is killed
from envplan.verbs.apply import ApplyRequest, apply
from tests.support.killing import at_every_call
from tests.support.locks import CATALOG, FILES, SIMPLE, SPEC, offer
from tests.support.wheels import wheel

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OFFER = offer("cpu", "linux-x86_64", HERE)


class Scene:
    """A project with alpha 1.0 in its environment, a lock that wants alpha 2.0 and beta, an empty store."""

    def __init__(self, room: Path) -> None:
        self.room, self.project = room, room / "project"
        self.project.mkdir()
        os.environ |= {
            "ENVPLAN_STORE": str(room / "store"),
            "ENVPLAN_CONFIG": str(room / "config.toml"),
            "ENVPLAN_PROFILE": "ci-linux",
        }
        (room / "config.toml").write_text("")
        self.files: dict[tuple[str, str], Path] = {}
        old, new, beta = (self.pinned(*one) for one in (("alpha", "1.0"), ("alpha", "2.0"), ("beta", "1.0")))
        self.bundle(old)
        os.chdir(self.project)
        self.lock(old)
        self.work()
        self.lock(new, beta)
        shutil.rmtree(room / "store" / "trees")
        for name in ("project", "store"):
            shutil.copytree(room / name, room / f"{name}.saved", symlinks=True)

    def pinned(self, name: str, version: str) -> Pinned:
        file, data = wheel(name, version, files={f"{name}.py": f"version = {version!r}\n"})
        sha256 = hashlib.sha256(data).hexdigest()
        (self.room / file).write_bytes(data)
        self.files[file, sha256] = self.room / file
        locked = LockedFile(file, f"{FILES}/{file}", sha256, len(data))
        return Pinned(name, Version(version), SIMPLE, (locked,), frozenset(OFFER.targets))

    def locked(self, *packages: Pinned) -> bytes:
        return encode(Lock("train", packages, (OFFER,), Variant("cpu"), SPEC, CATALOG))

    def lock(self, *packages: Pinned) -> None:
        (self.project / "pylock.toml").write_bytes(self.locked(*packages))

    def bundle(self, any_package: Pinned) -> None:
        contents = Contents("pylock.toml", (), (), packed(self.files))
        paths = {sha256: path for (_, sha256), path in self.files.items()}
        write_bundle(self.room / "all.zip", contents, {"pylock.toml": self.locked(any_package)}, paths)

    def prepare(self) -> None:
        for name in ("project", "store"):
            shutil.rmtree(self.room / name)
            shutil.copytree(self.room / f"{name}.saved", self.room / name, symlinks=True)
        os.chdir(self.project)

    def work(self) -> None:
        apply(ApplyRequest(offline=True, bundle=self.room / "all.zip"), lambda _: None)

    def found(self) -> tuple[str, bool]:
        site = self.project / ".venv" / "lib" / f"python{HERE}" / "site-packages"
        return (site / "alpha.py").read_text(), (site / "beta.py").exists()

    def holds(self) -> None:
        assert self.found() in (("version = '1.0'\n", False), ("version = '2.0'\n", True)), self.found()

    def finished(self) -> None:
        assert self.found() == ("version = '2.0'\n", True), self.found()


def main() -> None:
    """Do it, and say how many calls there were."""
    folder, error, lasting = [*sys.argv[1:], "", ""][:3]
    scene = Scene(Path(folder))
    number = getattr(errno, error) if error else 0
    print(
        at_every_call(
            scene.work,
            prepare=scene.prepare,
            holds=scene.holds,
            finished=scene.finished,
            error=number,
            lasting=bool(lasting),
        )
    )


if __name__ == "__main__":
    main()
