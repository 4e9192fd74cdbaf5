"""What to change in a spec, as each kind of file spells it."""

from __future__ import annotations

import pytest

from envplan.cli.spelling import spelled

TOML, LISTED = "envplan.toml: packages.torch", "reqs/gpu.txt: line 3"
ARRAYS = (
    "pyproject.toml: project.dependencies[0]",
    "train.py: dependencies[0]",
    "pyproject.toml: dependency-groups.dev[1]",
)
INIT = "   (in an envplan.toml, which `envplan init` begins: this file cannot say it)"
WHL = "--extra-index-url https://download.pytorch.org/whl"


@pytest.mark.parametrize(
    ("cure", "listed", "in_arrays"),
    [
        ('torch = "2.2"   # 2.2.2 cpu', "torch==2.2.*   # 2.2.2 cpu", '"torch==2.2.*"   # 2.2.2 cpu'),
        ('torch = "2.2.2"', "torch==2.2.2", '"torch==2.2.2"'),
        ('torch = ">=2,<3"', "torch<3,>=2", '"torch<3,>=2"'),
        ('numpy = "*"', "numpy", '"numpy"'),
        ('a = { version = "*", extras = ["b"] }', "a[b]", '"a[b]"'),
        ('a = { version = ">=1", extras = ["b", "c-d"] }', "a[b,c-d]>=1", '"a[b,c-d]>=1"'),
        ('accelerator = "cu121"   # so', f"{WHL}/cu121   # so", 'accelerator = "cu121"   # so'),
        ('accelerator = "auto"   # so', f'accelerator = "auto"{INIT}', 'accelerator = "auto"   # so'),
        ('python = "3.11"', f'python = "3.11"{INIT}', 'python = "3.11"'),
        ('allow-sdist = ["x"]   (then)', f'allow-sdist = ["x"]{INIT}', 'allow-sdist = ["x"]   (then)'),
        (
            'together: accelerator = "cpu" and torch = "2.2"',
            f"together: {WHL}/cpu and torch==2.2.*",
            'together: accelerator = "cpu" and "torch==2.2.*"',
        ),
        ("envplan plan --why   # every candidate", None, None),
    ],
)
def test_a_cure_is_spelled_as_the_file_of_the_spec_spells_it(
    cure: str, listed: str | None, in_arrays: str | None
) -> None:
    assert spelled(cure, [TOML, "envplan.toml: line 3"]) == cure
    assert spelled(cure, ["the metadata of torch", LISTED]) == (listed or cure)
    for origin in ARRAYS:
        assert spelled(cure, [origin]) == (in_arrays or cure)
