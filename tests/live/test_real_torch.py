"""A real torch, with transformers and pandas: 40 wheels and 20,000 files, locked, applied and proven.

Opt-in, because of its downloads (300 MB): `make live`.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from packaging.utils import parse_wheel_filename

from tests.support.local_index import LocalIndex

pytestmark = pytest.mark.skipif(not os.environ.get("ENVPLAN_LIVE"), reason="downloads 300 MB: `make live`")

WANTED = ("torch==2.13.0", "transformers", "pandas")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
    ]
    subprocess.run([*pip, *WANTED], check=True)
    return folder


@pytest.fixture(scope="module")
def mirrors(wheels: Path) -> Iterator[dict[str, str]]:
    """The wheels on loopback, torch as the PyTorch index has it and the others beside it."""
    projects: dict[str, list[Path]] = defaultdict(list)
    for wheel in sorted(wheels.iterdir()):
        projects[parse_wheel_filename(wheel.name)[0]].append(wheel)
    with LocalIndex() as web:
        for name, files in projects.items():
            links = [_link(web, file) for file in files]
            page = f"<!DOCTYPE html><html><body><h1>Links for {name}</h1>{''.join(links)}</body></html>"
            web.page(f"/whl/cpu/{name}/" if name == "torch" else f"/simple/{name}/", page)
        yield {"default": f"{web.url}/simple", "https://download.pytorch.org/whl": f"{web.url}/whl"}


def _link(web: LocalIndex, wheel: Path) -> str:
    url = web.put(f"/files/{wheel.name}", wheel.read_bytes)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    address = f"{url.removesuffix(wheel.name)}{quote(wheel.name)}"
    return f'<a href="{address}#sha256={sha256}">{wheel.name}</a>\n'


def test_a_real_torch_is_locked_applied_and_computes(mirrors: dict[str, str], tmp_path: Path) -> None:
    lines = "".join(f'"{prefix}" = "{address}"\n' for prefix, address in mirrors.items())
    (tmp_path / "config.toml").write_text(f"[mirrors]\n{lines}")
    project = tmp_path / "project"
    project.mkdir()
    around = {
        **os.environ,
        "ENVPLAN_CONFIG": str(tmp_path / "config.toml"),
        "ENVPLAN_STORE": str(tmp_path / "store"),
    }

    def envplan(*words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "envplan", *words, "--json"]
        done = subprocess.run(command, cwd=project, env=around, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    envplan("init", "torch 2.13 on cpu", "transformers", "pandas", "--python", python)
    envplan("lock")
    assert envplan("apply")["outcome"] == "applied"
    assert envplan("apply")["outcome"] == "unchanged"
    proof = envplan("verify", "--deep", "--smoke")["data"]
    assert proof["status"] == "whole", proof
