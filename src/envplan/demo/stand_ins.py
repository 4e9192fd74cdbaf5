"""What is inside the demo's wheels: modules that can be imported, say what they are, and compute nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MODULES = {"pillow": "PIL"}
_CUDA = re.compile(r"cu(\d+)(\d)")

_ABOUT = (
    '"""A stand-in for {name} {version}, from `envplan demo`: it can be imported, and computes nothing."""\n'
)

_TORCH = """
__version__ = {version!r}


class version:
    cuda = {cuda!r}


def __getattr__(name):
    raise AttributeError("this torch is a stand-in from `envplan demo`; it has no " + name)
"""
_TORCHRUN = """

def main():
    print("torchrun of {version}, a stand-in from `envplan demo`")
"""


def files_of(project: str, version: str) -> tuple[dict[str, bytes], Mapping[str, str]]:
    """Return the files of a project's stand-in, and its commands."""
    about = _ABOUT.format(name=project, version=version)
    plain = f"{about}\n__version__ = {version!r}\n"
    commands: dict[str, str] = {}
    if project == "torch":
        texts = {
            "torch/__init__.py": about + _TORCH.format(version=version, cuda=_cuda(version)),
            "torch/distributed/__init__.py": about,
            "torch/distributed/run.py": about + _TORCHRUN.format(version=version),
        }
        commands = {"torchrun": "torch.distributed.run:main"}
    elif project in ("torchvision", "torchaudio"):
        texts = {f"{project}/__init__.py": f"{about}\nimport torch\n\n__version__ = {version!r}\n"}
    elif project.startswith("nvidia-"):
        library = re.sub(r"-cu\d+$", "", project.removeprefix("nvidia-")).replace("-", "_")
        # As in the real ones, each of these wheels has the first file, and it is the same in all.
        texts = {"nvidia/__init__.py": "", f"nvidia/{library}/__init__.py": plain}
    else:
        module = _MODULES.get(project, project.replace("-", "_"))
        texts = {f"{module}/__init__.py": plain}
    return {path: text.encode() for path, text in texts.items()}, commands


def _cuda(version: str) -> str | None:
    """Name the CUDA of a version: 12.1 for 2.2.2+cu121."""
    found = _CUDA.fullmatch(version.partition("+")[2])
    return f"{found[1]}.{found[2]}" if found else None
