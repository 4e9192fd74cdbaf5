"""Real pip and real uv install from a lock, with no envplan near them."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from packaging.version import Version

from envplan.lockfile.encode import encode
from envplan.lockfile.model import Lock, LockedFile, Pinned
from envplan.values.targets import Target
from envplan.values.variants import Variant
from tests.support.installers import UV, Installer, arrived, run, with_pip, with_uv
from tests.support.local_index import LocalIndex
from tests.support.locks import CATALOG, SPEC, offer
from tests.support.wheels import wheel

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64")


@pytest.fixture(scope="module")
def web() -> Iterator[LocalIndex]:
    with LocalIndex() as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path, web: LocalIndex) -> Path:
    (tmp_path / "pylock.toml").write_bytes(encode(small(web)))
    return tmp_path


def small(web: LocalIndex) -> Lock:
    """Two variants for four platforms: one package for all, one with local parts, one for CUDA on Linux."""
    offers = [offer("cpu", platform, HERE) for platform in PLATFORMS]
    offers += [
        offer("cu121", platform, HERE) for platform in ("linux-x86_64", "linux-aarch64", "windows-x86_64")
    ]
    targets = frozenset(one for each in offers for one in each.targets)
    cuda = frozenset(one for one in targets if one.variant.name == "cu121")
    linux_cuda = frozenset(one for one in cuda if one.platform.os == "linux")
    packages = (
        pinned(web, "torch", "2.2.2+cpu", targets - cuda),
        pinned(web, "torch", "2.2.2+cu121", cuda, ("nvidia-cublas-cu12",)),
        pinned(web, "numpy", "1.26.4", targets),
        pinned(web, "nvidia-cublas-cu12", "12.1.3.1", linux_cuda),
        pinned(web, "pytest-like", "8.0.0", targets, groups=frozenset({"dev"})),
    )
    return Lock("train", packages, tuple(offers), Variant("cpu"), SPEC, CATALOG, ("dev",))


def pinned(
    web: LocalIndex,
    name: str,
    version: str,
    targets: frozenset[Target],
    needs: tuple[str, ...] = (),
    groups: frozenset[str] = frozenset(),
) -> Pinned:
    file, data = wheel(name, version)
    web.put(f"/files/{file}", data)
    url = f"{web.url}/files/{file.replace('+', '%2B')}"
    locked = LockedFile(file, url, hashlib.sha256(data).hexdigest(), len(data), "2024-03-01T12:00:00Z")
    index = f"{web.url}/simple"
    return Pinned(name, Version(version), index, (locked,), targets, groups, None, needs)


installers = pytest.mark.parametrize("installer", [with_pip, with_uv])
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="what arrives depends on the platform")


@linux_only
@installers
@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((), {"torch": "2.2.2+cpu", "numpy": "1.26.4"}),
        (("cpu",), {"torch": "2.2.2+cpu", "numpy": "1.26.4"}),
        (("cu121",), {"torch": "2.2.2+cu121", "numpy": "1.26.4", "nvidia-cublas-cu12": "12.1.3.1"}),
        (("cpu", "dev"), {"torch": "2.2.2+cpu", "numpy": "1.26.4", "pytest-like": "8.0.0"}),
    ],
    ids=["no flags", "cpu", "cu121", "cpu and dev"],
)
def test_an_installer_takes_the_variant_it_is_told(
    folder: Path, installer: Installer, groups: Sequence[str], expected: dict[str, str]
) -> None:
    done = installer(folder, groups)
    assert done.returncode == 0, done.stderr
    assert arrived(folder) == expected


@installers
def test_two_variants_at_once_are_an_error(folder: Path, installer: Installer) -> None:
    done = installer(folder, ("cpu", "cu121"))
    assert done.returncode != 0
    assert "torch" in done.stderr


@installers
def test_a_file_with_other_bytes_than_locked_is_refused(
    folder: Path, installer: Installer, web: LocalIndex
) -> None:
    file, _ = wheel("numpy", "1.26.4")
    _, other = wheel("numpy", "1.26.4", files={"numpy/__init__.py": "evil = True\n"})
    web.put(f"/files/{file}", other)
    assert installer(folder, ()).returncode != 0
    assert not (folder / "site" / "numpy").exists()


def test_the_installers_are_those_that_know_locks() -> None:
    said = run(sys.executable, "-I", "-m", "pip", "--version", cwd=Path.cwd())
    assert Version(said.stdout.split()[1]) >= Version("26.1")
    told = json.loads(run(UV, "self", "version", "--output-format", "json", cwd=Path.cwd()).stdout)
    assert Version(told["version"]) >= Version("0.8")
