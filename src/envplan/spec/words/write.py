"""The text of an envplan.toml that asks for what was wished, with a few comments to go on from."""

from __future__ import annotations

import json
from collections.abc import Iterable

from envplan.spec.grammar.taking import dotted
from envplan.spec.model import Auto, Requirement
from envplan.spec.words.understand import Wishes

_HEAD = """\
# What this environment needs.
# envplan plan       says what this machine can run of it
# envplan add NAME   adds a package
"""

_ACCELERATORS = {
    "auto": "the GPU where there is one, else the CPU; also gpu, cpu, cuda, cu121, rocm, xpu",
    "gpu": "the GPU that the machine has, never the CPU",
    "cpu": "no GPU is used",
}

_VERSIONS = """\
# "2.2" is any 2.2 release, "2.2.1" exactly that one, ">=2.2,<3" a range, "*" any version
"""

_STARTER = """\
# torch = "2.2"
# transformers = { version = ">=4.40", extras = ["sentencepiece"] }
"""


def spec_text(wishes: Wishes, name: str) -> str:
    """Write the wishes as an envplan.toml."""
    accelerator = str(wishes.accelerator or Auto())
    meaning = _ACCELERATORS.get(accelerator)
    lines = [
        _HEAD,
        "[env]",
        f"name = {json.dumps(name)}",
        _pythons([str(python) for python in wishes.pythons]),
        f'accelerator = "{accelerator}"' + (f"  # {meaning}" if meaning else ""),
        "",
        "[packages]",
        (_VERSIONS if wishes.packages else _VERSIONS + _STARTER).rstrip("\n"),
        *(f"{dotted(one.name)} = {package_value(one)}" for one in wishes.packages),
    ]
    if wishes.platforms:
        lines += ["", "[targets]", f"platforms = {_listed(str(one) for one in wishes.platforms)}"]
    return "\n".join(lines) + "\n"


def package_value(requirement: Requirement) -> str:
    """Write what stands behind the name of a package from an index."""
    version = json.dumps(requirement.asked)
    if not requirement.extras and requirement.accelerator is None:
        return version
    parts = [f"version = {version}"]
    if requirement.extras:
        parts.append(f"extras = {_listed(requirement.extras)}")
    if requirement.accelerator is not None:
        parts.append(f'accelerator = "{requirement.accelerator}"')
    return f"{{ {', '.join(parts)} }}"


def _pythons(pythons: list[str]) -> str:
    if not pythons:
        return '# python = "3.11"  # default: the Python of the machine'
    return f"python = {json.dumps(pythons[0]) if len(pythons) == 1 else _listed(pythons)}"


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(json.dumps(text) for text in texts)}]"
