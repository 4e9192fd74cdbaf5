"""What a program finds around it while it proves an environment.

It must see the devices as the user's own programs will, and nothing else of the user's. So it keeps the
variables that tell of the machine: which GPUs are shown, how they talk to each other, how many threads there
are, the PATH, and where the driver's libraries lie. (LD_LIBRARY_PATH: on some systems libcuda is found in no
other way; and where it leads to a wrong cuDNN, the user's programs fail as well. A second try without it
names the culprit.) Python's own (PYTHONPATH, PYTHONHOME, user site) are left out by `python -I`: they are no
part of the environment. HOME is an empty folder, since no proof may depend on a cache there, nor write one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from envplan.problems import Problem, Said
from envplan.processes.surroundings import from_nothing
from envplan.values.records import replace

_LIBRARIES = "LD_LIBRARY_PATH"
_KEPT = ("PATH", _LIBRARIES, "CUDA_PATH", "CUDA_HOME", "ROCM_PATH", "HIP_PATH")
_KEPT_PREFIXES = (
    "CUDA_", "NVIDIA_", "NCCL_", "ROCR_", "HIP_", "HSA_", "RCCL_", "ONEAPI_", "SYCL_", "ZE_",
    "OMP_", "MKL_", "OPENBLAS_",
)  # fmt: skip
_WINDOWS = (
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "NUMBER_OF_PROCESSORS",
)

# So that others who compute on the same GPU keep their memory.
_MODEST = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def surroundings(folder: Path, commands: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Build the variables of a proof; `folder` is its own, `commands` the environment's, first on PATH."""
    kept = {
        name: value for name, value in environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    if sys.platform == "win32":
        kept |= {name: os.environ[name] for name in _WINDOWS if name in os.environ}
    path = os.pathsep.join((str(commands), kept.get("PATH", os.defpath)))
    return from_nothing(folder, {**kept, **_MODEST, "PATH": path})


def without_libraries(environ: Mapping[str, str]) -> dict[str, str] | None:
    """Leave out the user's folders of libraries, which come before the environment's own; none without."""
    if os.name == "nt" or not environ.get(_LIBRARIES):
        return None
    return {name: value for name, value in environ.items() if name != _LIBRARIES}


def blamed(problem: Problem, environ: Mapping[str, str]) -> Problem:
    """Add to a problem that without those folders there is none."""
    why = Said(f"without {_LIBRARIES} it works: other libraries lie there", environ[_LIBRARIES][:300])
    return replace(problem, why=(why, *problem.why), cures=(f"unset {_LIBRARIES}",))
