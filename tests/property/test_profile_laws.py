"""Laws of the profile format: what is written can be read, and says the same."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from envplan.machine.model import Gpu, Machine, Nvidia
from envplan.machine.profile import as_table, decode, encode
from envplan.problems import EnvplanError
from envplan.values.evidence import Fact
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.versions import Compute, Cuda, Dotted, Libc, Python

T = TypeVar("T")

_numbers = st.lists(st.integers(0, 999), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
_dotted = st.one_of(_numbers, st.sampled_from(["450.80.02", "580.00", "535.129.03"])).map(Dotted)
_names = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=40
).filter(lambda name: name.isprintable() and bool(name.strip()))
_memory = st.none() | st.integers(1, 10**6)


def fact(values: st.SearchStrategy[T]) -> st.SearchStrategy[Fact[T]]:
    return values.map(lambda value: Fact(value, "somewhere"))


_gpus = {
    "nvidia": st.builds(
        Gpu,
        st.just("nvidia"),
        _names,
        st.just("NVML"),
        compute=st.builds(Compute, st.integers(1, 99), st.integers(0, 9)),
        memory_mib=_memory,
    ),
    "amd": st.builds(
        Gpu,
        st.just("amd"),
        _names,
        st.just("KFD"),
        gfx=st.none() | st.sampled_from(["gfx90a", "gfx1100", "gfx942"]),
        memory_mib=_memory,
    ),
    "intel": st.builds(Gpu, st.just("intel"), _names, st.just("PCI"), memory_mib=_memory),
    "apple": st.builds(Gpu, st.just("apple"), _names, st.just("sysctl"), memory_mib=_memory),
}


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    platform = Platform.parse(draw(st.sampled_from(PLATFORM_NAMES)))
    mac, linux = platform.os == "macos", platform.os == "linux"
    vendors = ["apple"] if mac else ["nvidia", "amd", "intel"]
    driver = st.builds(
        Nvidia, fact(_dotted), st.none() | fact(st.builds(Cuda, st.integers(1, 99), st.integers(0, 99)))
    )
    pythons = st.lists(st.builds(Python, st.just(3), st.integers(0, 99)), max_size=5, unique=True)
    return Machine(
        name=draw(_names),
        platform=platform,
        origin="probe",
        libc=draw(st.none() | fact(st.builds(Libc, st.sampled_from(["glibc", "musl"]), _dotted)))
        if linux
        else None,
        macos=draw(st.none() | fact(_dotted)) if mac else None,
        pythons=tuple(Fact(python, "PATH") for python in draw(pythons)),
        nvidia=None if mac else draw(st.none() | driver),
        gpus=tuple(draw(st.lists(st.one_of([_gpus[vendor] for vendor in vendors]), max_size=4))),
    )


@given(machines())
def test_a_machine_written_down_is_read_as_the_same_machine(machine: Machine) -> None:
    again = decode(encode(machine).encode(), "lab.toml")
    # The table holds all that the format holds, texts as they were written; origins are the file's own.
    assert as_table(again) == as_table(machine)
    assert again.platform == machine.platform
    assert [gpu.compute for gpu in again.gpus] == [gpu.compute for gpu in machine.gpus]
    assert [python.value for python in again.pythons] == [python.value for python in machine.pythons]


@given(machines())
def test_writing_is_stable(machine: Machine) -> None:
    text = encode(machine)
    assert encode(decode(text.encode(), "lab.toml")) == text


@given(machines())
def test_reading_twice_gives_equal_machines(machine: Machine) -> None:
    text = encode(machine).encode()
    assert decode(text, "lab.toml") == decode(text, "lab.toml")


_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["driver", "cuda", "vendor", "name", "compute", "gfx"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
_keys = st.sampled_from(["schema", "name", "os", "arch", "libc", "macos", "python", "nvidia", "gpu", "other"])


@given(st.dictionaries(_keys, _values, max_size=8))
def test_any_values_at_all_give_a_machine_or_problems(document: dict[str, object]) -> None:
    import tomli_w

    assert _codes(tomli_w.dumps(document).encode()) <= {"EP102"}


@given(st.binary(max_size=200))
def test_any_bytes_at_all_give_problems_or_a_machine(data: bytes) -> None:
    assert _codes(data) <= {"EP102"}


def _codes(data: bytes) -> set[str]:
    try:
        decode(data, "lab.toml")
    except EnvplanError as error:
        return {problem.code for problem in error.problems}
    return set()
