"""PaddlePaddle at work; runs inside the environment."""

from __future__ import annotations

from typing import Any


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say what it is, which devices it sees, and whether they compute."""
    paddle = session.load("paddle")
    built: dict[str, Any] = {}
    if paddle.device.is_compiled_with_cuda():
        name = "hip" if paddle.device.is_compiled_with_rocm() else "cuda"
        built[name] = str(session.attempt("build", paddle.version.cuda) or "yes")
    session.say(version=str(paddle.__version__), built=built)
    session.say(device="cpu", name="cpu", compute=None)
    _matmul(session, paddle, "cpu", ("float32", "float64"))
    count = (session.attempt("devices", paddle.device.cuda.device_count) or 0) if built else 0
    for index in range(count):
        _device(session, paddle, index)
    if count > 1:
        session.skip("gpu:0", "NCCL all-reduce", "paddle's takes a process for each GPU")
    if count:
        paddle.device.set_device("cpu")


def _device(session: Any, paddle: Any, index: int) -> None:
    key = f"gpu:{index}"
    cuda = paddle.device.cuda
    name = session.attempt("devices", lambda: cuda.get_device_name(index)) or key
    compute = session.attempt("devices", lambda: cuda.get_device_capability(index))
    session.say(device=key, name=str(name), compute=compute and ".".join(map(str, compute)))
    session.check(key, "allocate", lambda: _allocate(session, paddle, key))
    _matmul(session, paddle, key, ("float32", "float64", "float16", "bfloat16"))
    session.check(key, "convolution", lambda: _convolution(session, paddle, key))


def _allocate(session: Any, paddle: Any, key: str) -> Any:
    paddle.device.set_device(key)
    total = float(paddle.ones([session.many], "float32").sum())
    return session.filled(total)


def _matmul(session: Any, paddle: Any, key: str, types: tuple[str, ...]) -> None:
    left, right, wanted = session.matrices()

    def work(kind: str) -> Any:
        paddle.device.set_device(key)
        made = [paddle.to_tensor(one, dtype=kind) for one in (left, right)]
        found = paddle.matmul(made[0], made[1]).astype("float64").numpy()
        return session.compare(found.tolist(), wanted)

    for kind in types:
        session.check(key, "matmul " + kind, lambda kind=kind: work(kind))


def _convolution(session: Any, paddle: Any, key: str) -> str:
    paddle.device.set_device(key)
    image, filters, wanted = session.images()
    made = [paddle.to_tensor(one, dtype="float32") for one in (image, filters)]
    found = paddle.nn.functional.conv2d(made[0], made[1], padding=1)
    session.compare(found.numpy().tolist(), wanted, 1e-3)
    return f"cuDNN {paddle.version.cudnn()}"
