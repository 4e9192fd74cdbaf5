"""For all tests."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.drivers import Libraries, compiled

# Whoever starts the tests in the background has them ignore these, and all that they start: `nohup` does, and
# `&` in a script. The programs that tests interrupt must not inherit that.
for _name, _usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on a second file system."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        pytest.skip("no second file system here")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Libraries:
    """The libraries of NVIDIA's driver, as stubs."""
    if sys.platform != "linux":
        pytest.skip("the stub driver libraries are built for Linux")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the stub driver libraries with")
    return compiled(compiler, tmp_path_factory.mktemp("stubs"))
