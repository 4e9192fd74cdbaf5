"""The smaller tables of a spec: targets, indexes, options."""

from __future__ import annotations

from envplan.documents import Table
from envplan.documents.reading import nearest, shown
from envplan.spec.grammar.names import environment_name, name_pattern, package_name, rule_name
from envplan.spec.grammar.places import index_url, moment, project_path
from envplan.spec.grammar.refusal import Refusal, plain
from envplan.spec.grammar.taking import dotted, list_taken, taken, text_taken
from envplan.spec.model import Index, Options
from envplan.values.platforms import PLATFORM_NAMES, Platform

# How others call the platforms.
PLATFORMS_SAID = {
    "linux": "linux-x86_64",
    "wsl": "linux-x86_64",
    "wsl2": "linux-x86_64",
    "windows": "windows-x86_64",
    "win": "windows-x86_64",
    "macos": "macos-arm64",
    "mac": "macos-arm64",
    "osx": "macos-arm64",
    "darwin": "macos-arm64",
    "linux-64": "linux-x86_64",
    "linux-amd64": "linux-x86_64",
    "linux-arm64": "linux-aarch64",
    "win-64": "windows-x86_64",
    "win32": "windows-x86_64",
    "win-amd64": "windows-x86_64",
    "win-arm64": "windows-arm64",
    "windows-amd64": "windows-x86_64",
    "windows-aarch64": "windows-arm64",
    "osx-64": "macos-x86_64",
    "osx-arm64": "macos-arm64",
    "macos-aarch64": "macos-arm64",
}


def platform(text: str) -> Platform:
    """Read the name of a platform."""
    text = plain(text, "a platform")
    if text in PLATFORM_NAMES:
        return Platform.parse(text)
    word = text.lower().replace("_", "-").replace("x86-64", "x86_64")
    near = word if word in PLATFORM_NAMES else PLATFORMS_SAID.get(word) or nearest(word, PLATFORM_NAMES)
    raise Refusal(
        f"{shown(text)!r} is not a platform",
        f"the platforms are {', '.join(PLATFORM_NAMES)}",
        meant=[near] if near else [],
    )


def targets(table: Table) -> tuple[tuple[Platform, ...], tuple[str, ...]]:
    """Read the platforms and profiles that must be served."""
    section = table.table("targets")
    if section is None:
        return (), ()
    platforms, profiles = (
        list_taken(section, "platforms", platform),
        list_taken(section, "profiles", project_path),
    )
    section.finish()
    return platforms, profiles


def indexes(table: Table) -> tuple[Index, ...]:
    """Read the further indexes; no name may be bound to two of them."""
    section = table.table("indexes")
    found: list[Index] = []
    for key in section.data if section else ():
        assert section is not None
        name = taken(section, dotted(key), key, environment_name)
        value = section.raw(key)
        if isinstance(value, dict):
            index = _index(Table(section.reading, value, (*section.path, dotted(key))), name or "unnamed")
            found += [index] if index else []
        else:
            section.refuse(
                dotted(key),
                "an index is a table with its address and the packages it is asked for",
                found=shown(value),
                cures=[f'{dotted(key)} = {{ url = "https://host.example/simple", packages = ["corp-*"] }}'],
            )
    if section is not None:
        _refuse_bound_twice(section, found)
    return tuple(found)


def _index(table: Table, name: str) -> Index | None:
    text = table.text("url", required=True)
    url = None if text is None else taken(table, "url", text, index_url)
    packages = list_taken(table, "packages", name_pattern)
    if not table.data.get("packages"):
        table.refuse(
            "packages",
            "an index must name the packages it is asked for",
            why="every name comes from exactly one index; nobody can slip in a package of the same name",
            cures=['packages = ["corp-*"]'],
        )
    table.finish()
    return Index(name, url, packages) if url else None


def _refuse_bound_twice(section: Table, found: list[Index]) -> None:
    bound: dict[str, str] = {}
    for index in found:
        for pattern in index.packages:
            if pattern in bound:
                section.refuse(
                    f"{index.name}.packages",
                    f"{pattern} is bound to two indexes",
                    found=f"{bound[pattern]} and {index.name}",
                    why="every name comes from exactly one index",
                    cures=[f"remove {pattern} from one of them"],
                )
            bound[pattern] = index.name


def options(table: Table) -> Options:
    """Read how to lock and apply."""
    section = table.table("options")
    if section is None:
        return Options()
    same_versions = section.flag("same-versions")
    startup_code = list_taken(section, "startup-code", package_name)
    read = Options(
        same_versions=True if same_versions is None else same_versions,
        exclude_newer=_exclude_newer(section),
        allow_sdist=list_taken(section, "allow-sdist", package_name),
        startup_code=startup_code if "startup-code" in section else None,
        ignore_pitfalls=list_taken(section, "ignore-pitfalls", rule_name),
    )
    section.finish()
    return read


def _exclude_newer(section: Table) -> str | None:
    """TOML has dates of its own: 2026-11-01 without quotes is one."""
    from datetime import date

    value = section.raw("exclude-newer")
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return text_taken(section, "exclude-newer", moment)
