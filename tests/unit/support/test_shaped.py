from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.shaped import Shaped, pytorch_and_default, sixty
from tests.support.wheels import sdist, wheel

WISHES = ["torch==2.2.*", "torchvision", "torchaudio", "transformers", "pandas"]
PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}


@pytest.fixture(scope="module")
def shaped() -> Iterator[Shaped]:
    with LocalIndex() as web:
        yield pytorch_and_default(web)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of their own for pip and uv: both write there, whatever their options say."""
    (folder := tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def _run(*arguments: str, given: str = "") -> str:
    bare = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PIP_CONFIG_FILE": os.devnull}
    if (
        arguments[0] == "uv"
    ):  # without these, uv fetches an interpreter from the internet for --python-version
        bare |= {"UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON": sys.executable}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        input=given,
        capture_output=True,
        text=True,
        env=bare,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _solved(shaped: Shaped, variant: str, platform: str, python: str, wishes: list[str]) -> dict[str, str]:
    wanted = "\n".join(wishes)
    places = ["--index", shaped.index(variant), "--default-index", shaped.default]
    target = ["--python-platform", PLATFORMS[platform], "--python-version", python]
    quiet = ["-q", "--no-config", "--no-cache", "--no-annotate", "--no-header", "--only-binary", ":all:"]
    text = _run("uv", "pip", "compile", "-", *places, *target, *quiet, *_BEST, given=wanted)
    return dict(re.findall(r"^(\S+)==(\S+)$", text, re.MULTILINE))


_BEST = ["--index-strategy", "unsafe-best-match"]


@pytest.mark.parametrize(
    ("variant", "platform", "local"),
    [
        ("cu118", "linux-x86_64", "+cu118"),
        ("cu121", "linux-x86_64", "+cu121"),
        ("cpu", "linux-x86_64", "+cpu"),
        ("cu121", "windows-x86_64", "+cu121"),
        ("cpu", "windows-x86_64", "+cpu"),
        ("cpu", "macos-arm64", ""),
    ],
)
def test_the_usual_five_packages_solve_on_every_platform(
    shaped: Shaped, variant: str, platform: str, local: str
) -> None:
    pins = _solved(shaped, variant, platform, "3.11", WISHES)
    assert (pins["torch"], pins["torchvision"]) == (f"2.2.2{local}", f"0.17.2{local}")
    assert pins["torchaudio"] == f"2.2.2{local}"
    cuda = {name for name in pins if name.startswith("nvidia-") or name == "triton"}
    assert bool(cuda) == (platform == "linux-x86_64" and variant != "cpu")
    assert ("colorama" in pins) == (platform == "windows-x86_64")


@pytest.mark.parametrize(
    ("variant", "torch", "local"),
    [
        ("cu118", "2.1.2", "cu118"),
        ("cu124", "2.5.1", "cu124"),
        ("cu128", "2.7.1", "cu128"),
        ("cu129", "2.8.0", "cu129"),
        ("rocm6.3", "2.7.1", "rocm6.3"),
        ("xpu", "2.8.0", "xpu"),
    ],
)
@pytest.mark.parametrize("python", ["3.10", "3.11"])
def test_every_generation_of_torch_solves(
    shaped: Shaped, variant: str, torch: str, local: str, python: str
) -> None:
    wishes = [f"torch=={torch}", "torchvision", "torchaudio"]
    assert _solved(shaped, variant, "linux-x86_64", python, wishes)["torch"] == f"{torch}+{local}"


def test_pages_have_the_oddities_of_the_real_ones(shaped: Shaped) -> None:
    with urllib3.PoolManager() as http:
        pages = {
            (variant, name): http.request("GET", f"{shaped.index(variant)}/{name}/").data.decode()
            for variant in ("cpu", "cu121", "cu128")
            for name in ("torch", "torchaudio")
        }
    assert (
        'href="/whl/cu121/torch-2.2.0%2Bcu121-cp311-cp311-linux_x86_64.whl#sha256=' in pages["cu121", "torch"]
    )
    assert "-metadata=" not in pages["cu121", "torch"]  # nor had the real one
    assert 'href="../torchaudio-2.2.0%2Bcu121-cp311-cp311-linux_x86_64.whl">' in pages["cu121", "torchaudio"]
    assert "/r2/whl/cu128/torch-2.7.1%2Bcu128-" in pages["cu128", "torch"]
    assert "data-core-metadata=" in pages["cu128", "torch"]
    assert "/whl/cpu/torch-2.2.0-cp311-none-macosx_11_0_arm64.whl" in pages["cpu", "torch"]
    assert "torch-2.2.0-cp311-cp311-manylinux_2_17_aarch64" in pages["cpu", "torch"]


def test_one_file_name_has_other_bytes_in_another_folder(shaped: Shaped) -> None:
    name = "torch-2.5.1%2Bcu121-cp310-cp310-linux_x86_64.whl"
    with urllib3.PoolManager() as http:
        bodies = {http.request("GET", f"{shaped.torch}/{at}/{name}").data for at in ("cu121", "cu121_full")}
    assert len(bodies) == 2


def test_links_of_real_hosts_lead_back_by_the_mirrors() -> None:
    with LocalIndex() as web, urllib3.PoolManager() as http:
        shaped = pytorch_and_default(web, real_hosts=True)
        page = http.request("GET", shaped.index("cu128") + "/torch/").data.decode()
        [link, *_] = re.findall(r'href="(https:[^#"]+)#', page)
        prefix = next(prefix for prefix in shaped.mirrors if link.startswith(prefix + "/"))
        local = shaped.mirrors[prefix] + link.removeprefix(prefix)
        assert http.request("GET", local).status == 200
        assert http.request("GET", local + ".metadata").data.startswith(
            b"Metadata-Version: 2.1\nName: torch\n"
        )


def test_starting_it_takes_no_time() -> None:
    with LocalIndex() as web:
        start = time.process_time()
        pytorch_and_default(web)
        sixty(web)
        assert time.process_time() - start < 1.0  # 0.1 s where it was written


def test_sixty_packages_are_sixty() -> None:
    with LocalIndex() as web:
        small = sixty(web)
        text = _run(
            *("uv", "pip", "compile", "-", "-q", "--no-config", "--no-cache", "--no-header", "--no-annotate"),
            *("--default-index", small.index, "--python-version", "3.11"),
            given="\n".join(small.roots),
        )
        assert {line.partition("==")[0] for line in text.split()} == set(small.names)


@pytest.mark.parametrize("formats", [["text/html"], [JSON], ["text/html", JSON]])
def test_pip_downloads_from_it_with_sidecars_yanks_and_pythons_respected(
    tmp_path: Path, formats: list[str]
) -> None:
    releases = [
        ("1.0", None, ">=3.8"),
        ("2.0", None, ">=3.8"),
        ("3.0", "no good", ">=3.8"),
        ("4.0", None, ">=3.99"),
    ]
    uploads = [
        Upload(*wheel("demo", version, requires=["base"], requires_python=python), python, yanked)
        for version, yanked, python in releases
    ]
    with LocalIndex() as web:
        publish(web, "/simple", "demo", uploads, formats=formats)
        publish(web, "/simple", "base", [Upload(*wheel("base", "1.0"), sidecar=False)], formats=formats)
        _run(
            *("pip", "download", "-q", "--no-cache-dir", "--index-url", web.url + "/simple/"),
            "-d",
            str(tmp_path / "got"),
            "demo",
        )
        assert sorted(path.name for path in (tmp_path / "got").iterdir()) == [
            "base-1.0-py3-none-any.whl",
            "demo-2.0-py3-none-any.whl",
        ]
        assert "/simple/files/demo-2.0-py3-none-any.whl.metadata" in web.paths()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_what_is_installed_from_it_is_whole(tmp_path: Path, installer: str) -> None:
    with LocalIndex() as web:
        publish(web, "/simple", "demo", [Upload(*wheel("demo", "1.0", size=1000, requires=["made"]))])
        publish(web, "/simple", "made", [Upload(*sdist("made", "1.0"))])
        places = ["--index-url", web.url + "/simple/", "--target", str(tmp_path), "demo"]
        if installer == "uv":
            places = ["--python", sys.executable, "--no-config", "--no-cache", *places]
            _run("uv", "pip", "install", "-q", *places)
        else:
            _run("pip", "install", "-q", "--no-cache-dir", "--disable-pip-version-check", *places)
    assert (tmp_path / "demo" / "weights.bin").stat().st_size == 1000
    assert (tmp_path / "made" / "__init__.py").read_text() == "__version__ = '1.0'\n"


def test_all_wheels_of_a_page_are_zips_with_metadata_of_their_own(shaped: Shaped, tmp_path: Path) -> None:
    with urllib3.PoolManager() as http:
        page = http.request("GET", shaped.index("cu121") + "/torch/").data.decode()
        links = re.findall(r'href="([^#"]+)', page)
        for link in links[:5]:
            path = tmp_path / "one.whl"
            path.write_bytes(http.request("GET", shaped.web.url + link).data)
            with zipfile.ZipFile(path) as archive:
                assert archive.testzip() is None
    assert len(links) > 20
