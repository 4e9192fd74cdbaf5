"""Who needs whom."""

from __future__ import annotations

from dataclasses import replace

from envplan.lockfile.graph import Node, roots, tree, why
from tests.support.locks import every_machine, pure, target

LOCK = every_machine()


def names(nodes: tuple[Node, ...]) -> list[object]:
    return [(node.pinned.name, names(node.needs)) if node.needs else node.pinned.name for node in nodes]


def test_a_package_is_needed_by_the_nearest_way_from_the_spec() -> None:
    (held,) = why(LOCK, "triton", ["torch", "numpy"])
    assert [reason.path for reason in held.reasons] == [("torch", "triton")]
    assert held.needed_by == ("torch",)
    assert {str(one.platform) for one in held.targets} == {"linux-x86_64"}
    assert {one.variant.name for one in held.targets} == {"cu118", "cu121"}


def test_a_package_of_the_spec_is_its_own_reason() -> None:
    assert [held.reasons[0].path for held in why(LOCK, "torch", ["torch"])] == [("torch",)] * 4


def test_ways_that_differ_from_target_to_target_are_all_told() -> None:
    (held,) = why(LOCK, "filelock", ["triton"])
    assert [reason.path for reason in held.reasons] == [("filelock",), ("triton", "filelock")]
    assert [len(reason.targets) for reason in held.reasons] == [5, 2]


def test_what_is_not_in_the_lock_has_no_reason() -> None:
    assert why(LOCK, "requests") == ()


def test_without_a_spec_those_that_nobody_needs_are_the_beginning() -> None:
    assert roots(LOCK) == {"torch", "numpy", "pytest"}


def test_the_tree_of_a_target_holds_only_what_it_takes_and_repeats_nothing() -> None:
    here = target("cu121", "linux-x86_64")
    assert names(tree(LOCK, here, ["torch", "numpy"])) == [
        "numpy",
        ("torch", ["filelock", "nvidia-cublas-cu12", ("triton", ["filelock"])]),
        "pytest",
    ]
    assert names(tree(LOCK, target("cpu", "macos-arm64"), ["torch"]))[0] == ("torch", ["filelock"])


def test_a_circle_ends() -> None:
    here = target("cpu", "linux-x86_64")
    circle = (pure("one", "1", [here], "two"), pure("two", "1", [here], "one"))
    lock = replace(LOCK, packages=circle)
    assert names(tree(lock, here)) == [("one", [("two", ["one"])])]
    assert [reason.path for reason in why(lock, "two", ["one"])[0].reasons] == [("one", "two")]
