"""Small packages that answer like the frameworks of their names, with a fault where a test asks for one."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tests.support.wheels import wheel

A100 = ("NVIDIA A100-SXM4-40GB", 8, 0)
# As the wheel of torch 2.2.2 for CUDA 12.1 answers torch.cuda.get_arch_list().
ARCHES_CU121 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")

_TORCH = """
import operator, sys, types
{at_import}
from . import version
__version__ = {version!r}
GPUS = {gpus!r}


class Tensor:
    def __init__(self, nested, dtype=None, device="cpu"):
        self.nested, self.dtype, self.device = nested, dtype, str(device)
        {at_allocate}

    def cpu(self):
        return Tensor(self.nested, self.dtype)

    def tolist(self):
        return self.nested

    def sum(self):
        return Tensor(float(_count(self.nested)), self.dtype)

    def item(self):
        return self.nested


def _count(nested):
    if isinstance(nested, _Many):
        return nested.count
    return sum(map(_count, nested)) if isinstance(nested, list) else nested


class _Many:
    def __init__(self, count):
        self.count = count


float32, float64, float16, bfloat16 = "float32", "float64", "float16", "bfloat16"


def tensor(nested, dtype=None, device="cpu"):
    return Tensor(nested, dtype, device)


def ones(count, dtype=None, device="cpu"):
    return Tensor(_Many(count), dtype, device)


def full(shape, value, device="cpu"):
    return Tensor([value] * shape[0], float32, device)


_known = []  # what was multiplied before: Python takes its time


def _product(left, right):
    for before in _known:
        if before[:2] == (left, right):
            return [list(row) for row in before[2]]
    columns = list(zip(*right))
    found = [[float(sum(map(operator.mul, row, column))) for column in columns] for row in left]
    _known.append((left, right, found))
    return [list(row) for row in found]


def matmul(left, right):
    found = _product(left.nested, right.nested)
    device = left.device
    {at_matmul}
    return Tensor(found, left.dtype, left.device)


def _conv2d(image, filters, padding):
    (planes,), kernel = image.nested, filters.nested
    side = len(planes[0])

    def at(c, y, x):
        return planes[c][y][x] if 0 <= y < side and 0 <= x < side else 0

    def point(f, y, x):
        return float(sum(at(c, y + v - 1, x + u - 1) * kernel[f][c][v][u]
                         for c in range(len(planes)) for v in range(3) for u in range(3)))

    found = [[[[point(f, y, x) for x in range(side)] for y in range(side)] for f in range(len(kernel))]]
    {at_convolution}
    return Tensor(found, image.dtype, image.device)


nn = types.SimpleNamespace(functional=types.SimpleNamespace(conv2d=_conv2d))


def _init():
    if not (GPUS and {available!r}):
        raise RuntimeError("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU")


def _all_reduce(parts):
    total = [sum(one) for one in zip(*(part.nested for part in parts))]
    {at_reduce}
    for part in parts:
        part.nested = total


cuda = types.SimpleNamespace(
    device_count=lambda: len(GPUS),
    is_available=lambda: bool(GPUS) and {available!r},
    init=_init,
    get_arch_list=lambda: list({arches!r}) if GPUS else [],
    get_device_name=lambda index: GPUS[index][0],
    get_device_properties=lambda index: types.SimpleNamespace(major=GPUS[index][1], minor=GPUS[index][2]),
    nccl=types.SimpleNamespace(is_available=lambda parts: True, all_reduce=_all_reduce),
)
_cudnn = types.SimpleNamespace(is_available=lambda: {cudnn!r}, version=lambda: 8902)
backends = types.SimpleNamespace(cudnn=_cudnn)
_C = types.SimpleNamespace(_cuda_getArchFlags=lambda: " ".join({arches!r}))
"""


def torch(
    version: str = "2.2.2+cu121",
    *,
    says: str | None = None,
    cuda: str | None = "12.1",
    gpus: Sequence[tuple[str, int, int]] = (),
    arches: Sequence[str] = ARCHES_CU121,
    cudnn: bool = True,
    available: bool = True,
    at_import: str = "",
    at_matmul: str = "",
    at_convolution: str = "",
    at_allocate: str = "",
    at_reduce: str = "",
) -> tuple[str, bytes]:
    """A wheel of torch. `says` is the version that it tells; the code of `at_…` runs where the name says."""
    text = _TORCH.format(
        version=says or version,
        gpus=tuple(gpus),
        arches=tuple(arches),
        cudnn=cudnn,
        available=available,
        at_import=at_import,
        at_matmul=_indented(at_matmul, 4),
        at_convolution=_indented(at_convolution, 4),
        at_allocate=_indented(at_allocate, 8),
        at_reduce=_indented(at_reduce, 4),
    )
    files = {"torch/__init__.py": text, "torch/version.py": f"cuda = {cuda!r}\nhip = None\n"}
    return wheel("torch", version, files=files)


def torchvision(version: str = "0.17.2+cu121", kept: Sequence[int] = (0, 2)) -> tuple[str, bytes]:
    """A wheel of torchvision, whose `nms` keeps these boxes."""
    ops = (
        "from torch import Tensor\n"
        f"def nms(boxes, scores, threshold):\n    return Tensor(list({tuple(kept)!r}), None, boxes.device)\n"
    )
    files = {
        "torchvision/__init__.py": f"from . import ops\n__version__ = {version!r}\n",
        "torchvision/ops.py": ops,
    }
    return wheel("torchvision", version, files=files)


def plain(name: str, version: str, text: str = "") -> tuple[str, bytes]:
    """A wheel of one module of this text."""
    return wheel(name, version, files={f"{name.replace('-', '_')}/__init__.py": text})


def _indented(code: str, columns: int) -> str:
    return textwrap.indent(code, " " * columns).lstrip() or "pass"
