"""What to change in a spec, spelled as the file that holds it spells such things."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Where a requirement came from that is no line of TOML with a name before it.
_LISTED = re.compile(r".*(?<!\.toml): line [0-9]+")
_IN_ARRAYS = re.compile(r".*: (?:project\.|dependency-groups\.|dependencies\[).*")

# A line of [packages]; the other keys of a spec with such values are not packages.
_PACKAGE = re.compile(r'([A-Za-z0-9][A-Za-z0-9._-]*) = "([^"]*)"')
_WITH_EXTRAS = re.compile(r'([A-Za-z0-9][A-Za-z0-9._-]*) = \{ version = "([^"]*)", extras = \[([^]]*)\] \}')
_OTHER_KEYS = frozenset({"accelerator", "python", "exclude-newer"})
_BUILDS = re.compile(r'accelerator = "(cpu|xpu|cu[0-9]+|rocm[0-9.]+)"')
_SETTING = re.compile(r"(?:accelerator|python|exclude-newer|allow-sdist|ignore-pitfalls|same-versions) = ")
_REMARK = re.compile(r" {3,}[#(].*")
_TOGETHER = "together: "


def spelled(cure: str, origins: Iterable[str]) -> str:
    """Spell a cure, which is written for envplan.toml, as the file does that the requirements stand in."""
    listed = in_arrays = False
    for origin in origins:
        listed |= bool(_LISTED.fullmatch(origin))
        in_arrays |= bool(_IN_ARRAYS.fullmatch(origin))
    if not (listed or in_arrays):
        return cure
    if cure.startswith(_TOGETHER):
        parts = cure.removeprefix(_TOGETHER).split(" and ")
        return _TOGETHER + " and ".join(_spelled(part, listed=listed) for part in parts)
    return _spelled(cure, listed=listed)


def _spelled(cure: str, *, listed: bool) -> str:
    remark = _REMARK.search(cure)
    line, rest = (cure[: remark.start()], remark[0]) if remark else (cure, "")
    if requirement := _requirement(line):
        return (requirement if listed else f'"{requirement}"') + rest
    if listed and (build := _BUILDS.fullmatch(line)):
        return f"--extra-index-url https://download.pytorch.org/whl/{build[1]}{rest}"
    if listed and _SETTING.match(line):
        return f"{line}   (in an envplan.toml, which `envplan init` begins: this file cannot say it)"
    return cure


def _requirement(line: str) -> str:
    """Write a line of [packages] as other tools do; empty where it is none."""
    from envplan.values.specifiers import specifier

    found = _PACKAGE.fullmatch(line) or _WITH_EXTRAS.fullmatch(line)
    if found is None or found[1] in _OTHER_KEYS:
        return ""
    name, words, *listed = found.groups()
    extras = [f"[{','.join(re.findall('[A-Za-z0-9._-]+', one))}]" for one in listed]
    return f"{name}{''.join(extras)}{specifier(words)}"
