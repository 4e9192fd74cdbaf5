"""ONNX Runtime at work; runs inside the environment. It falls back to the CPU in silence."""

from __future__ import annotations

from typing import Any

_GPU = {"CUDAExecutionProvider": "cuda", "ROCMExecutionProvider": "hip", "MIGraphXExecutionProvider": "hip"}
_FLOAT = 1  # of TensorProto.DataType


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say what it is, which providers it has, and whether they compute on every device."""
    ort = session.load("onnxruntime")
    numpy = session.load("numpy")
    providers = list(ort.get_available_providers())
    accelerated = [one for one in providers if one in _GPU]
    told = getattr(ort, "cuda_version", None) or getattr(getattr(ort, "capi", None), "cuda_version", None)
    built = {_GPU[one]: str(told or "yes") for one in accelerated[:1]}
    session.say(version=str(ort.__version__), built=built)
    if accelerated and hasattr(ort, "preload_dlls"):  # from the nvidia wheels, as its documentation asks for
        session.attempt("libraries", ort.preload_dlls)
    session.say(device="cpu", name="cpu", compute=None)
    _checks(session, ort, numpy, "cpu", "CPUExecutionProvider", {})
    if accelerated:
        for index in range(question.get("devices") or 0):
            key = f"{_GPU[accelerated[0]]}:{index}"
            session.say(device=key, name=key, compute=None)
            _checks(session, ort, numpy, key, accelerated[0], {"device_id": str(index)})


def _checks(session: Any, ort: Any, numpy: Any, key: str, provider: str, options: dict[str, str]) -> None:
    def work(operator: str, inputs: Any, wanted: Any, **attributes: Any) -> Any:
        arrays = [numpy.array(one, dtype="float32") for one in inputs]
        model = _model(operator, [one.shape for one in arrays], attributes)
        running = ort.InferenceSession(model, providers=[(provider, options)])
        if running.get_providers()[0] != provider:
            raise RuntimeError(f"{provider} cannot be used; it took {running.get_providers()[0]}")
        found = running.run(None, {"x": arrays[0], "w": arrays[1]})[0]
        return session.compare(found.tolist(), wanted, 1e-3)

    left, right, product = session.matrices()
    session.check(key, "matmul float32", lambda: work("MatMul", (left, right), product))
    image, filters, convolved = session.images()
    session.check(key, "convolution", lambda: work("Conv", (image, filters), convolved, pads=[1, 1, 1, 1]))


def _model(operator: str, shapes: Any, attributes: Any) -> bytes:
    """Write a model of one node in ONNX's own format: protocol buffers, fields 1, 7 and 8 of ModelProto."""
    node = _text(1, "x") + _text(1, "w") + _text(2, "y") + _text(4, operator)
    for name, numbers in attributes.items():  # AttributeProto: name, ints, type INTS
        node += _part(5, _text(1, name) + b"".join(_number(8, one) for one in numbers) + _number(20, 7))
    graph = _part(1, node) + _text(2, "envplan")
    for name, shape in zip(("x", "w"), shapes):
        graph += _part(11, _value(name, shape))
    graph += _part(12, _value("y", ()))
    return _number(1, 7) + _part(7, graph) + _part(8, _number(2, 13))


def _value(name: str, shape: Any) -> bytes:
    """Write a ValueInfoProto: a tensor of floats; of a result the shape is left open."""
    tensor = _number(1, _FLOAT)
    if shape:
        tensor += _part(2, b"".join(_part(1, _number(1, side)) for side in shape))
    return _text(1, name) + _part(2, _part(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _part(field, value.encode())


def _part(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
