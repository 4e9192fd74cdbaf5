"""`envplan tree`: what one target of the lock takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from envplan.lockfile.model import Lock
from envplan.values.variants import Variant
from tests.support.locks import CATALOG, every_machine, offer, pure
from tests.support.locks import SPEC as DIGEST
from tests.support.looking import SPEC, answer, envplan, write_lock

LINUX = {"ENVPLAN_PROFILE": "workstation-rtx3090"}
DRAWN = """\
train: cu121 on linux-x86_64, Python 3.11  (6 packages; 6 more targets in the lock)
├── numpy 1.26.4
├── pytest 8.0.0  [group dev]
└── torch 2.2.2+cu121
    ├── filelock 3.13.1
    ├── nvidia-cublas-cu12 12.1.3.1
    └── triton 2.2.0
        └── filelock 3.13.1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "envplan.toml").write_text(SPEC, encoding="utf-8")
    write_lock(every_machine(), tmp_path)
    return tmp_path


def test_a_tree_is_drawn_from_the_packages_of_the_spec_down(project: Path) -> None:
    assert envplan("tree", "--variant", "cu121", "--platform", "linux", cwd=project).stdout == DRAWN


def test_a_terminal_with_few_letters_gets_a_tree_of_plain_ones(project: Path) -> None:
    environ = {"PYTHONIOENCODING": "ascii"}
    told = envplan("tree", "--variant", "cu121", "--platform", "linux", cwd=project, environ=environ).stdout
    assert "    `-- triton 2.2.0\n        `-- filelock" in told
    assert "\\u" not in told


@pytest.mark.parametrize(
    ("profile", "platform"),
    [("workstation-rtx3090", "linux-x86_64"), ("laptop-rtx3060", "windows-x86_64")],
)
def test_without_options_it_is_the_default_variant_for_this_system(
    project: Path, profile: str, platform: str
) -> None:
    target = answer("tree", cwd=project, environ={"ENVPLAN_PROFILE": profile})["data"]["target"]
    assert target == {"variant": "cpu", "platform": platform, "python": "3.11"}


def test_what_is_left_open_is_as_on_this_machine(project: Path) -> None:
    target = answer("tree", "--variant", "cu118", cwd=project, environ=LINUX)["data"]["target"]
    assert target["platform"] == "linux-x86_64"


def test_where_no_target_is_like_that_all_are_listed_and_one_can_be_typed(project: Path) -> None:
    document = answer("tree", "--variant", "cu121", "--platform", "macos", cwd=project)
    (problem,) = document["problems"]
    assert (document["exit"], problem["code"], len(problem["found"])) == (1, "EP229", 7)
    assert envplan(*problem["try"][0].split()[1:], cwd=project).returncode == 0


def test_what_a_package_needs_is_drawn_once(tmp_path: Path) -> None:
    only = offer("cpu", "linux-x86_64")
    tops = [pure(name, "1.0", only.targets, "middle") for name in ("first", "second")]
    rest = [pure("middle", "1.0", only.targets, "leaf"), pure("leaf", "1.0", only.targets)]
    write_lock(Lock("once", (*tops, *rest), (only,), Variant("cpu"), DIGEST, CATALOG), tmp_path)
    told = envplan("tree", cwd=tmp_path).stdout
    assert told.count("leaf") == 1
    assert told.endswith("└── second 1.0\n    └── middle 1.0  (see above)\n")


def test_a_chain_too_long_to_draw_is_a_problem(tmp_path: Path) -> None:
    only = offer("cpu", "linux-x86_64")
    chain = [pure(f"p{place}", "1.0", only.targets, f"p{place + 1}") for place in range(1200)]
    write_lock(
        Lock("deep", (*chain, pure("p1200", "1.0", only.targets)), (only,), Variant("cpu"), DIGEST, CATALOG),
        tmp_path,
    )
    assert answer("tree", cwd=tmp_path)["problems"][0]["code"] == "EP104"


def test_no_process_is_started_for_it(project: Path) -> None:
    """Seen from outside: an audit hook that ends the program at the first process it would start."""
    line = (
        "import sys, os\n"
        "def hook(event, args):\n"
        "    if event in ('subprocess.Popen', 'os.fork', 'os.posix_spawn', 'os.system'): os._exit(99)\n"
        "sys.addaudithook(hook)\n"
        "from envplan.cli.main import main\n"
        "raise SystemExit(main(['tree']))"
    )
    done = subprocess.run([sys.executable, "-c", line], cwd=project, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_has_examples(tmp_path: Path) -> None:
    assert "envplan tree --variant cu121" in envplan("tree", "--help", cwd=tmp_path).stdout
