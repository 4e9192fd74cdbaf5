"""An index shaped like download.pytorch.org, with all its oddities, beside a default index in JSON."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any
from urllib.parse import quote

from tests.support.default_index import DATA, put_default
from tests.support.default_index import sixty as sixty
from tests.support.local_index import HTML, JSON, LocalIndex
from tests.support.pages import ATTRIBUTES, Upload, list_projects, publish
from tests.support.wheels import noise, wheel

# What it has for the Python of the tests: a series of torch (2.2 ends at Python 3.12), and another one.
SERIES, OTHER_SERIES = ("2.2", "2.1") if sys.version_info < (3, 13) else ("2.7", "2.5")
CANONICAL = "https://download.pytorch.org/whl"
FILE_HOST = "https://download-r2.pytorch.org/whl"  # where pages of newer releases point
_LINUX = "platform_system == 'Linux' and platform_machine == 'x86_64'"
_ANY_LINUX = "py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64"
_NEEDS_OF_CUDA = {
    "cudnn": ["cublas"],
    "cusparse": ["nvjitlink"],
    "cusolver": ["cublas", "nvjitlink", "cusparse"],
    "cufft": ["nvjitlink"],
}
_OLD_COPIES = {
    "numpy": "1.24.1",
    "filelock": "3.9.0",
    "jinja2": "3.1.2",
    "networkx": "3.0",
    "sympy": "1.11.1",
}


@dataclass(frozen=True)
class Shaped:
    """Where things are."""

    web: LocalIndex
    torch: str  # …/whl: an index folder a variant under it
    default: str  # …/simple
    variants: tuple[str, ...]
    mirrors: Mapping[
        str, str
    ]  # what [mirrors] of the user's config says, to find all this under real addresses

    def index(self, variant: str) -> str:
        """The index of a variant."""
        return f"{self.torch}/{variant}"


@dataclass(frozen=True)
class _Wheel:
    folder: str  # of the index: cu121
    project: str
    version: str
    tags: str
    requires: tuple[str, ...]
    requires_python: str | None = None
    sidecar: bool = False
    shared: bool = False  # one file for all folders, beside them
    build: str = ""

    @property
    def name(self) -> str:
        middle = f"-{self.build}" if self.build else ""
        return f"{self.project.replace('-', '_')}-{self.version}{middle}-{self.tags}.whl"


def pytorch_and_default(web: LocalIndex, *, real_hosts: bool = False, weight: int = 0) -> Shaped:
    """Serve both. `weight` is how many bytes torch has besides.

    Pages of newer releases link to another host: with `real_hosts` to https://download-r2.pytorch.org, as
    they do, which `Shaped.mirrors` leads back here; else to /r2 on this server.
    """
    pages: dict[tuple[str, str], list[Upload]] = {}
    on_default: dict[str, list[Upload]] = {}
    for made in [*_torch_wheels(), *_cuda_wheels(), *_copies()]:
        if made.folder == "simple":
            on_default.setdefault(made.project, []).append(_default_upload(made, weight))
        else:
            pages.setdefault((made.folder, made.project), []).append(_upload(web, made, real_hosts, weight))
    everywhere: dict[str, dict[str, Upload]] = {}
    for (folder, project), uploads in pages.items():
        publish(web, f"/whl/{folder}", project, uploads, formats=[HTML])
        absolute = (replace(one, href="") if one.href.startswith("..") else one for one in uploads)
        everywhere.setdefault(project, {}).update({one.served: one for one in absolute})
    for project, of_all in everywhere.items():
        publish(web, "/whl", project, list(of_all.values()), formats=[HTML])
    folders = tuple(dict.fromkeys(folder for folder, _ in pages))
    for folder in folders:
        list_projects(web, f"/whl/{folder}", [project for at, project in pages if at == folder], [HTML])
    list_projects(web, "/whl", list(everywhere), [HTML])
    for project, uploads in on_default.items():
        publish(web, "/simple", project, uploads, formats=[JSON], files="/packages")
    list_projects(web, "/simple", sorted({*put_default(web), *on_default}), [JSON])
    mirrors = {"default": f"{web.url}/simple", CANONICAL: f"{web.url}/whl", FILE_HOST: f"{web.url}/r2/whl"}
    return Shaped(web, f"{web.url}/whl", f"{web.url}/simple", folders, mirrors)


def _upload(web: LocalIndex, made: _Wheel, real_hosts: bool, weight: int) -> Upload:
    where = made.name if made.shared else f"{made.folder}/{made.name}"
    newer = made.sidecar and made.project in ("torch", "torchvision", "torchaudio")
    served = f"/r2/whl/{where}" if newer else f"/whl/{where}"
    href = "../" + quote(made.name) if made.project == "torchaudio" else ""
    if newer:
        href = (FILE_HOST if real_hosts else f"{web.url}/r2/whl") + "/" + quote(where)
    return Upload(
        made.name,
        partial(_bytes, made, weight if made.project == "torch" else 0),
        hashed=not (made.project == "torchaudio" and not made.sidecar) and not made.build,
        sidecar=made.sidecar,
        attributes=ATTRIBUTES if made.project == "torch" else ATTRIBUTES[:1],
        served=served,
        href=href,
    )


def _default_upload(made: _Wheel, weight: int) -> Upload:
    day = _requires().get(made.version.partition("+")[0], {}).get("uploaded", "2024-01-01")
    body = partial(_bytes, made, weight if made.project == "torch" else 0)
    return Upload(made.name, body, made.requires_python, uploaded=f"{day}T12:00:00.000000Z")


def _bytes(made: _Wheel, weight: int) -> bytes:
    module = made.project.replace("-", "_")
    files: dict[str, bytes | str] = {
        f"{module}/__init__.py": f"__version__ = {made.version!r}\n",
        f"{module}/_index.py": f"folder = {'' if made.shared else made.folder!r}\n",  # other bytes elsewhere
    }
    if weight:
        files[f"{module}/lib/libtorch.so"] = noise(made.folder + made.name, weight)
    return wheel(
        made.project,
        made.version,
        made.tags,
        made.requires,
        made.requires_python,
        files=files,
        build=made.build,
    )[1]


@cache
def _requires() -> dict[str, dict[str, Any]]:
    return tomllib.loads((DATA / "torch_requires.toml").read_text(encoding="utf-8"))


@cache
def _torch_wheels() -> tuple[_Wheel, ...]:
    return tuple(_with_companions())


def _with_companions() -> Iterator[_Wheel]:
    for line in (DATA / "torch_files.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        folder, name, sidecar = line.split()
        _, version, tags = name.removesuffix(".whl").split("-", 2)
        release, _, local = version.partition("+")
        row = _requires()[release]
        python = row["requires-python"]
        requires = tuple(row["base"]) + _accelerated(row, folder, local, tags)
        yield _Wheel(folder, "torch", version, tags, requires, python, sidecar == "m")
        if folder.endswith(("_full", "_cudnn", "-abi")) or "s390x" in tags:
            continue
        suffix = f"+{local}" if local else ""
        for project, needs in (("torchvision", ("numpy", "pillow!=8.3.*,>=5.3.0")), ("torchaudio", ())):
            all_needs = (*needs, f"torch=={release}")
            yield _Wheel(
                folder, project, row[project] + suffix, _companion(tags), all_needs, ">=3.8", sidecar == "m"
            )


def _companion(tags: str) -> str:
    """torch writes `none` on macOS, its companions the ABI; and they never said manylinux before 2.7."""
    python, abi, platform = tags.split("-")
    if platform.startswith("manylinux_2_17_aarch64"):
        platform = "linux_aarch64"
    return f"{python}-{python if abi == 'none' else abi}-{platform}"


def _accelerated(row: Mapping[str, Any], folder: str, local: str, tags: str) -> tuple[str, ...]:
    """What a wheel requires of its accelerator. The default index' wheels all list CUDA's, with markers."""
    if folder == "simple":
        return tuple(_marked(row[row["default"]]))
    if local.startswith("rocm"):
        return tuple(_marked(row["rocm"]))
    if local == "xpu":
        return (*_marked(row["xpu"]), *row["xpu-everywhere"])
    if "linux" in tags and "x86_64" in tags:
        return tuple(_marked(row.get(local, [])))
    return ()


def _marked(pins: Iterable[str]) -> Iterator[str]:
    for pin in pins:
        limit = {
            "triton==2.2.0": " and python_version < '3.12'",
            "triton==3.1.0": " and python_version < '3.13'",
        }
        yield f"{pin} ; {_LINUX}{limit.get(pin, '')}"


@cache
def _cuda_wheels() -> tuple[_Wheel, ...]:
    """nvidia-*, triton and their like: in the folders of variants that want them, and on default."""
    found: dict[tuple[str, str, str], None] = {}
    for made in _torch_wheels():
        for requirement in made.requires:
            if match := re.match(
                r"((?:nvidia|triton|pytorch-triton|intel|tbb)[a-z0-9-]*)==([\d.]+)", requirement
            ):
                found[made.folder, match[1], match[2]] = None
                if not match[1].startswith("pytorch-triton"):
                    found["simple", match[1], match[2]] = None
    for folder, project, version in list(found):
        if project == "nvidia-cuda-runtime-cu12" and version == "12.1.105":
            found[folder, "nvidia-nvjitlink-cu12", version] = None  # wanted by libraries, not by torch itself
    return tuple(made for key in found for made in _cuda(*key))


def _cuda(folder: str, project: str, version: str) -> Iterator[_Wheel]:
    shared = folder != "simple"
    if "triton" in project:
        yield from _triton(folder, project, version, shared)
        return
    short, _, toolkit = project.removeprefix("nvidia-").rpartition("-")
    needs = tuple(f"nvidia-{other}-{toolkit}" for other in _NEEDS_OF_CUDA.get(short, ()) if toolkit == "cu12")
    tags = ["py3-none-manylinux1_x86_64" if toolkit == "cu11" else _ANY_LINUX]
    if project.startswith("nvidia") and short != "nccl":
        tags.append("py3-none-win_amd64")
    if not project.startswith("nvidia"):
        tags = ["py2.py3-none-manylinux_2_28_x86_64", "py2.py3-none-win_amd64"]
    for tag in tags:
        yield _Wheel(folder, project, version, tag, needs, ">=3", sidecar=not shared, shared=shared)


def _triton(folder: str, project: str, version: str, shared: bool) -> Iterator[_Wheel]:
    old = version < "3.2"
    pythons = ("38", "39", "310", "311", "312") if version < "3.1" else ("39", "310", "311", "312", "313")
    platform = (
        "manylinux_2_17_x86_64.manylinux2014_x86_64" if old else "manylinux_2_27_x86_64.manylinux_2_28_x86_64"
    )
    if project == "pytorch-triton-rocm":
        platform = "linux_x86_64"
    needs = ("filelock",) if version < "3.2" else ("setuptools>=40.8.0",)
    for python in pythons:
        build = "0" if old and project == "triton" else ""
        tags = f"cp{python}-cp{python}-{platform}"
        yield _Wheel(
            folder, project, version, tags, needs, None, sidecar=not shared, shared=shared, build=build
        )


def _copies() -> Iterator[_Wheel]:
    """The old copies of other projects' wheels that this index holds, which nobody is to take from there."""
    for folder in ("cpu", "cu118", "cu121", "cu128", "rocm5.7"):
        for project, version in _OLD_COPIES.items():
            tags = (
                "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"
                if project == "numpy"
                else "py3-none-any"
            )
            yield _Wheel(folder, project, version, tags, (), None, shared=True)
