"""The same wishes give the same digest, however they are written."""

from __future__ import annotations

import tomllib

import pytest

from envplan.lockfile.digest import document_digest, spec_digest
from envplan.spec.decode import decode

SPEC = """
[env]
name = "train"
python = ["3.10", "3.11"]
accelerator = "gpu"

[packages]
torch = "2.2"
transformers = { version = ">=4.40", extras = ["torch", "sentencepiece"] }

[groups.dev]
pytest = "*"

[indexes]
corp = { url = "https://corp.example/simple", packages = ["corp-*"] }

[options]
exclude-newer = "2026-11-01"
"""


def digest(text: str) -> str:
    return spec_digest(decode(text.encode(), "envplan.toml"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[env]", "# a comment\n[env]"),
        ('torch = "2.2"\n', ""),
        ('"2.2"', '"==2.2.*"'),
        ('["torch", "sentencepiece"]', '["sentencepiece", "torch"]'),
        ('["3.10", "3.11"]', '["3.11", "3.10"]'),
        ("exclude-newer", "same-versions = true\nexclude-newer"),
    ],
)
def test_another_way_to_write_the_same_wishes_changes_nothing(old: str, new: str) -> None:
    text = SPEC.replace(old, new, 1)
    if not new:  # moved to the end of its table
        text = text.replace("\n\n[groups", f"\n{old}\n[groups", 1)
    assert text != SPEC
    assert digest(text) == digest(SPEC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"2.2"', '"2.3"'),
        ('"gpu"', '"cpu"'),
        (', "3.11"', ""),
        ('["torch", "sentencepiece"]', '["torch"]'),
        ("[groups.dev]", "[groups.docs]"),
        ("corp.example", "other.example"),
        ("2026-11-01", "2026-11-02"),
        ("exclude-newer", "same-versions = false\nexclude-newer"),
        ('name = "train"', 'name = "serve"'),
    ],
)
def test_another_wish_changes_the_digest(old: str, new: str) -> None:
    assert old in SPEC
    assert digest(SPEC.replace(old, new, 1)) != digest(SPEC)


def test_the_file_that_a_spec_stands_in_does_not_count() -> None:
    assert spec_digest(decode(SPEC.encode(), "other/envplan.toml")) == digest(SPEC)


def test_the_digest_of_a_text_is_of_what_it_says_and_not_how() -> None:
    one, other = tomllib.loads(SPEC), tomllib.loads(f"# a comment\n{SPEC}\n")
    assert document_digest(one) == document_digest(other)
    assert document_digest(one) != document_digest(tomllib.loads(SPEC.replace("2.2", "2.3")))
