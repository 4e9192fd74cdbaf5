"""Settings of pip and uv on this machine that would have changed an answer: named, and not followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from envplan.problems import Said

# What chooses indexes or versions; the rest (colours, caches, time-outs) changes no answer.
_MATTERS = {
    "config-file",
    "config-setting",
    "constraint",
    "default-index",
    "exclude-newer",
    "extra-index-url",
    "find-links",
    "index",
    "index-strategy",
    "index-url",
    "no-binary",
    "no-index",
    "only-binary",
    "override",
    "pre",
    "prefer-binary",
    "prerelease",
    "require-hashes",
    "resolution",
    "torch-backend",
    "uploaded-prior-to",
}
_KEY = re.compile(r"""^\s*["']?([A-Za-z][A-Za-z0-9_-]*)["']?\s*=|^\s*\[\[\s*(?:tool\.uv\.)?(index)\s*\]\]""")
_LARGEST = 1024 * 1024


def ignored_settings(environ: Mapping[str, str], folder: Path, home: Path) -> tuple[Said, ...]:
    """Name what is set and not followed. Values are not shown: they may hold passwords."""
    said = [
        Said(f"{name} is set and not followed", "environment") for name in sorted(environ) if _matters(name)
    ]
    for path in dict.fromkeys(_files(environ, folder, home)):
        keys = [key for key in _keys(path) if key in _MATTERS]
        if keys:
            said.append(Said(f"{', '.join(dict.fromkeys(keys))} in {path} is not followed", str(path)))
    return tuple(said)


def _matters(name: str) -> bool:
    tool, _, rest = name.upper().partition("_")
    return tool in ("PIP", "UV") and rest.lower().replace("_", "-") in _MATTERS


def _files(environ: Mapping[str, str], folder: Path, home: Path) -> Iterator[Path]:
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    yield from (config / "pip/pip.conf", home / ".pip/pip.conf", Path("/etc/pip.conf"))
    yield from (home / "Library/Application Support/pip/pip.conf", home / "pip/pip.ini")
    if environ.get("APPDATA"):
        yield from (Path(environ["APPDATA"]) / "pip/pip.ini", Path(environ["APPDATA"]) / "uv/uv.toml")
    if environ.get("VIRTUAL_ENV"):
        yield Path(environ["VIRTUAL_ENV"]) / "pip.conf"
    yield from (config / "uv/uv.toml", Path("/etc/uv/uv.toml"))
    for parent in (folder, *folder.parents):
        yield from (parent / "uv.toml", parent / "pyproject.toml")


def _keys(path: Path) -> Iterator[str]:
    """List the keys of a settings file; of a pyproject.toml those of [tool.uv] alone."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    inside = path.name != "pyproject.toml"
    for line in text.splitlines():
        if path.name == "pyproject.toml" and line.lstrip().startswith("["):
            inside = bool(re.match(r"\s*\[\[?\s*tool\.uv(\.|\s*\])", line))
        found = _KEY.match(line) if inside else None
        if found:
            yield (found[1] or found[2]).lower().replace("_", "-")
