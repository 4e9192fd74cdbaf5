"""PyTorch at work; runs inside the environment. ROCm builds answer through torch.cuda too."""

from __future__ import annotations

import importlib
from typing import Any

_TYPES: dict[str, tuple[str, ...]] = {
    "cuda": ("float32", "float64", "float16", "bfloat16"),
    "xpu": ("float32", "float16", "bfloat16"),  # the graphics of a laptop know no float64
    "mps": ("float32", "float16"),
}


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say what it is, which devices it sees, and whether they compute."""
    torch = session.load("torch")
    version = torch.version
    built = {name: getattr(version, name, None) for name in ("cuda", "hip", "xpu")}
    session.say(
        version=str(torch.__version__), built={name: text and str(text) for name, text in built.items()}
    )
    if built["cuda"] or built["hip"]:
        session.say(kernels=_kernels(session, torch))
    session.say(device="cpu", name="cpu", compute=None)
    _matmul(session, torch, "cpu", ("float32", "float64"))
    if question.get("torchvision"):
        session.check("cpu", "torchvision.ops.nms", lambda: _nms(session, torch, "cpu"))
    for backend, count in _backends(session, torch, built):
        for index in range(count):
            _device(session, torch, backend, index, question)
        if backend == "cuda" and count > 1:
            _reduce(session, torch, count)


def _kernels(session: Any, torch: Any) -> list[str]:
    known = session.attempt("kernels", torch.cuda.get_arch_list)
    if not known:  # without a GPU it says nothing; its flags are there all the same
        flags = getattr(getattr(torch, "_C", None), "_cuda_getArchFlags", None)
        known = ((session.attempt("kernels", flags) if flags else None) or "").split()
    return list(known)


def _backends(session: Any, torch: Any, built: dict[str, Any]) -> list[tuple[str, int]]:
    found = []
    if built["cuda"] or built["hip"]:
        count = session.attempt("devices", torch.cuda.device_count) or 0
        if not count or not session.attempt("devices", torch.cuda.is_available):
            session.attempt("devices", torch.cuda.init)  # says why there is none
            count = 0  # NVML counted them; CUDA does not start
        found.append(("cuda", count))
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and session.attempt("devices", xpu.is_available):
        found.append(("xpu", session.attempt("devices", xpu.device_count) or 0))
    mps = getattr(getattr(torch, "backends", None), "mps", None)
    if mps is not None and session.attempt("devices", mps.is_available):
        found.append(("mps", 1))
    return found


def _device(session: Any, torch: Any, backend: str, index: int, question: dict[str, Any]) -> None:
    key = backend if backend == "mps" else f"{backend}:{index}"
    session.say(at="devices", device=key)
    name, compute = "Apple GPU", None
    if backend != "mps":
        name = session.attempt("devices", lambda: getattr(torch, backend).get_device_name(index)) or key
    if backend == "cuda":
        properties = session.attempt("devices", lambda: torch.cuda.get_device_properties(index))
        gfx = getattr(properties, "gcnArchName", "") if torch.version.hip else ""
        compute = gfx.split(":")[0] or (properties and f"{properties.major}.{properties.minor}")
    session.say(device=key, name=str(name), compute=compute)
    session.check(key, "allocate", lambda: _allocate(session, torch, key))
    _matmul(session, torch, key, _TYPES[backend])
    session.check(key, "convolution", lambda: _convolution(session, torch, key, backend))
    if question.get("torchvision"):
        if backend == "cuda":
            session.check(key, "torchvision.ops.nms", lambda: _nms(session, torch, key))
        else:
            session.skip(key, "torchvision.ops.nms", "torchvision has it for CUDA and ROCm")


def _allocate(session: Any, torch: Any, key: str) -> Any:
    total = float(torch.ones(session.many, dtype=torch.float32, device=key).sum().item())
    return session.filled(total)


def _matmul(session: Any, torch: Any, key: str, types: tuple[str, ...]) -> None:
    left, right, wanted = session.matrices()

    def work(name: str) -> Any:
        kind = getattr(torch, name)
        made = [torch.tensor(one, dtype=kind, device=key) for one in (left, right)]
        found = torch.matmul(made[0], made[1]).cpu().tolist()
        return session.compare(found, wanted)

    for name in types:
        session.check(key, "matmul " + name, lambda name=name: work(name))


def _convolution(session: Any, torch: Any, key: str, backend: str) -> str:
    image, filters, wanted = session.images()
    made = [torch.tensor(one, dtype=torch.float32, device=key) for one in (image, filters)]
    found = torch.nn.functional.conv2d(made[0], made[1], padding=1)
    session.compare(found.cpu().tolist(), wanted, 1e-3)
    if backend != "cuda":
        return ""
    library = "MIOpen" if torch.version.hip else "cuDNN"
    number = torch.backends.cudnn.version() if torch.backends.cudnn.is_available() else None
    if number is None:
        raise RuntimeError(f"it went without {library}, which cannot be loaded")
    return f"{library} {number}"


def _nms(session: Any, torch: Any, key: str) -> str:
    torchvision: Any = importlib.import_module("torchvision")
    boxes = torch.tensor([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]], dtype=torch.float32, device=key)
    scores = torch.tensor([0.9, 0.8, 0.7], dtype=torch.float32, device=key)
    kept = torchvision.ops.nms(boxes, scores, 0.5).cpu().tolist()
    session.compare(kept, [0, 2])
    return f"torchvision {torchvision.__version__}"


def _reduce(session: Any, torch: Any, count: int) -> None:
    keys = [f"cuda:{index}" for index in range(count)]
    parts = [torch.full((1024,), float(index + 1), device=key) for index, key in enumerate(keys)]
    if not session.attempt("NCCL", lambda: torch.cuda.nccl.is_available(parts)):
        session.skip("cuda:0", "NCCL all-reduce", "this build has no NCCL")
        return

    def work() -> Any:
        torch.cuda.nccl.all_reduce(parts)
        for part in parts:
            session.compare(part.cpu().tolist(), [float(count * (count + 1) // 2)] * 1024)
        return f"{count} GPUs"

    session.check("cuda:0", "NCCL all-reduce", work)
