"""Real pip and real uv install from what `envplan lock` wrote, with no envplan near them."""

from __future__ import annotations

import io
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.functional.lock.conftest import Made, Project, new_project, reachable
from tests.support.installers import Installer, arrived, with_pip, with_uv
from tests.support.local_index import LocalIndex
from tests.support.shaped import Shaped, pytorch_and_default
from tests.support.wheels import sdist

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SPEC = f"""\
[env]
python = "{HERE}"

[packages]
torch = "2.2"
torchvision = "*"
requests = "*"

[targets]
platforms = ["linux-x86_64", "windows-x86_64"]
"""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="what arrives depends on the platform"),
    pytest.mark.skipif(HERE not in ("3.11", "3.12"), reason="torch 2.2 is made for Pythons up to 3.12"),
]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with LocalIndex() as web:
        shaped = pytorch_and_default(web, real_hosts=True)
        project = new_project(tmp_path_factory.mktemp("installs"), shaped.mirrors).spec(SPEC)
        done = project.lock()
        assert done.returncode == 0, done.stderr
        yield Made(project, done, shaped)


@pytest.mark.parametrize("installer", [with_pip, with_uv])
@pytest.mark.parametrize(("groups", "variant"), [((), "cpu"), (("cu121",), "cu121")])
def test_an_installer_takes_the_default_or_the_variant_that_is_named(
    locked: Made, tmp_path: Path, installer: Installer, groups: Sequence[str], variant: str
) -> None:
    text = reachable(locked.project.file.read_text(encoding="utf-8"), locked.shaped)
    (tmp_path / "pylock.toml").write_text(text, encoding="utf-8")
    done = installer(tmp_path, groups)
    assert done.returncode == 0, done.stderr
    found = arrived(tmp_path)
    assert found["torch"] == f"2.2.2+{variant}"
    assert found["torchvision"].endswith(f"+{variant}")
    assert found.keys() >= {"requests", "urllib3", "numpy"}
    cuda = {name for name in found if name.startswith(("nvidia-", "triton"))}
    assert bool(cuda) == (variant != "cpu")


@pytest.mark.parametrize("installer", [with_pip, with_uv])
def test_two_variants_at_once_are_refused(locked: Made, tmp_path: Path, installer: Installer) -> None:
    text = reachable(locked.project.file.read_text(encoding="utf-8"), locked.shaped)
    (tmp_path / "pylock.toml").write_text(text, encoding="utf-8")
    assert installer(tmp_path, ("cpu", "cu121")).returncode != 0


def test_the_commands_at_the_head_of_the_file_are_those_that_were_tried(locked: Made) -> None:
    head = locked.project.file.read_text(encoding="utf-8").partition("lock-version")[0]
    assert "pip install --no-deps -r pylock.toml" in head
    assert "pip install --no-deps --group pylock.toml:cu121" in head
    assert "uv pip sync pylock.toml --group cu121" in head


def test_a_lock_with_a_folder_in_it_is_left_to_uv_and_says_so(project: Project, shaped: Shaped) -> None:
    """pip wants a hash of every package or of none, and a folder has none."""
    _, body = sdist("my-tool", "1.0")
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        archive.extractall(project.folder, filter="data")
    packages = 'my-tool = { path = "my_tool-1.0" }\ntqdm = "*"\n'
    project.spec(f'[env]\npython = "{HERE}"\n\n[packages]\n{packages}').locked()
    text = project.file.read_text(encoding="utf-8")
    head = text.partition("lock-version")[0]
    assert "pip install" not in head
    assert "uv pip sync pylock.toml" in head
    assert "my-tool" in head
    project.file.write_text(reachable(text, shaped), encoding="utf-8")
    assert with_pip(project.folder, ()).returncode != 0
    done = with_uv(project.folder, ())
    assert done.returncode == 0, done.stderr
    assert arrived(project.folder).keys() == {"my-tool", "tqdm"}
