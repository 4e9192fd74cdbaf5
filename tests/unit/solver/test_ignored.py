"""Settings of the machine that would have mattered are named, without their values."""

from __future__ import annotations

from pathlib import Path

from envplan.solver.ignored import ignored_settings


def test_what_would_have_changed_the_answer_is_named(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "work" / "project"
    (home / ".config/pip").mkdir(parents=True)
    folder.mkdir(parents=True)
    (home / ".config/pip/pip.conf").write_text("[global]\nextra-index-url = https://u:secret@corp.example\n")
    (tmp_path / "work" / "uv.toml").write_text('[[index]]\nurl = "https://u:secret@corp.example"\n')
    (folder / "pyproject.toml").write_text('[tool.uv]\nprerelease = "allow"\n[tool.ruff]\nindex = 1\n')
    environ = {"PIP_INDEX_URL": "https://u:secret@x.example", "UV_TORCH_BACKEND": "auto", "PIP_NO_COLOR": "1"}
    said = ignored_settings(environ, folder, home)
    text = "\n".join(f"{one.text} {one.origin}" for one in said)
    assert "secret" not in text
    for expected in ("PIP_INDEX_URL", "UV_TORCH_BACKEND", "extra-index-url in", "index in", "prerelease in"):
        assert expected in text
    assert "PIP_NO_COLOR" not in text


def test_a_machine_without_such_settings_is_told_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.other]\nindex-url = "y"\n')
    said = ignored_settings({"PATH": "/bin", "PIP_CACHE_DIR": "/x"}, tmp_path, tmp_path)
    assert [one for one in said if str(tmp_path) in one.text or one.origin == "environment"] == []
