"""The planner against a second, tiny opinion: torch on Linux, judged from tables copied by hand.

Neither the catalog nor the planner's rules are used for it: kernels are from the TORCH_CUDA_ARCH_LIST of
pytorch/builder and the support matrices of PyTorch, drivers from NVIDIA's compatibility guide and toolkit
release notes, Pythons from the file lists of the wheels. Series whose kernels are only inferred are left out.
"""

from __future__ import annotations

import re
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envplan.catalog.load import load
from envplan.catalog.model import Catalog
from envplan.machine.profile import decode as decode_profile
from envplan.planner.model import Impossible, Outcome, Planned
from envplan.planner.plan import plan
from envplan.spec.decode import decode as decode_spec
from envplan.values.versions import Python

OLD = "5.0 6.0 7.0 7.5 8.0 8.6 9.0"
BEFORE_2_4 = {"cu118": f"3.7 {OLD}", "cu121": OLD}
FROM_2_4 = BEFORE_2_4 | {"cu124": OLD}
FROM_2_9 = {"cu126": OLD, "cu128": "7.0 7.5 8.0 8.6 9.0 10.0 12.0", "cu130": "7.5 8.0 8.6 9.0 10.0 12.0"}
IN_2_11 = FROM_2_9 | {"cu128": "7.5 8.0 8.6 9.0 10.0 12.0"}
FROM_2_12 = {"cu126": OLD, "cu130": FROM_2_9["cu130"], "cu132": FROM_2_9["cu130"]}
SERIES = {  # newest release, its torchvision, first and last Python with wheels, the code in each variant
    "2.1": ("2.1.2", "0.16.2", 8, 11, BEFORE_2_4),
    "2.2": ("2.2.2", "0.17.2", 8, 12, BEFORE_2_4),
    "2.3": ("2.3.1", "0.18.1", 8, 12, BEFORE_2_4),
    "2.4": ("2.4.1", "0.19.1", 8, 12, FROM_2_4),
    "2.5": ("2.5.1", "0.20.1", 9, 13, FROM_2_4),
    "2.9": ("2.9.1", "0.24.1", 10, 14, FROM_2_9),
    "2.10": ("2.10.0", "0.25.0", 10, 14, FROM_2_9),
    "2.11": ("2.11.0", "0.26.0", 10, 14, IN_2_11),
    "2.12": ("2.12.1", "0.27.1", 10, 14, FROM_2_12),
}
FLOORS = {"cu11": (450, 80, 2), "cu12": (525, 60, 13), "cu13": (580, 65, 6)}
NATIVE = {
    "cu118": (520, 61, 5),
    "cu121": (530, 30, 2),
    "cu124": (550, 54, 14),
    "cu126": (560, 28, 3),
    "cu128": (570, 26),
    "cu130": (580, 65, 6),
    "cu132": (595, 45, 4),
}
DRIVERS = [
    "450.80.01",
    "450.80.02",
    "470.199.02",
    "520.61.05",
    "525.60.12",
    "525.60.13",
    "535.129.03",
    "550.54.13",
    "550.54.14",
    "560.28.03",
    "570.25",
    "570.26",
    "575.51.03",
    "580.65.06",
    "590.44.01",
    "595.45.04",
]
BORN = {  # compute capability: the driver of the first toolkit that knows it; older machines cannot exist
    **dict.fromkeys(["3.5", "3.7", "5.2", "6.1", "7.0", "7.5"], (450,)),
    "8.0": (450, 80, 2),
    "8.6": (455, 23),
    **dict.fromkeys(["8.9", "9.0"], (520, 61, 5)),
    **dict.fromkeys(["10.0", "12.0"], (570, 26)),
    "12.1": (575, 51, 3),
}
TOML_CURE = re.compile(r'(torch|torchvision|python|accelerator) = "([^"]+)"')

rules = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
series = st.sampled_from(sorted(SERIES))
pythons = st.sampled_from([f"3.{minor}" for minor in range(8, 16)])


