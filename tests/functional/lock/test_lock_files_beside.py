"""Wheels and source archives beside the spec: locked by their hash, installed by pip and uv from the lock."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from tests.functional.lock.conftest import Project, code_of, reachable
from tests.functional.lock.test_lock_installs import HERE
from tests.support.installers import Installer, arrived, with_pip, with_uv
from tests.support.shaped import SERIES, Shaped
from tests.support.wheels import sdist, wheel

SPEC = f"""\
[env]
python = "{HERE}"

[packages]
my-tool = {{ path = "dist of mine/my_tool-1.0+mine-py3-none-any.whl", extras = ["more"] }}
src-tool = {{ path = "src_tool-2.0.tar.gz" }}

[targets]
platforms = ["linux-x86_64", "windows-x86_64"]

[options]
allow-sdist = ["src-tool"]
"""
NEEDS = ("idna", "certifi; extra == 'more'")
WHEEL = wheel("my-tool", "1.0+mine", requires=NEEDS)


@pytest.fixture
def beside(project: Project) -> Project:
    """A project with a wheel that needs two packages of the index, and a source archive that needs none."""
    folder = project.folder / "dist of mine"
    folder.mkdir()
    name, body = WHEEL
    (folder / name).write_bytes(body)
    name, body = sdist("src-tool", "2.0")
    (project.folder / name).write_bytes(body)
    return project.spec(SPEC)


def entry(project: Project, name: str) -> dict[str, object]:
    (found,) = (one for one in project.document["packages"] if one["name"] == name)
    return dict(found)


def test_a_file_is_locked_by_its_path_its_size_and_its_hash_with_what_it_needs(beside: Project) -> None:
    beside.locked()
    found = entry(beside, "my-tool")
    assert found["archive"] == {
        "path": "dist of mine/my_tool-1.0+mine-py3-none-any.whl",
        "size": len(WHEEL[1]),
        "hashes": {"sha256": hashlib.sha256(WHEEL[1]).hexdigest()},
    }
    assert found["version"] == "1.0+mine"
    assert found["dependencies"] == [{"name": "certifi"}, {"name": "idna"}]
    assert entry(beside, "src-tool")["version"] == "2.0"
    Pylock.from_dict(beside.document).validate()


def test_the_lock_is_in_order_and_stays_the_same(beside: Project) -> None:
    first = beside.locked()
    assert beside.locked() == first
    done = beside.lock("--check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="what arrives depends on the platform")
@pytest.mark.parametrize("installer", [with_pip, with_uv])
def test_an_installer_takes_the_files_beside_the_lock(
    beside: Project, shaped: Shaped, installer: Installer
) -> None:
    beside.locked()
    beside.file.write_text(reachable(beside.file.read_text(encoding="utf-8"), shaped), encoding="utf-8")
    done = installer(beside.folder, ())
    assert done.returncode == 0, done.stderr
    expected = {"my-tool": "1.0+mine", "src-tool": "2.0"}
    assert arrived(beside.folder).items() >= expected.items()
    assert arrived(beside.folder).keys() == {*expected, "idna", "certifi"}


@pytest.mark.skipif(sys.platform != "linux", reason="what arrives depends on the platform")
@pytest.mark.parametrize("installer", [with_pip, with_uv])
def test_a_file_that_was_changed_since_is_refused_by_installers(
    beside: Project, shaped: Shaped, installer: Installer
) -> None:
    beside.locked()
    beside.file.write_text(reachable(beside.file.read_text(encoding="utf-8"), shaped), encoding="utf-8")
    name, body = wheel("my-tool", "1.0+mine", files={"my_tool/__init__.py": "evil = True\n"})
    (beside.folder / "dist of mine" / name).write_bytes(body)
    assert installer(beside.folder, ()).returncode != 0
    assert not (beside.folder / "site" / "my_tool").exists()


def test_a_file_that_was_built_again_is_locked_again_and_told(beside: Project) -> None:
    beside.locked()
    name, body = wheel(
        "my-tool", "1.0+mine", requires=NEEDS, files={"my_tool/__init__.py": "better = True\n"}
    )
    (beside.folder / "dist of mine" / name).write_bytes(body)
    told = json.loads(beside.lock("--diff", "--json").stdout)
    (change,) = told["data"]["diff"]["changes"]
    assert (change["name"], change["before"], change["kind"]) == ("my-tool", "1.0+mine", "other")
    beside.locked()
    assert hashlib.sha256(body).hexdigest() in beside.file.read_text(encoding="utf-8")


def test_a_lock_in_another_folder_leads_to_the_file_all_the_same(beside: Project, shaped: Shaped) -> None:
    elsewhere = beside.folder / "locks"
    elsewhere.mkdir()
    lock = ("--lock", "locks/pylock.toml")
    assert beside.lock(*lock).returncode == 0
    text = (elsewhere / "pylock.toml").read_text(encoding="utf-8")
    assert 'path = "../dist of mine/my_tool-1.0+mine-py3-none-any.whl"' in text
    assert beside.lock("--check", *lock).returncode == 0
    (elsewhere / "pylock.toml").write_text(reachable(text, shaped), encoding="utf-8")
    assert with_uv(elsewhere, ()).returncode == 0
    assert arrived(elsewhere)["my-tool"] == "1.0+mine"


def test_another_file_than_the_spec_names_is_refused_by_a_check(beside: Project) -> None:
    beside.locked()
    text = beside.file.read_text(encoding="utf-8")
    beside.file.write_text(text.replace('path = "dist of mine/', 'path = "../evil/'), encoding="utf-8")
    done = beside.lock("--check")
    assert (done.returncode, code_of(done)) == (2, "EP104")
    assert "my-tool 1.0+mine: it comes from another place than the spec says" in done.stderr


def test_a_wheel_that_a_target_cannot_run_is_named_once_for_all_its_variants(beside: Project) -> None:
    name, body = wheel("my-tool", "1.0", f"cp{HERE.replace('.', '')}-abi3-manylinux_2_17_x86_64")
    (beside.folder / name).write_bytes(body)
    beside.spec(
        SPEC.replace("dist of mine/my_tool-1.0+mine-py3-none-any.whl", name).replace(
            "src-tool", f'torch = "{SERIES}"\nsrc-tool', 1
        )
    )
    done = beside.lock()
    assert (done.returncode, code_of(done)) == (3, "EP364"), done.stderr
    assert done.stderr.count("error[") == 1
    assert f"{name} does not run on windows-x86_64" in done.stderr
    assert 'platforms = ["linux-x86_64"]' in done.stderr
    beside.spec(
        (beside.folder / "envplan.toml").read_text(encoding="utf-8").replace(', "windows-x86_64"', "")
    )
    beside.locked()


def test_a_source_archive_that_nobody_allowed_is_refused_with_what_would_allow_it(beside: Project) -> None:
    beside.spec(SPEC.replace('allow-sdist = ["src-tool"]', ""))
    done = beside.lock()
    assert (done.returncode, code_of(done)) == (3, "EP364"), done.stderr
    assert 'allow-sdist = ["src-tool"]' in done.stderr


def test_a_file_is_named_where_a_package_is_told_of(beside: Project) -> None:
    beside.locked()

    def said(*command: str) -> str:
        words = [sys.executable, "-m", "envplan", *command]
        done = subprocess.run(
            words, cwd=beside.folder, env=beside.clean(), capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "from     the file dist of mine/my_tool-1.0+mine-py3-none-any.whl" in said("why", "my-tool")
    assert "my-tool 1.0+mine" in said("tree")
    assert "my-tool → idna" in said("why", "idna")
    Path(beside.folder / "old.toml").write_bytes(beside.file.read_bytes())
    assert "the same packages" in said("diff", "old.toml", "pylock.toml")
