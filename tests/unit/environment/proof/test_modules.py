"""Which modules of a package a program would import."""

from __future__ import annotations

import pytest

from envplan.environment.proof.modules import of_files

INFO = "x-1.0.dist-info/METADATA"


@pytest.mark.parametrize(
    ("package", "files", "wanted"),
    [
        ("torch", ["torch/__init__.py", "torch/nn/x.py", "functorch/__init__.py"], "torch (functorch)"),
        ("scikit-learn", ["sklearn/__init__.py", "sklearn/tests/__init__.py"], "sklearn"),
        ("attrs", ["attr/__init__.py", "attrs/__init__.py"], "attrs (attr)"),
        ("protobuf", ["google/protobuf/__init__.py", "google/_upb/_message.abi3.so"], "google.protobuf"),
        ("nvidia-cublas-cu12", ["nvidia/__init__.py", "nvidia/cublas/__init__.py"], "nvidia"),
        ("nvidia-cublas", ["nvidia/cublas/__init__.py", "nvidia/cublas/lib/x.so.12"], "nvidia.cublas"),
        ("pyyaml", ["_yaml/__init__.py", "yaml/__init__.py", "yaml/_yaml.cpython-311-x.so"], "yaml"),
        ("cffi", ["_cffi_backend.cpython-311-x86_64-linux-gnu.so", "cffi/__init__.py"], "cffi"),
        ("six", ["six.py"], "six"),
        ("regex", ["regex/__init__.py", "test/__init__.py", "docs/conf.py"], "regex"),
        ("only-private", ["_thing.abi3.so"], "_thing"),
        ("named-test", ["test/__init__.py"], "test"),
        ("fast", ["fast.cp311-win_amd64.pyd"], "fast"),
        ("mypy", ["mypy/__init__.py", "3204bda9__mypyc.cpython-311-x86_64-linux-gnu.so"], "mypy"),
        ("keyword", ["class/__init__.py", "lambda.py"], ""),
        ("black", ["black/__init__.py", "blackd/__init__.py"], "black (blackd)"),
        ("empty", [], ""),
        ("data", ["share/data.json"], ""),
    ],
)  # fmt: skip
def test_modules_are_told_by_files(package: str, files: list[str], wanted: str) -> None:
    found = list(of_files(package, [*files, INFO]))
    words = [f"({one.name})" if one.lesser else one.name for one in found]
    assert " ".join(words) == wanted
    assert all(one.package == package for one in found)
