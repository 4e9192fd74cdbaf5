"""Names of packages, extras, groups, environments: what they may be made of, and what was meant instead."""

from __future__ import annotations

import re

from packaging.utils import InvalidName, canonicalize_name

from envplan.documents.reading import shown
from envplan.spec.grammar.refusal import Refusal, plain
from envplan.values.names import normal
from envplan.values.variants import Variant

_MADE_OF = "a name is made of letters, digits, and - _ . between them"

# What people call it, and the name it is published under. The namesakes are empty, or another thing.
PUBLISHED_AS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dotenv": "python-dotenv",
    "flash-attention": "flash-attn",
    "huggingface": "huggingface-hub",
    "opencv": "opencv-python",
    "pil": "pillow",
    "pytorch": "torch",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow-gpu": "tensorflow",
    "tf": "tensorflow",
    "torch-audio": "torchaudio",
    "torch-vision": "torchvision",
    "whisper": "openai-whisper",
    "yaml": "pyyaml",
}

# Windows opens a device for these names, whatever folder they are in.
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")


def package_name(text: str) -> str:
    """Read the name of a package; return it as indexes know it."""
    text = plain(text, "the name of a package")
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise Refusal(
            f"{shown(text)!r} is not the name of a package", _MADE_OF, cures=_requirement_meant(text)
        ) from None


def extra_name(text: str) -> str:
    """Read the name of an extra."""
    return _canonical(text, "the name of an extra")


def group_name(text: str) -> str:
    """Read the name of a group, which stands beside the variants in the lock."""
    name = _canonical(text, "the name of a group")
    if is_variant(name) or is_variant(text.strip().lower()):
        raise Refusal(
            f"a group cannot be called {shown(text)!r}",
            "the lock has groups of that name for accelerators; envplan chooses between them by itself",
        )
    return name


def is_variant(name: str) -> bool:
    """Whether the lock may have a variant of this name."""
    try:
        Variant(name)
    except ValueError:
        return False
    return True


def environment_name(text: str) -> str:
    """Read the name of an environment: a folder and part of a file name on every system."""
    text = plain(text, "the name of an environment")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", text):
        fitting = fitting_environment_name(text)
        raise Refusal(
            f"{shown(text)!r} is not the name of an environment",
            "it names a folder on every system: at most 64 letters and digits, with - and _ between them",
            meant=[fitting] if fitting else [],
        )
    if _DEVICES.fullmatch(text.lower()):
        raise Refusal(
            f"an environment cannot be called {text!r}",
            "Windows keeps that name for a device",
            meant=[f"{text}-env"],
        )
    return text


def fitting_environment_name(text: str) -> str | None:
    """Make a name of an environment from the name of a folder, where that leaves anything."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:64].strip("-_")
    return (f"{name}-env" if _DEVICES.fullmatch(name.lower()) else name) or None


def name_pattern(text: str) -> str:
    """Read a package name in which * stands for anything."""
    text = plain(text, "a package name or pattern")
    if not re.fullmatch(r"[A-Za-z0-9*]([A-Za-z0-9._*-]*[A-Za-z0-9*])?", text):
        raise Refusal(f"{shown(text)!r} is not a package name or a pattern such as corp-*", _MADE_OF)
    return normal(text)


def rule_name(text: str) -> str:
    """Read the name of a catalog rule."""
    text = plain(text, "the name of a pitfall")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", text):
        raise Refusal(f"{shown(text)!r} is not the name of a pitfall", "such as torch-numpy-2")
    return text


def _canonical(text: str, what: str) -> str:
    text = plain(text, what)
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise Refusal(f"{shown(text)!r} is not {what}", _MADE_OF) from None


def _requirement_meant(text: str) -> list[str]:
    """torch[cuda]>=2 as a key was meant as torch = { ... }."""
    found = re.fullmatch(
        r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([\w.,\s-]*)\])?\s*([=<>!~ ].*)?", text
    )
    if not found:
        return []
    name, extras, version = found[1], found[2], (found[3] or "*").strip()
    if '"' in version or "\\" in version:
        return []
    if not extras:
        return [f'{name} = "{version}"']
    listed = ", ".join(f'"{extra.strip()}"' for extra in extras.split(",") if extra.strip())
    return [f'{name} = {{ version = "{version}", extras = [{listed}] }}']
