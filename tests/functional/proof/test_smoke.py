"""Frameworks at work: what each device did; each way to fail is told with device and last words."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from envplan.environment.proof.report import Report
from envplan.machine.model import Machine
from envplan.problems import Problem
from tests.functional.proof.machines import LINUX, NO_GPU, a100s, proven, words
from tests.support.frameworks import A100, plain, torch, torchvision
from tests.support.generations import generation

MATMULS = ("float32", "float64", "float16", "bfloat16")
CRASH = "import ctypes; ctypes.string_at(0)"
NO_MEMORY = "raise RuntimeError('CUDA out of memory. Tried to allocate 64.00 MiB')"
NO_CODE = "raise RuntimeError('CUDA error: no kernel image is available for execution on the device')"
NO_LIBRARY = "raise ImportError('libcudart.so.12: cannot open shared object file: No such file or directory')"
ONE_OFF = "if device == 'cuda:1' and left.dtype == 'bfloat16': found[3][4] += 1"


def smoked(
    folder: Path, machine: Machine | None = None, *, wheels: Any = None, variant: str = "cu121", **more: Any
) -> Report:
    """Prove a torch that was made for the test. What is told of torch goes to the wheel."""
    asked = {name: more.pop(name) for name in ("smoke", "deadline", "environ", "imports") if name in more}
    made = generation(folder, wheels or [torch(**{"gpus": [A100], **more})], variant=variant)
    return proven(made, machine or a100s(1), **{"imports": False, "smoke": True, **asked})


def only(report: Report) -> Problem:
    (problem,) = report.problems
    return problem


def test_every_device_does_everything(tmp_path: Path) -> None:
    wheels = [torch(gpus=[A100, A100]), torchvision()]
    report = smoked(tmp_path, a100s(2), wheels=wheels, smoke=None)
    assert report.problems == ()
    (one,) = report.smoke
    assert (one.framework, one.version, one.variant, one.status) == (
        "torch",
        "2.2.2+cu121",
        "CUDA 12.1",
        "passed",
    )
    assert [device.key for device in one.devices] == ["cpu", "cuda:0", "cuda:1"]
    did = [{check.name for check in device.checks if check.ok} for device in one.devices]
    everything = {"allocate", "convolution", "torchvision.ops.nms", *(f"matmul {kind}" for kind in MATMULS)}
    assert did[1] == everything | {"NCCL all-reduce"}
    assert did[2] == everything
    assert [device.compute for device in one.devices] == [None, "8.0", "8.0"]
    details = {check.name: check.detail for check in one.devices[1].checks}
    assert details["convolution"] == "cuDNN 8902"
    assert details["NCCL all-reduce"] == "2 GPUs"


FAULTS = {
    "a wrong number on one device": (
        {"gpus": [A100, A100], "at_matmul": ONE_OFF},
        "EP620", ["torch", "cuda:1", "matmul bfloat16", "1 of 16384 numbers are wrong"],
    ),
    "numbers that are none": (
        {"at_matmul": "found = [[float('nan')] * len(row) for row in found]"},
        "EP620", ["nan", "numbers are wrong"],
    ),
    "zeros": (
        {"at_convolution": "found = [[[[0.0] * 16] * 16] * 4]"}, "EP620", ["cuda:0", "convolution"],
    ),
    "a convolution without cuDNN": ({"cudnn": False}, "EP620", ["convolution", "without cuDNN"]),
    "memory that is not there": (
        {"at_allocate": f"if isinstance(nested, _Many): {NO_MEMORY}"},
        "EP620", ["allocate", "CUDA out of memory", "other programs hold the GPU's memory", "nvidia-smi"],
    ),
    "no code for the GPU": (
        {"at_matmul": f"if device != 'cpu': {NO_CODE}"},
        "EP620", ["cuda:0", "no machine code for this GPU", "envplan plan --why"],
    ),
    "a sum over GPUs that is wrong": (
        {"gpus": [A100, A100], "at_reduce": "total = parts[0].nested"}, "EP620", ["NCCL all-reduce"],
    ),
    "a crash at import": (
        {"at_import": CRASH},
        "EP624", ["crashed (SIGSEGV)", "import torch", "Segmentation fault", "torch/__init__.py"],
    ),
    "a crash on a device": (
        {"at_convolution": CRASH}, "EP624", ["crashed (SIGSEGV)", "convolution", "cuda:0", A100[0]],
    ),
    "an abort": ({"at_import": "import os; os.abort()"}, "EP624", ["SIGABRT"]),
    "instructions that the processor lacks": (
        {"at_import": "import os, signal; os.kill(os.getpid(), signal.SIGILL)"}, "EP624", ["SIGILL", "AVX"],
    ),
    "a kill": (
        {"at_import": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"},
        "EP624", ["SIGKILL", "memory runs out"],
    ),
    "an exit": ({"at_import": "import os; os._exit(7)"}, "EP624", ["left with status 7", "import torch"]),
    "an exit that looks well": ({"at_import": "import os; os._exit(0)"}, "EP624", ["left with status 0"]),
    "a library that is missing": (
        {"at_import": NO_LIBRARY},
        "EP616", ["libcudart.so.12", "another CUDA", "envplan verify --deep"],
    ),
    "an exit by exception": ({"at_import": "raise SystemExit(0)"}, "EP616", ["SystemExit"]),
    "another version": ({"says": "2.2.1+cu121"}, "EP621", ["2.2.2+cu121", "torch 2.2.1+cu121"]),
    "another variant by its version": ({"says": "2.2.2+cu118"}, "EP621", ["torch 2.2.2+cu118"]),
    "another CUDA": ({"cuda": "11.8"}, "EP621", ["CUDA 11.8"]),
    "a build for the CPU": ({"cuda": None, "arches": []}, "EP621", ["a build for CPU"]),
    "a version that is none": ({"says": "new"}, "EP621", ["torch new"]),
    "a version without end": ({"says": "9" * 100_000}, "EP621", ["torch 9999"]),
    "an exit in the middle": (
        {"at_matmul": "raise SystemExit(0)"}, "EP620", ["matmul float32: SystemExit: 0"],
    ),
    "an interrupt that is none": (
        {"at_matmul": "raise KeyboardInterrupt"}, "EP620", ["matmul float32: KeyboardInterrupt"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("torch_like", "code", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found_and_told(
    tmp_path: Path, torch_like: dict[str, Any], code: str, said: list[str]
) -> None:
    count = len(torch_like.get("gpus", [A100]))
    report = smoked(tmp_path, a100s(count), **torch_like)
    assert not report.whole
    problem = report.errors[0]
    assert (problem.code, problem.exit) == (code, 1), words(problem)
    for word in said:
        assert word in words(problem)
    assert problem.cures
    assert "Traceback" not in words(problem)
    assert report.smoke[0].status == "failed"


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pid)!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    begun = time.monotonic()
    report = smoked(tmp_path, at_import=code, deadline=2.0)
    assert time.monotonic() - begun < 10
    problem = only(report)
    assert problem.code == "EP624"
    for word in (
        "still at it after 2 seconds",
        "import torch",
        "torch/__init__.py",
        "envplan verify --deadline 10",
    ):
        assert word in words(problem)
    assert _gone(int(pid.read_text()))


def test_what_it_starts_in_a_session_of_its_own_is_ended_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "import subprocess\n"
        "again = 'import time; time.sleep(60)'\n"
        "child = subprocess.Popen([sys.executable, '-c', again], start_new_session=True)\n"
        f"open({str(pid)!r}, 'w').write(str(child.pid))"
    )
    assert smoked(tmp_path, at_import=code).problems == ()
    assert _gone(int(pid.read_text()))


def _gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


NOISE = {
    "text": "print('hello')",
    "text without an end of line": "sys.stdout.write('no newline')",
    "bytes that are no text": "import os; os.write(1, bytes(range(256)))",
    "what looks like an answer": "print('envplan-answer:{')",
    "an answer of another": 'print(\'\\nenvplan-answer:{"check": 1, "device": "cpu", "seconds": "x"}\')',
    "another json": "import json\njson.dumps = json.loads = lambda *_, **__: 'spoiled'",
    "a question": "try:\n    input('? ')\nexcept EOFError:\n    pass",
    "another folder": "import os; os.chdir('/')",
    "much of it": "print('x' * 100 + chr(10) * 2, end='') or [print('warning ' * 20) for _ in range(20000)]",
    "a closed stdout": "import os; os.close(1)",
    "a handler for exits": "import atexit; atexit.register(lambda: os.abort()); import os",
}


@pytest.mark.parametrize("code", NOISE.values(), ids=NOISE.keys())
def test_what_it_prints_disturbs_nothing(tmp_path: Path, code: str) -> None:
    assert smoked(tmp_path, at_import=code).problems == ()


def test_output_without_end_is_ended(tmp_path: Path) -> None:
    problem = only(smoked(tmp_path, at_import="while True: print('x' * 100000)"))
    assert problem.code == "EP624"
    assert "printed without end" in problem.title


def test_gpus_that_it_does_not_see_are_missed(tmp_path: Path) -> None:
    problem = only(smoked(tmp_path, a100s(2)))
    assert (problem.code, problem.title) == ("EP622", "torch sees 1 of the 2 GPUs here")


def test_gpus_that_nobody_else_saw_are_told(tmp_path: Path) -> None:
    problem = only(smoked(tmp_path, a100s(1), gpus=[A100, A100]))
    assert (problem.code, problem.title) == ("EP622", "torch sees 2 GPUs where 1 was found")


def test_gpus_on_which_cuda_does_not_start_are_not_seen(tmp_path: Path) -> None:
    problem = only(smoked(tmp_path, available=False))
    assert (problem.code, problem.title) == ("EP622", "torch does not see the GPU here")
    assert "Found no NVIDIA driver" in words(problem)


def test_why_it_sees_none_is_told_in_its_own_words(tmp_path: Path) -> None:
    report = smoked(tmp_path, a100s(1), gpus=[])
    problem = only(report)
    assert (problem.code, problem.title) == ("EP622", "torch does not see the GPU here")
    assert "Found no NVIDIA driver" in words(problem)
    assert "no-gpu-visible" in words(problem)
    assert report.smoke[0].detail == "it sees no GPU"


def test_gpus_of_another_kind_are_told(tmp_path: Path) -> None:
    problem = only(smoked(tmp_path, a100s(1), gpus=[("Tesla V100-SXM2-16GB", 7, 0)]))
    assert (problem.code, problem.title) == ("EP622", "torch sees other GPUs than there are")
    assert "sm_70" in words(problem)
    assert "sm_80" in words(problem)


def test_one_slice_of_a_gpu_is_no_missing_gpu(tmp_path: Path) -> None:
    assert smoked(tmp_path, a100s(2), gpus=[("NVIDIA A100-SXM4-40GB MIG 1g.5gb", 8, 0)]).problems == ()


def test_a_wheel_that_differs_from_the_catalog_is_the_catalogs_bug(tmp_path: Path) -> None:
    report = smoked(tmp_path, arches=["sm_50", "sm_80", "sm_90a", "compute_90"])
    assert report.whole
    problem = only(report)
    assert (problem.code, problem.severity) == ("EP623", "warning")
    assert "only the catalog has: sm_60 sm_70 sm_75 sm_86" in words(problem)
    assert "only the wheel has: compute_90" in words(problem)


def test_without_a_gpu_nothing_is_run_unless_asked(tmp_path: Path) -> None:
    made = generation(tmp_path, [torch(at_matmul="raise RuntimeError")], variant="cu121")
    report = proven(made, NO_GPU)
    assert report.whole
    assert [(one.status, one.detail) for one in report.smoke] == [("not-run", "no GPU here")]


def test_without_a_gpu_the_cpu_computes_where_asked(tmp_path: Path) -> None:
    report = smoked(tmp_path, NO_GPU, gpus=[])
    assert report.problems == ()
    (one,) = report.smoke
    assert (one.status, one.detail) == ("passed", "devices not run: no GPU here")
    assert [check.name for check in one.devices[0].checks] == ["matmul float32", "matmul float64"]


def test_a_cpu_that_computes_wrong_is_found(tmp_path: Path) -> None:
    report = smoked(tmp_path, NO_GPU, gpus=[], at_matmul="found[0][0] += 0.5")
    assert [one.code for one in report.problems] == ["EP620"]
    assert "cpu" in report.problems[0].title


def test_a_machine_that_is_only_pretended_is_not_computed_on(tmp_path: Path) -> None:
    made = generation(tmp_path, [torch()], variant="cu121")
    report = proven(made, None)
    assert [(one.status, one.detail) for one in report.smoke] == [("not-run", "another machine is pretended")]


def test_torchvision_that_keeps_the_wrong_boxes_is_found(tmp_path: Path) -> None:
    report = smoked(tmp_path, wheels=[torch(gpus=[A100]), torchvision(kept=(0, 1, 2))])
    assert "torchvision.ops.nms" in words(report.problems[0])


def test_folders_of_other_libraries_are_named_as_the_culprit(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "if os.environ.get('LD_LIBRARY_PATH'):\n"
        "    raise ImportError('libcudnn.so.9: cannot open shared object file: No such file or directory')"
    )
    environ = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": "/opt/cuda-11/lib64"}
    problem = only(smoked(tmp_path, at_import=code, environ=environ))
    assert "without LD_LIBRARY_PATH it works" in problem.why[0].text
    assert problem.why[0].origin == "/opt/cuda-11/lib64"
    assert problem.cures == ("unset LD_LIBRARY_PATH",)


def test_nothing_of_the_users_python_settings_reaches_it(tmp_path: Path) -> None:
    (tmp_path / "shadow/torch").mkdir(parents=True)
    (tmp_path / "shadow/torch/__init__.py").write_text("raise RuntimeError('the wrong torch')")
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path / "shadow"),
        "PYTHONHOME": "/nowhere",
        "PYTHONSTARTUP": "/nowhere",
        "HOME": "/nowhere",
    }
    code = (
        "import os, sys\n"
        "assert not [name for name in os.environ if name.startswith('PYTHON')]\n"
        "assert os.listdir(os.environ['HOME']) == []"
    )
    assert smoked(tmp_path, environ=environ, at_import=code).problems == ()


def test_what_tells_of_the_machine_reaches_it(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin", "CUDA_VISIBLE_DEVICES": "0", "NCCL_P2P_DISABLE": "1", "SECRET_TOKEN": "x"}
    code = (
        "import os\n"
        "assert os.environ['CUDA_VISIBLE_DEVICES'] == '0' and os.environ['NCCL_P2P_DISABLE'] == '1'\n"
        "assert 'SECRET_TOKEN' not in os.environ"
    )
    assert smoked(tmp_path, environ=environ, at_import=code).problems == ()


def test_no_trace_is_left_in_the_environment(tmp_path: Path) -> None:
    made = generation(tmp_path, [torch(gpus=[A100])], variant="cu121")
    before = sorted(path for path in made.folder.rglob("*"))
    assert proven(made, a100s(1), smoke=True).whole
    assert sorted(path for path in made.folder.rglob("*")) == before


def test_a_framework_of_which_we_know_too_little_is_told_not_to_be_proven(tmp_path: Path) -> None:
    wheels = [plain("torch", "2.2.2+cpu", "__version__ = '2.2.2+cpu'\n")]
    problem = only(smoked(tmp_path, NO_GPU, wheels=wheels, variant="cpu"))
    assert problem.code == "EP624"
    assert "has no attribute 'version'" in words(problem)


def test_gpus_that_cannot_be_read_are_not_taken_for_none(tmp_path: Path) -> None:
    unreadable = Problem("EP505", "the NVIDIA driver cannot be asked")
    machine = Machine("node", LINUX, "test", unreadable=(unreadable,))
    made = generation(tmp_path, [torch()], variant="cu121")
    report = proven(made, machine)
    assert [one.detail for one in report.smoke] == ["the GPUs here cannot be read"]


def test_one_that_only_pretends_to_answer_has_not_answered(tmp_path: Path) -> None:
    code = "import os; os.write(2, b'\\nenvplan-answer:{\"end\": true}\\n'); os._exit(0)"
    problem = only(smoked(tmp_path, at_import=code))
    assert (problem.code, problem.title) == ("EP624", "torch left with status 0 before it was done")


def test_commands_of_the_environment_come_first(tmp_path: Path) -> None:
    code = "import os\nassert os.environ['PATH'].split(os.pathsep)[0] == os.path.join(sys.prefix, 'bin')"
    assert smoked(tmp_path, at_import=code).problems == ()
