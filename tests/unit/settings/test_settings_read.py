"""The user's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from envplan.problems import EnvplanError
from envplan.settings.model import Mirror, Network, Settings
from envplan.settings.read import read_settings


def read(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings({"ENVPLAN_CONFIG": str(file)})


def test_mirrors_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '[mirrors]\ndefault = "http://127.0.0.1:8080/simple/"\n'
        '"https://Download.pytorch.org:443/whl/" = "https://ann:s%2Fcret@m.example/whl"\n',
    )
    first, second = found.mirrors
    assert first == Mirror("default", "http://127.0.0.1:8080/simple")
    assert (second.prefix, second.address) == ("https://download.pytorch.org/whl", "https://m.example/whl")
    assert second.login is not None
    assert (second.login.user, second.login.password) == ("ann", "s/cret")
    assert "cret" not in repr(found)


def test_a_folder_holds_config_toml(tmp_path: Path) -> None:
    read(tmp_path, '[mirrors]\ndefault = "https://m.example"\n')
    assert read_settings({"ENVPLAN_CONFIG": str(tmp_path)}).mirrors[0].address == "https://m.example"


def test_what_is_named_and_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EnvplanError, match="EP110"):
        read_settings({"ENVPLAN_CONFIG": str(tmp_path / "none.toml")})
    with pytest.raises(EnvplanError, match="EP110"):
        read_settings({"ENVPLAN_CONFIG": "a\0b"})


def test_without_a_file_nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_settings({}) == Settings()


@pytest.mark.parametrize(
    "text",
    [
        'mirror = "x"',
        "mirrors = 1",
        "[mirrors]\ndefault = 1",
        '[mirrors]\ndefault = "ftp://m.example"',
        '[mirrors]\ndefault = "m.example/simple"',
        '[mirrors]\ndefault = "https://m.example/simple?token=s3cret"',
        '[mirrors]\ndefault = "https://m.example:port/"',
        '[mirrors]\ndefault = "https://m exa.example/"',
        '[mirrors]\ndefautl = "https://m.example"',
        '[mirrors]\n"https://u:s3cret@x.example" = "https://m.example"',
        '[mirrors]\n"https://u:s3cret/@x.example" = "https://m.example"',
        '[mirrors]\ndefault = "https://u:s3cret/more@m.example/simple"',
        '[mirrors]\ndefault = "https://u:s3cret#more@m.example/simple"',
        '[mirrors]\ndefault = "https://u:s3cret?more@m.example/simple"',
        '[mirrors]\ndefault = "https://u :s3cret@m.example/simple"',
        '[mirrors]\ndefault = "u:s3cret@m.example/simple"',
        '[mirrors]\ndefault = "https://u:x@m.example/simple?token=s3cret"',
        '[mirrors]\ndefault = "https://u:s3cret@m.example:99999/simple"',
        '[mirrors]\n"https://x.example" = "https://m.example"\n"https://X.example/" = "https://n.example"',
        "[mirrors",
    ],
)
def test_what_makes_no_sense_is_refused_without_secrets(tmp_path: Path, text: str) -> None:
    with pytest.raises(EnvplanError) as caught:
        read(tmp_path, text)
    assert all(problem.code == "EP110" for problem in caught.value.problems)
    assert "s3cret" not in str([problem.as_json() for problem in caught.value.problems])


def test_patience_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "[network]\ntimeout = 120\nattempts = 8\n").network == Network(120, 8)
    assert read(tmp_path, "[network]\n").network == Network() == read(tmp_path, "").network


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("timeout = 0", "timeout = 1"),
        ("timeout = 100000", "timeout = 3600"),
        ("attempts = -1", "attempts = 1"),
        ('timeout = "120"', "timeout = 120"),
        ("timeout = true", ""),
        ("time-out = 120", ""),
    ],
)
def test_patience_that_nobody_has_is_refused(tmp_path: Path, line: str, cure: str) -> None:
    with pytest.raises(EnvplanError) as refusal:
        read(tmp_path, f"[network]\n{line}\n")
    (problem,) = refusal.value.problems
    assert (problem.code, problem.found[0].origin.partition(": ")[2]) == (
        "EP110",
        f"network.{line.split(' ')[0]}",
    )
    assert cure in problem.cures or not cure
