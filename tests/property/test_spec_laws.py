"""What holds for every spec."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envplan.problems import EnvplanError, Problem
from envplan.spec.decode import decode
from envplan.spec.edit.change import Place, added, removed
from envplan.spec.lists.projects import decode_project, decode_script
from envplan.spec.lists.requirements import decode_requirements
from envplan.spec.model import Requirement, Spec
from envplan.spec.words.understand import understood
from envplan.spec.words.write import spec_text

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/spec.schema.json").read_text())
CHECK = jsonschema.Draft202012Validator(SCHEMA)
PLACE = Place("envplan.toml")

NAMES = st.sampled_from(
    ["torch", "Torch_Vision", "torch-vision", "numpy", "a.b", "x", "jax[cuda12]", "-r/x", "", "é"]
)
VERSIONS = st.sampled_from(
    [
        *(
            "*",
            "2",
            "2.2",
            "2.2.1",
            "2.2.1+cu121",
            "2.2.*",
            ">=2,<3",
            "~=2.2",
            "!=2.1",
            ">= 2 , < 3",
            "2.2rc1",
        ),
        *(" 2 ", "", "^2", ">=2 <3", "===x", "2.x", "latest", "2;x", "\n", "https://x.example", ",", "1!2"),
        "1" * 300,
    ]
)
ACCELERATORS = st.sampled_from(
    [
        *(
            "auto",
            "gpu",
            "cpu",
            "cuda",
            "cuda>=12.1",
            "cuda>=12,<13",
            "cuda==12",
            "cuda != 12.1",
            "cu121",
            "cu12",
        ),
        *("rocm", "rocm6.2", "xpu", "GPU", "cuda12.1", "", "cuda>=", "rocm6.2.1.1"),
    ]
)
TEXTS = st.one_of(
    NAMES,
    VERSIONS,
    ACCELERATORS,
    st.sampled_from(
        ["3.11", "3.011", ">=3", "linux-x86_64", "linux", ".", "../x", "/x", "C:x", "a/../b", "main"]
    ),
    st.sampled_from(
        ["https://x.example/s", "http://127.0.0.1:80/s", "http://x.example", "https://u:p@x.example"]
    ),
    st.sampled_from(
        ["ssh://git@x.example/a", "git@x:a", "https://[::1", "https://x:0/", "2026-11-01", "7 days", "7d"]
    ),
    st.text(max_size=12),
)
SCALARS = st.one_of(
    TEXTS,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
)
KEYS = st.one_of(
    st.sampled_from(
        ["env", "packages", "groups", "targets", "indexes", "options", "name", "python", "accelerator"]
    ),
    st.sampled_from(["version", "extras", "path", "git", "rev", "editable", "platforms", "profiles", "url"]),
    st.sampled_from(
        ["same-versions", "exclude-newer", "allow-sdist", "startup-code", "ignore-pitfalls", "dev"]
    ),
    st.sampled_from(["dependencies", "project", "requires-python", "dependency-groups", "tool", "envplan"]),
    NAMES,
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)

PACKAGE = st.one_of(
    VERSIONS,
    st.fixed_dictionaries(
        {},
        optional={
            "version": VERSIONS,
            "extras": st.lists(st.sampled_from(["a", "A", "b-c", "d e"]), max_size=2),
            "accelerator": ACCELERATORS,
            "path": st.sampled_from([".", "../x", "/x", "a b", "~", "x:y"]),
            "git": st.sampled_from(["https://x.example/a", "ssh://git@x.example/a", "git@x:a", "file:///x"]),
            "rev": st.sampled_from(["main", "v1/x", "-x", "a..b"]),
            "editable": st.booleans(),
        },
    ),
)
PACKAGES = st.dictionaries(NAMES, PACKAGE, max_size=3)
LIKELY = st.fixed_dictionaries(
    {"packages": PACKAGES},
    optional={
        "env": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["x", "a-b", "con", "a/b", "x" * 64, "x" * 65, " x"]),
                "python": st.one_of(TEXTS, st.lists(st.sampled_from(["3.11", "3.9", "3"]), max_size=3)),
                "accelerator": ACCELERATORS,
            },
        ),
        "groups": st.dictionaries(
            st.sampled_from(["dev", "Dev", "cu121", "a b", "cpu"]), PACKAGES, max_size=2
        ),
        "targets": st.fixed_dictionaries(
            {},
            optional={
                "platforms": st.lists(st.sampled_from(["linux-x86_64", "macos-arm64", "dos"]), max_size=3),
                "profiles": st.lists(
                    st.sampled_from(["a.toml", "./..", "a/../../b", "x/y", "..x/y"]), max_size=2
                ),
            },
        ),
        "indexes": st.dictionaries(
            st.sampled_from(["c", "d", "a b"]),
            st.fixed_dictionaries(
                {"url": TEXTS, "packages": st.lists(st.sampled_from(["a-*", "*", "x", "-"]), max_size=2)}
            ),
            max_size=2,
        ),
        "options": st.fixed_dictionaries(
            {},
            optional={
                "same-versions": st.booleans(),
                "exclude-newer": st.one_of(TEXTS, st.dates(), st.datetimes()),
                "allow-sdist": st.lists(NAMES, max_size=2),
                "startup-code": st.lists(NAMES, max_size=2),
                "ignore-pitfalls": st.lists(st.sampled_from(["a", "a b", "torch-numpy-2"]), max_size=2),
            },
        ),
    },
)


def problems_of(read: Callable[[], object]) -> tuple[Problem, ...]:
    """Let nothing out but what is promised."""
    try:
        read()
    except EnvplanError as error:
        return error.problems
    return ()


def accepted(data: bytes) -> Spec | None:
    problems = problems_of(lambda: decode(data))
    assert all(problem.code == "EP101" and problem.title for problem in problems)
    return None if problems else decode(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_spec_or_a_problem(data: bytes) -> None:
    accepted(data)
    for read in (decode_project, decode_script):
        problems_of(lambda read=read: read(data, "file"))  # type: ignore[misc]


@given(st.dictionaries(KEYS, ANYTHING, max_size=5))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_toml_is_a_spec_or_a_problem(document: dict[str, Any]) -> None:
    data = tomli_w.dumps(document).encode()
    accepted(data)
    problems_of(lambda: decode_project(data, "pyproject.toml"))


@given(st.lists(st.one_of(TEXTS, st.text(max_size=30)), max_size=6))
def test_any_lines_are_requirements_or_problems(lines: list[str]) -> None:
    data = "\n".join(lines).encode("utf-8", "replace")
    for problem in problems_of(lambda: decode_requirements(data, "requirements.txt", lambda _: b"")):
        assert problem.found[0].origin.startswith("requirements.txt")


@given(LIKELY)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_what_the_decoder_accepts_the_schema_accepts(document: dict[str, Any]) -> None:
    if accepted(tomli_w.dumps(document).encode()) is not None:
        CHECK.validate(json.loads(json.dumps(document, default=str)))


RIGHT_PACKAGE = st.one_of(
    st.sampled_from(["*", "2", "2.2.1+cu121", ">=2,<3", "!=2.1"]),
    st.fixed_dictionaries({"version": st.just("2"), "extras": st.just(["a"])}),
    st.fixed_dictionaries({"path": st.sampled_from([".", "../x"])}, optional={"editable": st.booleans()}),
    st.fixed_dictionaries(
        {"git": st.just("https://x.example/a")}, optional={"rev": st.sampled_from(["main", "v1/x"])}
    ),
)
RIGHT_PACKAGES = st.dictionaries(
    st.sampled_from(["torch", "My_Tool", "numpy", "a.b", "x", "JAX", "zope.interface"]), RIGHT_PACKAGE
)


@given(RIGHT_PACKAGES)
def test_packages_keep_the_order_in_which_they_are_written(packages: dict[str, Any]) -> None:
    document = {"packages": packages}
    spec = accepted(tomli_w.dumps(document).encode())
    assert spec is not None
    written = [name.lower().replace("_", "-").replace(".", "-") for name in document["packages"]]
    inline = [name for name in written if isinstance(_value(document, name), str)]
    tables = [name for name in written if name not in inline]
    assert sorted(one.name for one in spec.packages) == sorted(written)
    assert [one.name for one in spec.packages if one.name in inline] == inline
    assert [one.name for one in spec.packages if one.name in tables] == tables


def _value(document: dict[str, Any], name: str) -> object:
    return next(
        v for k, v in document["packages"].items() if k.lower().replace("_", "-").replace(".", "-") == name
    )


GOOD_NAMES = st.lists(
    st.sampled_from(["torch", "torchvision", "numpy", "jax", "tensorflow", "x"]), unique=True
)
GOOD_VERSIONS = st.sampled_from(
    ["", " 2.2", " 2.2.1", "==2.2.1", ">=2,<3", " >= 2", "~=2.2", "[a]", "[a,b]>=1"]
)
SAID = st.sampled_from(
    ["", " on gpu", " on cpu", " with cuda 12.1", " on cu121", " on rocm 6.2", " on auto", " gpu"]
)


@given(st.data())
@settings(max_examples=200)
def test_words_become_a_spec_with_the_same_wishes(data: st.DataObject) -> None:
    names = data.draw(GOOD_NAMES)
    phrases = [name + data.draw(GOOD_VERSIONS) + data.draw(SAID) for name in names]
    wishes = understood(
        [*phrases, *data.draw(st.sampled_from([[], ["python 3.11"], ["python 3.11", "python 3.12"]]))]
    )
    spec = decode(spec_text(wishes, "x").encode())
    assert [_wish(one) for one in spec.packages] == [_wish(one) for one in wishes.packages]
    assert [one.name for one in spec.packages] == names
    assert spec.pythons == wishes.pythons
    assert spec.accelerator == (wishes.accelerator or spec.accelerator)


def _wish(one: Requirement) -> tuple[object, ...]:
    return (one.name, one.asked, str(one.specifier), one.extras, one.accelerator)


@given(st.lists(st.text(max_size=20), max_size=4))
@settings(max_examples=300)
def test_any_words_are_understood_or_a_problem(words: list[str]) -> None:
    problems = problems_of(lambda: understood(words))
    assert all(problem.code == "EP106" and problem.cures for problem in problems)
    if not problems:
        wishes = understood(words)
        assert decode(spec_text(wishes, "x").encode()).pythons == wishes.pythons


LINES = st.sampled_from(
    [
        "",
        "# a comment",
        "  # = [ ''' \"\"\"",
        'torch = "2.2"',
        "numpy = '<2'   # why",
        'alpha = { version = "1", extras = [\n  "x", # y\n] }',
        '"b.c" = """1"""',
        "d.version = '2'",
        "\te = '*'",
    ]
)
REST = st.sampled_from(
    [
        "",
        "\n[options]\n",
        "# of the next\n[groups.dev]\npytest = '*'",
        "[packages.z]\nversion = '1'\n\n# end\n",
    ]
)
HEADS = st.sampled_from(
    ["[packages]", "[ packages ] # the table", "[env]\nname = 'x'\n\n[packages]", "['packages']"]
)


@given(HEADS, st.lists(LINES, max_size=6, unique=True), REST, st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=300)
def test_adding_and_removing_a_package_gives_back_the_same_bytes(
    head: str, lines: list[str], rest: str, line_end: str
) -> None:
    text = "\n".join([head, *lines, rest]).replace("\n", line_end)
    before = tomllib.loads(text)
    there = added(text, PLACE, understood(["new-one[extra]>=1"], command="add").packages).text
    assert tomllib.loads(there)["packages"]["new-one"] == {"version": ">=1", "extras": ["extra"]}
    assert removed(there, PLACE, ["New_One"]).text == text
    after = tomllib.loads(there)
    del after["packages"]["new-one"]
    assert after == before


@given(HEADS, st.lists(LINES, min_size=1, max_size=6, unique=True), REST)
def test_an_edit_keeps_every_other_line(head: str, lines: list[str], rest: str) -> None:
    text = "\n".join([head, *lines, rest])
    for name in tomllib.loads(text)["packages"]:
        after = removed(text, PLACE, [name]).text
        assert name not in tomllib.loads(after).get("packages", {})
        comments = [line for line in text.split("\n") if line.lstrip().startswith("#")]
        assert [line for line in after.split("\n") if line.lstrip().startswith("#")] == comments
        changed = added(text, PLACE, understood([f"{name} 9.9"], command="add").packages).text
        assert len(changed.split("\n")) == len(text.split("\n"))
