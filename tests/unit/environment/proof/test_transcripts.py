"""What real frameworks answered, kept word for word: they are understood, and pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from envplan.environment.model import Interpreter, Receipt
from envplan.environment.proof.asking import heard
from envplan.environment.proof.frameworks import expected
from envplan.environment.proof.judging import judge
from envplan.environment.proof.question import Question
from envplan.machine.model import Machine
from envplan.processes.outcomes import Ended
from envplan.values.platforms import Platform

# Made with `python -I -B -X faulthandler …/inside/start.py NAME`, each in a venv of its own, on a machine
# with no GPU. cupy is a build for CUDA 12, and says why it sees no device.
FILES = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))

PACKAGES = {"cupy": "cupy-cuda12x", "tensorflow": "tensorflow-cpu", "paddle": "paddlepaddle"}


def question(package: str, version: str, variant: str) -> Question:
    target = {"variant": variant, "platform": "linux-x86_64", "python": "3.11"}
    packages = ({"name": package, "version": version},)
    made = Receipt(
        "1",
        "",
        "",
        "",
        target,
        "",
        (),
        (),
        Interpreter("/usr/bin/python3.11", "3.11.7"),
        packages,
        (),
        {},
        "",
    )
    machine = Machine("m", Platform("linux", "x86_64"), "test")
    return Question(Path("/nowhere"), made, ".venv", machine=machine)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_real_framework_passes(file: Path) -> None:
    framework, version = file.stem.split("-", 1)
    asked = question(PACKAGES.get(framework, framework), version, "cu12" if framework == "cupy" else "cpu")
    (one,) = expected(asked.versions, asked.receipt.target)
    judged = judge(asked, one, (), heard(Ended(0, file.read_bytes())))
    assert not judged.problems
    smoke = judged.smoke
    assert (smoke.framework, smoke.version, smoke.status) == (framework, version, "passed")
    if framework == "cupy":
        assert (smoke.variant, smoke.devices) == ("CUDA 12.9", ())
        assert "no GPU here" in smoke.detail
    else:
        assert smoke.variant == "CPU"
        assert [device.name for device in smoke.devices] == ["cpu"]
        assert all(check.ok for check in smoke.devices[0].checks)
        assert smoke.devices[0].checks


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_transcript_that_breaks_off_anywhere_is_never_a_pass(file: Path) -> None:
    framework, version = file.stem.split("-", 1)
    asked = question(PACKAGES.get(framework, framework), version, "cu12" if framework == "cupy" else "cpu")
    (one,) = expected(asked.versions, asked.receipt.target)
    data = file.read_bytes().rstrip()
    for end in range(0, len(data) - 1, 7):
        judged = judge(asked, one, (), heard(Ended(0, data[:end])))
        assert judged.failed, data[:end]
        assert all(problem.cures for problem in judged.problems)


def test_what_only_looks_like_an_answer_is_none() -> None:
    begun = b'envplan-answer:\nenvplan-answer:[1]\nenvplan-answer:{"end": tr\n'
    garbage = begun + b'  envplan-answer:{"end": true}\n\xff\xfe\n'
    found = heard(Ended(0, garbage))
    assert found.lines == ()
    assert "before it was done" in found.trouble
    assert found.words
