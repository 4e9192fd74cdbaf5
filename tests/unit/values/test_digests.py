"""The sha256 that needs no OpenSSL is the same."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from envplan.values.digests import sha256


@pytest.mark.parametrize("data", [b"", b"envplan", b"\xff" * 100_000])
def test_it_is_the_sha256_of_hashlib(data: bytes) -> None:
    assert sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the module below hashlib is CPython's")
def test_it_loads_no_openssl() -> None:
    line = "import sys; import envplan.values.digests; print('_hashlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
