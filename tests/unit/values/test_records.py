"""The house's dataclasses behave as the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from envplan.values import records


def _classes(module: Any) -> dict[str, Any]:
    @module.dataclass(frozen=True)
    class Point:
        x: int
        y: int = 2
        tags: list[str] = module.field(default_factory=list, compare=False)
        secret: str = module.field(default="s", repr=False)

    @module.dataclass(frozen=True, order=True)
    class Dotted:
        text: str = module.field(compare=False)
        parts: tuple[int, ...] = module.field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "parts", tuple(map(int, self.text.split("."))))

    @module.dataclass(frozen=True)
    class Nothing:
        pass

    @module.dataclass
    class Open:
        found: list[int] = module.field(default_factory=list)

    @module.dataclass(frozen=True, eq=False)
    class Same:
        name: str

    @module.dataclass(frozen=True)
    class Named(Nothing):
        name: str

        def __repr__(self) -> str:
            return self.name

    classes: list[Any] = [Point, Dotted, Nothing, Open, Same, Named]
    return {one.__name__: one for one in classes}


THEIRS, OURS = _classes(dataclasses), _classes(records)

CASES: dict[str, Callable[[dict[str, Any]], object]] = {
    "values are shown with their fields": lambda c: repr(c["Point"](1)),
    "an own way to show is kept": lambda c: repr(c["Named"]("n")),
    "equal fields are equal values": lambda c: c["Point"](1) == c["Point"](1, 2),
    "other fields are other values": lambda c: c["Point"](1) == c["Point"](2),
    "what does not compare does not count": lambda c: c["Point"](1, tags=["a"]) == c["Point"](1, tags=["b"]),
    "another class is never equal": lambda c: c["Nothing"]() == c["Named"]("n"),
    "nothing equals nothing": lambda c: c["Nothing"]() == c["Nothing"](),
    "equal values hash alike": lambda c: len({c["Point"](1), c["Point"](1, 2), c["Point"](3)}),
    "without eq, identity counts": lambda c: len({c["Same"]("a"), c["Same"]("a")}),
    "what can change has no hash": lambda c: c["Open"].__hash__,
    "what can change is changed": lambda c: _appended(c["Open"]()),
    "no two share a default": lambda c: c["Open"]().found is c["Open"]().found,
    "order is that of the fields": lambda c: [
        one.text for one in sorted(map(c["Dotted"], ["12.10", "12.9", "9.0", "12.9"]))
    ],
    "order is told in all four ways": lambda c: [
        compare(c["Dotted"]("1.2"), c["Dotted"]("1.10"))
        for compare in (operator.lt, operator.le, operator.gt, operator.ge)
    ],
    "patterns match by place": lambda c: c["Point"].__match_args__,
    "defaults stay on the class": lambda c: [hasattr(c["Point"], name) for name in ("x", "y", "tags")],
    "replaced by the standard library": lambda c: vars(dataclasses.replace(c["Point"](1), y=5)),
    "what is derived is derived anew": lambda c: dataclasses.replace(c["Dotted"]("1.2"), text="3.4").parts,
    "a copy is equal": lambda c: copy.deepcopy(c["Point"](1, tags=["a"])).tags,
}  # fmt: skip


def _appended(one: Any) -> Any:
    one.found = [3]
    return one.found


@pytest.mark.parametrize("case", CASES)
def test_a_record_behaves_as_a_dataclass(case: str) -> None:
    assert CASES[case](OURS) == CASES[case](THEIRS)


@pytest.mark.parametrize("classes", [OURS, THEIRS], ids=["ours", "theirs"])
def test_a_frozen_value_cannot_be_changed(classes: dict[str, Any]) -> None:
    point = classes["Point"](1)
    with pytest.raises(AttributeError):
        point.x = 2
    with pytest.raises(AttributeError):
        del point.x
    assert point.x == 1


@pytest.mark.parametrize("classes", [OURS, THEIRS], ids=["ours", "theirs"])
def test_wrong_arguments_are_refused_the_first_time_and_every_time(classes: dict[str, Any]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError):
            classes["Named"]()
        with pytest.raises(TypeError):
            classes["Named"]("n", other=1)


def test_our_own_replace_makes_another_value() -> None:
    point = OURS["Point"](1)
    changed: Any = records.replace(point, x=7)
    assert (changed.x, changed.y, point.x) == (7, 2, 1)


def test_records_can_be_pickled() -> None:
    from envplan.values.versions import Dotted

    assert pickle.loads(pickle.dumps(Dotted("525.60.13"))) == Dotted("525.60.13")
