"""Nothing that is set on a computer, for other tools or for envplan, leaves a trace in the lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.lock.conftest import SMALL, Project, new_project
from tests.support.shaped import Shaped

NOWHERE = "http://127.0.0.1:9/evil/simple"
PIP = {
    "PIP_INDEX_URL": NOWHERE,
    "PIP_EXTRA_INDEX_URL": NOWHERE,
    "PIP_FIND_LINKS": "/nowhere",
    "PIP_PRE": "1",
    "PIP_NO_DEPS": "1",
    "PIP_CONSTRAINT": "/nowhere/constraints.txt",
    "PIP_REQUIRE_HASHES": "1",
}
UV = {
    "UV_INDEX_URL": NOWHERE,
    "UV_DEFAULT_INDEX": NOWHERE,
    "UV_EXTRA_INDEX_URL": NOWHERE,
    "UV_INDEX": f"evil={NOWHERE}",
    "UV_INDEX_STRATEGY": "unsafe-best-match",
    "UV_PRERELEASE": "allow",
    "UV_RESOLUTION": "lowest",
    "UV_EXCLUDE_NEWER": "2020-01-01",
    "UV_OFFLINE": "1",
    "UV_PYTHON": "3.8",
    "UV_CONSTRAINT": "/nowhere/constraints.txt",
    "UV_OVERRIDE": "/nowhere/overrides.txt",
    "UV_TORCH_BACKEND": "cpu",
    "UV_NO_BINARY": "1",
}
PLACE = {
    "PYTHONHASHSEED": "7",
    "PYTHONPATH": "/nowhere",
    "PYTHONUTF8": "0",
    "PYTHONWARNINGS": "error::UserWarning",
    "LC_ALL": "tr_TR.ISO-8859-9",
    "LANG": "C",
    "TZ": "Pacific/Kiritimati",
    "COLUMNS": "20",
    "SOURCE_DATE_EPOCH": "1",
    "VIRTUAL_ENV": "/nowhere",
    "CONDA_PREFIX": "/nowhere",
}


@pytest.fixture
def plain(project: Project) -> bytes:
    return project.locked()


def elsewhere(tmp_path: Path, shaped: Shaped, **environ: str) -> Project:
    """The same spec on another computer, with a store as empty."""
    (tmp_path / "other").mkdir()
    other = new_project(tmp_path / "other", shaped.mirrors).spec(SMALL)
    other.environ = environ
    return other


@pytest.mark.parametrize("environ", [PIP, UV, PLACE], ids=["PIP_*", "UV_*", "place and language"])
def test_no_variable_changes_a_byte(
    plain: bytes, tmp_path: Path, shaped: Shaped, environ: dict[str, str]
) -> None:
    other = elsewhere(tmp_path, shaped, **environ)
    assert other.locked() == plain


def test_no_file_of_pip_or_uv_changes_a_byte(plain: bytes, tmp_path: Path, shaped: Shaped) -> None:
    other = elsewhere(tmp_path, shaped)
    home = other.computer / "home"
    pip = f"[global]\nindex-url = {NOWHERE}\nno-deps = true\npre = true\n"
    uv = f'index-url = "{NOWHERE}"\nresolution = "lowest"\nprerelease = "allow"\n'
    files = {
        home / ".pip" / "pip.conf": pip,
        home / ".config" / "pip" / "pip.conf": pip,
        home / ".config" / "uv" / "uv.toml": uv,
        other.folder.parent / "uv.toml": uv,
        other.folder / "uv.toml": uv,
        other.folder / "pip.conf": pip,
        other.folder / "pyproject.toml": "[tool.uv]\noffline = true\nno-index = true\n",
        other.folder / ".python-version": "3.8\n",
        other.folder / "requirements.txt": "pandas<1\n",
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert other.locked() == plain


def test_neither_folder_nor_store_changes_a_byte(plain: bytes, project: Project, tmp_path: Path) -> None:
    """From another working folder, with another store, into another file."""
    project.environ = {"ENVPLAN_STORE": str(tmp_path / "an other störe")}
    target = tmp_path / "pylock.toml"
    spec = project.folder / "envplan.toml"
    done = project.lock("--spec", str(spec), "--lock", str(target), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == plain


def test_the_order_of_the_answers_changes_no_byte(plain: bytes, tmp_path: Path, shaped: Shaped) -> None:
    shaped.web.fault("/whl/cu121/*", "wait", seconds=0.2)
    shaped.web.fault("/simple/pandas/", "wait", seconds=0.3)
    assert elsewhere(tmp_path, shaped).locked() == plain


def test_neither_mirror_nor_secret_appears_anywhere(plain: bytes, tmp_path: Path, shaped: Shaped) -> None:
    """The server wants a login, which stands in the user's settings."""
    shaped.web.fault("*", "auth", user="robot", password="s3cr3t-word")
    other = elsewhere(tmp_path, shaped)
    other.mirrors(
        {name: address.replace("://", "://robot:s3cr3t-word@") for name, address in shaped.mirrors.items()}
    )
    for arguments in ((), ("--json",), ("--upgrade",)):
        done = other.lock(*arguments)
        assert done.returncode == 0, done.stderr
        assert other.file.read_bytes() == plain
        for text in (done.stdout, done.stderr):
            assert not {word for word in ("s3cr3t", "robot", shaped.web.url[7:]) if word in text}


def test_a_refused_login_is_an_error_without_the_secret(project: Project, shaped: Shaped) -> None:
    shaped.web.fault("*", "auth", user="robot", password="right")
    project.mirrors(
        {name: address.replace("://", "://robot:wr0ng-word@") for name, address in shaped.mirrors.items()}
    )
    done = project.lock()
    assert done.returncode == 3, done.stderr
    assert "EP332" in done.stderr
    assert "wr0ng" not in done.stderr + done.stdout
    assert not project.file.exists()
