"""CuPy at work; runs inside the environment. Without a GPU it has nothing to compute on."""

from __future__ import annotations

from typing import Any


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say what it is, which devices it sees, and whether they compute."""
    cupy = session.load("cupy")
    runtime = cupy.cuda.runtime
    number = session.attempt("build", runtime.runtimeGetVersion)
    text = f"{number // 1000}.{number % 1000 // 10}" if number else None
    built = {"hip": "HIP"} if getattr(runtime, "is_hip", False) else {"cuda": text}
    session.say(version=str(cupy.__version__), built=built)
    count = session.attempt("devices", runtime.getDeviceCount) or 0
    for index in range(count):
        with cupy.cuda.Device(index):
            _device(session, cupy, index)
    if count > 1:
        _reduce(session, cupy, count)


def _device(session: Any, cupy: Any, index: int) -> None:
    key = f"cuda:{index}"
    told = session.attempt("devices", lambda: cupy.cuda.runtime.getDeviceProperties(index)) or {}
    name = told.get("name", key)
    gfx = told.get("gcnArchName", b"") if getattr(cupy.cuda.runtime, "is_hip", False) else b""
    compute = gfx.decode().split(":")[0] or (f"{told['major']}.{told['minor']}" if told else None)
    session.say(device=key, name=name.decode() if isinstance(name, bytes) else str(name), compute=compute)
    session.check(key, "allocate", lambda: _allocate(session, cupy))
    for kind in ("float32", "float64", "float16"):
        session.check(key, "matmul " + kind, lambda kind=kind: _matmul(session, cupy, kind))
    session.check(key, "compile a kernel", lambda: _compile(session, cupy))


def _allocate(session: Any, cupy: Any) -> Any:
    total = float(cupy.ones((session.many,), "float32").sum())
    return session.filled(total)


def _matmul(session: Any, cupy: Any, kind: str) -> Any:
    left, right, wanted = session.matrices()
    found = cupy.matmul(cupy.array(left, kind), cupy.array(right, kind))
    return session.compare(found.astype("float64").get().tolist(), wanted)


def _compile(session: Any, cupy: Any) -> Any:
    """What CuPy does all day: source is compiled by NVRTC, which must be found and fit the driver."""
    line = cupy.ElementwiseKernel("float32 x", "float32 y", "y = 2 * x + 1", "envplan_line")
    found = line(cupy.arange(64, dtype="float32")).get().tolist()
    return session.compare(found, [2.0 * x + 1 for x in range(64)])


def _reduce(session: Any, cupy: Any, count: int) -> None:
    nccl = session.attempt("NCCL", lambda: __import__("cupy.cuda.nccl", fromlist=["nccl"]))
    if nccl is None or not getattr(nccl, "available", False):
        session.skip("cuda:0", "NCCL all-reduce", "there is no NCCL beside this CuPy")
        return

    def work() -> str:
        communicators = nccl.NcclCommunicator.initAll(count)
        parts = []
        for index in range(count):
            with cupy.cuda.Device(index):
                parts.append(cupy.full((1024,), float(index + 1), "float32"))
        nccl.groupStart()
        for index, part in enumerate(parts):
            with cupy.cuda.Device(index):
                where = part.data.ptr
                communicators[index].allReduce(
                    where, where, part.size, nccl.NCCL_FLOAT32, nccl.NCCL_SUM, cupy.cuda.Stream.null.ptr
                )
        nccl.groupEnd()
        for index, part in enumerate(parts):
            with cupy.cuda.Device(index):
                session.compare(part.get().tolist(), [float(count * (count + 1) // 2)] * 1024)
        return f"{count} GPUs"

    session.check("cuda:0", "NCCL all-reduce", work)