@st.composite
def machines(draw: st.DrawFn) -> tuple[list[str], str]:
    driver = draw(st.sampled_from(DRIVERS))
    known = [compute for compute, born in sorted(BORN.items()) if _parts(driver) >= born]
    return draw(st.lists(st.sampled_from(known), min_size=1, max_size=2)), driver


Wishes = dict[str, str]


@rules
@given(series, pythons, machines())
def test_the_plan_is_what_the_published_tables_say(
    torch: str, python: str, machine: tuple[list[str], str]
) -> None:
    release, torchvision, first, last, _ = SERIES[torch]
    outcome = _plan(_wishes(torch, python), *machine)
    runnable = _runnable(torch, *machine) if first <= int(python[2:]) <= last else []
    if not runnable:
        assert isinstance(outcome, Impossible)
        return
    assert isinstance(outcome, Planned)
    best = max(runnable, key=lambda variant: (_parts(machine[1]) >= NATIVE[variant], variant))
    index = f"https://download.pytorch.org/whl/{best}"
    assert [(pin.name, pin.version, pin.index) for pin in outcome.pins] == [
        ("torch", f"{release}+{best}", index),
        ("torchvision", f"{torchvision}+{best}", index),
    ]


@rules
@given(series, pythons, machines())
def test_what_is_told_to_try_works_when_typed(
    torch: str, python: str, machine: tuple[list[str], str]
) -> None:
    wishes = _wishes(torch, python)
    outcome = _plan(wishes, *machine)
    if isinstance(outcome, Planned):
        return
    assert outcome.problem.cures
    for cure in outcome.problem.cures:
        if edit := TOML_CURE.match(cure):
            assert isinstance(_plan(wishes | {edit[1]: edit[2]}, *machine), Planned), cure
        elif driver := re.search(r"NVIDIA driver (\d[\d.]*) or newer", cure):
            assert isinstance(_plan(wishes, machine[0], driver[1]), Planned), cure
        elif shown := re.match(r"CUDA_VISIBLE_DEVICES=(\d) ", cure):
            assert isinstance(_plan(wishes, [machine[0][int(shown[1])]], machine[1]), Planned), cure


def _runnable(torch: str, computes: list[str], driver: str) -> list[str]:
    return [
        variant
        for variant, held in SERIES[torch][4].items()
        if _parts(driver) >= FLOORS[variant[:4]] and all(_has_code(held, compute) for compute in computes)
    ]


def _has_code(held: str, compute: str) -> bool:
    """A cubin runs on its own major, on its own minor and newer ones. (PTX 12.0 is for newer GPUs.)"""
    wanted = _parts(compute)
    return any(_parts(one)[0] == wanted[0] and _parts(one) <= wanted for one in held.split())


def _wishes(torch: str, python: str) -> Wishes:
    return {"torch": torch, "torchvision": "*", "python": python, "accelerator": "gpu"}


def _plan(wishes: Wishes, computes: list[str], driver: str) -> Outcome:
    spec = (
        f'[env]\nname = "e"\npython = "{wishes["python"]}"\naccelerator = "{wishes["accelerator"]}"\n'
        f'[packages]\ntorch = "{wishes["torch"]}"\ntorchvision = "{wishes["torchvision"]}"\n'
    )
    gpus = "".join(
        f'[[gpu]]\nvendor = "nvidia"\nname = "GPU"\ncompute = "{compute}"\n' for compute in computes
    )
    profile = (
        'schema = 1\nname = "m"\nos = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\n'
        f'[nvidia]\ndriver = "{driver}"\n{gpus}'
    )
    machine = decode_profile(profile.encode(), "profile")
    made = plan(decode_spec(spec.encode(), "envplan.toml"), [machine], _catalog(), Python(3, 11))
    return made.outcomes[0]


@cache
def _catalog() -> Catalog:
    return load(["torch", "torchvision"])


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
