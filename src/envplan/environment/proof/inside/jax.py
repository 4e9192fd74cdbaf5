"""JAX at work; runs inside the environment. Which accelerator it has, its plugin decides."""

from __future__ import annotations

import re
from typing import Any


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say what it is, which devices it sees, and whether they compute."""
    jax = session.load("jax")
    numpy = session.load("jax.numpy")
    devices = session.attempt("devices", jax.devices) or []  # says why, where a plugin fails
    gpus = [device for device in devices if device.platform != "cpu"]
    told = getattr(gpus[0].client, "platform_version", "") if gpus else ""
    session.say(version=str(jax.__version__), built=_built(told))
    cpus = session.attempt("devices", lambda: jax.devices("cpu")) or []
    for device in [*cpus[:1], *gpus]:
        _device(session, jax, numpy, device)
    if len(gpus) > 1:
        session.check(_key(gpus[0]), "NCCL all-reduce", lambda: _reduce(session, jax, numpy, gpus))


def _built(told: str) -> dict[str, Any]:
    """Read "PJRT C API cuda 12080" (12.8) or "rocm 60200" (6.2): digits are counted from the right."""
    found = re.search(r"(cuda|rocm)[^0-9]+([0-9]{4,6})", told)
    if not found:
        return {}
    number = int(found[2])
    if found[1] == "cuda":
        return {"cuda": f"{number // 1000}.{number % 1000 // 10}"}
    return {"hip": f"{number // 10000}.{number % 10000 // 100}"}


def _key(device: Any) -> str:
    return "cpu" if device.platform == "cpu" else f"{device.platform}:{device.id}"


def _device(session: Any, jax: Any, numpy: Any, device: Any) -> None:
    key = _key(device)
    compute = getattr(device, "compute_capability", None)
    session.say(
        device=key, name="cpu" if key == "cpu" else str(device.device_kind), compute=compute and str(compute)
    )
    with jax.default_device(device):
        if key != "cpu":
            session.check(key, "allocate", lambda: _allocate(session, numpy))
        for name in ("float32",) if key == "cpu" else ("float32", "float16", "bfloat16"):
            session.check(key, "matmul " + name, lambda name=name: _matmul(session, numpy, name))
        if key != "cpu":
            session.check(key, "convolution", lambda: _convolution(session, jax, numpy))


def _allocate(session: Any, numpy: Any) -> Any:
    total = float(numpy.ones((session.many,), numpy.float32).sum())
    return session.filled(total)


def _matmul(session: Any, numpy: Any, name: str) -> Any:
    left, right, wanted = session.matrices()
    kind = getattr(numpy, name)
    found = numpy.matmul(numpy.array(left, kind), numpy.array(right, kind))
    return session.compare(found.astype(numpy.float32).tolist(), wanted)


def _convolution(session: Any, jax: Any, numpy: Any) -> Any:
    image, filters, wanted = session.images()
    made = [numpy.array(one, numpy.float32) for one in (image, filters)]
    found = jax.lax.conv_general_dilated(made[0], made[1], (1, 1), "SAME")
    return session.compare(found.tolist(), wanted, 1e-3)


def _reduce(session: Any, jax: Any, numpy: Any, gpus: list[Any]) -> str:
    count = len(gpus)
    added = jax.pmap(lambda one: jax.lax.psum(one, "gpus"), axis_name="gpus", devices=gpus)
    found = added(numpy.arange(count, dtype=numpy.float32))
    session.compare(found.tolist(), [float(count * (count - 1) // 2)] * count)
    return f"{count} GPUs"
