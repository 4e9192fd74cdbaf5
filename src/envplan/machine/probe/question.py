"""Asks NVIDIA's libraries. Runs as a script in a child process, and imports nothing of envplan.

Whatever the library prints goes to stderr; the answer is one marked line of JSON on the real stdout.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable
from typing import Any

MARK = "envplan-answer:"  # the same in child.py, which this file cannot import

_FUNCTION_NOT_FOUND = 13
_NO_DEVICE = 100


def nvml(library: str, bindings: str) -> dict[str, Any]:
    """Ask NVML for the driver and every GPU."""
    try:
        loaded = ctypes.CDLL(library)
    except OSError as error:
        return _failed("load", None, str(error))
    sys.path.append(bindings)
    import pynvml

    pynvml.nvmlLib = loaded  # else it would load whatever its own search finds
    try:
        _start(pynvml, loaded)
        driver = pynvml.nvmlSystemGetDriverVersion()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        return _failed("ask", error.value, _words(error))
    cuda = _try(pynvml.nvmlSystemGetCudaDriverVersion_v2)[0] or _try(pynvml.nvmlSystemGetCudaDriverVersion)[0]
    return {
        "driver": _text(driver),
        "cuda": cuda,
        "gpus": [_nvml_gpu(pynvml, index) for index in range(min(count, 4096))],
    }


def _start(pynvml: Any, loaded: ctypes.CDLL) -> None:
    try:
        pynvml.nvmlInit()
        return
    except pynvml.NVMLError as error:
        if error.value != _FUNCTION_NOT_FOUND:
            raise
    # Drivers before 396 have no nvmlInitWithFlags, which is what the bindings call.
    for name in ("nvmlInit_v2", "nvmlInit"):
        start = getattr(loaded, name, None)
        if start is not None:
            status = start()
            if status:
                raise pynvml.NVMLError(status)
            return
    raise pynvml.NVMLError(_FUNCTION_NOT_FOUND)


def _nvml_gpu(pynvml: Any, index: int) -> dict[str, Any]:
    handle, failure = _try(pynvml.nvmlDeviceGetHandleByIndex, index)
    if handle is None:
        return {"failed": failure}
    name, failure = _try(pynvml.nvmlDeviceGetName, handle)
    compute, no_compute = _try(pynvml.nvmlDeviceGetCudaComputeCapability, handle)
    memory = _try(pynvml.nvmlDeviceGetMemoryInfo, handle)[0]
    mode = _try(pynvml.nvmlDeviceGetMigMode, handle)[0]
    gpu: dict[str, Any] = {
        "name": _text(name),
        "compute": list(compute) if compute else None,
        "memory": memory.total if memory else None,
        "uuid": _text(_try(pynvml.nvmlDeviceGetUUID, handle)[0]),
        "mig": _instances(pynvml, handle) if mode and mode[0] == 1 else None,
    }
    if name is None and compute is None:
        gpu["failed"] = failure or no_compute
    return gpu


def _instances(pynvml: Any, handle: Any) -> list[str]:
    found = []
    for index in range(min(_try(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle)[0] or 0, 64)):
        instance = _try(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)[0]
        if instance is not None:
            found.append(_text(_try(pynvml.nvmlDeviceGetUUID, instance)[0]) or f"instance {index}")
    return found


def _try(function: Callable[..., Any], *arguments: Any) -> tuple[Any, dict[str, Any] | None]:
    """Call the bindings; one fact that cannot be had must not cost the others."""
    try:
        return function(*arguments), None
    except Exception as error:
        return None, {"code": getattr(error, "value", None), "text": _words(error)}


def _words(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # the bindings ask the library for the words, which may not have the function
        return type(error).__name__


def libcuda(library: str) -> dict[str, Any]:
    """Ask the CUDA driver library, in the order in which CUDA numbers the devices."""
    try:
        cuda = ctypes.CDLL(library)
        number = ctypes.c_int()
        version = number.value if cuda.cuDriverGetVersion(ctypes.byref(number)) == 0 else None
        status = cuda.cuInit(0)
        if status == _NO_DEVICE:
            return {"cuda": number.value or None, "gpus": []}
        if status:
            return _failed("ask", status, _cuda_error(cuda, status))
        cuda.cuDriverGetVersion(ctypes.byref(number))
        version = number.value or version
        status = cuda.cuDeviceGetCount(ctypes.byref(number))
        if status:
            return _failed("ask", status, _cuda_error(cuda, status))
        gpus = [_cuda_gpu(cuda, ordinal) for ordinal in range(min(max(number.value, 0), 4096))]
    except (OSError, AttributeError) as error:
        return _failed("load", None, str(error))
    return {"cuda": version, "gpus": gpus}


def _cuda_gpu(cuda: ctypes.CDLL, ordinal: int) -> dict[str, Any]:
    device = ctypes.c_int()
    status = cuda.cuDeviceGet(ctypes.byref(device), ordinal)
    if status:
        return {"failed": {"code": status, "text": _cuda_error(cuda, status)}}
    name = ctypes.create_string_buffer(256)
    named = cuda.cuDeviceGetName(name, len(name), device) == 0
    compute = []
    for attribute in (75, 76):  # compute capability: major, minor
        value = ctypes.c_int()
        if cuda.cuDeviceGetAttribute(ctypes.byref(value), attribute, device) == 0:
            compute.append(value.value)
    memory = ctypes.c_size_t()
    total = getattr(cuda, "cuDeviceTotalMem_v2", None)
    known = total is not None and total(ctypes.byref(memory), device) == 0
    return {
        "name": _text(name.value) if named else None,
        "compute": compute if len(compute) == 2 else None,
        "memory": memory.value if known else None,
        "uuid": _uuid(cuda, device),
        "mig": None,
    }


def _uuid(cuda: ctypes.CDLL, device: ctypes.c_int) -> str | None:
    raw = (ctypes.c_ubyte * 16)()
    get = getattr(cuda, "cuDeviceGetUuid", None)
    if get is None or get(ctypes.byref(raw), device) != 0 or not any(raw):
        return None
    digits = bytes(raw).hex()
    return f"GPU-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _cuda_error(cuda: ctypes.CDLL, status: int) -> str:
    text = ctypes.c_char_p()
    describe = getattr(cuda, "cuGetErrorString", None)
    if describe is None or describe(status, ctypes.byref(text)) != 0:
        return ""
    return _text(text.value) or ""


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _failed(during: str, code: int | None, text: str) -> dict[str, Any]:
    return {"failed": {"during": during, "code": code, "text": text}}


def main(arguments: list[str]) -> None:
    """Answer one question, and leave before the library's own clean-up can hang or crash."""
    out = os.dup(1)
    os.dup2(2, 1)
    question, *rest = arguments
    try:
        answer = nvml(*rest) if question == "nvml" else libcuda(*rest)
    except Exception as error:
        answer = _failed("ask", None, f"{type(error).__name__}: {error}")
    line = f"\n{MARK}{json.dumps(answer)}\n".encode()
    while line:
        line = line[os.write(out, line) :]
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
