"""The story as data: which commands, what each is for, and what it has to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.versions import Python

MACHINES = ("workstation-rtx3090", "datacenter-a100-470", "laptop-rtx3060", "apple-m2", "workstation-rtx5090")

# The machine that this computer plays, so that a tale of GPUs can be told where there is none.
_PLAYED = {
    "linux-x86_64": "workstation-rtx3090",
    "windows-x86_64": "laptop-rtx3060",
    "macos-arm64": "apple-m2",
    "linux-aarch64": "ci-linux-arm",
    "macos-x86_64": "apple-intel",
}
_WITHOUT_GPU = ("linux-aarch64", "macos-x86_64")  # of these builds, at least

_PLAIN = re.compile(r"[A-Za-z0-9_./:=+@%,-]+")


@dataclass(frozen=True)
class Step:
    """One command, and what it has to do for the story to go on."""

    about: str
    words: tuple[str, ...]  # behind `envplan`
    exit: int = 0
    shows: tuple[str, ...] = ()  # what its answer must hold

    @property
    def line(self) -> str:
        """The command as it is typed, in any shell."""
        return " ".join(["envplan", *(one if _PLAIN.fullmatch(one) else f'"{one}"' for one in self.words)])


@dataclass(frozen=True)
class Series:
    """A series of torch that the story can be told with, and what goes wrong in it."""

    pythons: tuple[Python, ...]
    torch: str
    version: str
    variant: str  # that the played machines with Linux and Windows take
    cannot: tuple[str, str]  # a machine that no build of it runs on; the code of that
    wish: tuple[str, str]  # what somebody wants besides, and cannot have; the code of that
    cure: str
    without: tuple[str, ...] = ()  # platforms that it has no wheels for


@dataclass(frozen=True)
class Story:
    """All of it, as it is told on one kind of computer."""

    played: str  # a shipped profile; empty: there is none that this computer can play
    python: Python
    steps: tuple[Step, ...]


# The oldest series with wheels for a Python. Before 2.3, torch cannot do with NumPy 2.
SERIES = (
    Series(
        (Python(3, 11), Python(3, 12)),
        *("2.2", "2.2.2", "cu121"),
        cannot=("workstation-rtx5090", "EP203"),
        wish=("numpy>=2", "EP207"),
        cure="numpy<2",
    ),
    Series(
        (Python(3, 13),),
        *("2.6", "2.6.0", "cu118"),
        cannot=("workstation-rtx5090", "EP203"),
        wish=("torchvision 0.16", "EP201"),
        cure="torchvision 0.21",
        without=("macos-x86_64",),
    ),
    Series(
        (Python(3, 14),),
        *("2.9", "2.9.1", "cu128"),
        cannot=("datacenter-a100-470", "EP202"),
        wish=("torchvision 0.16", "EP201"),
        cure="torchvision 0.24",
        without=("macos-x86_64",),
    ),
)


def story(platform: Platform, python: Python) -> Story:
    """Tell it for a computer; where that has no wheels of torch, up to the lock."""
    series = next((one for one in SERIES if python in one.pythons), SERIES[-1])
    here = str(platform)
    plays = python in series.pythons and here not in series.without
    played = _PLAYED.get(here, "") if plays else ""
    python = python if played else series.pythons[-1]
    alone = played != "" and here in _WITHOUT_GPU
    steps = [*_planned(series, python), *(_for_here(series, python, here) if alone else ()), *_locked(series)]
    if played:
        steps += _applied(
            series.version if alone or "macos" in here else f"{series.version}+{series.variant}"
        )
    return Story(played, python, (*steps, *_refused(series, applied=played != "")))


def _planned(series: Series, python: Python) -> Iterator[Step]:
    words = f"torch {series.torch} on gpu for linux, windows and macos"
    yield Step(
        "Say what you want, in words.",
        ("init", words, "torchvision", "torchaudio", "numpy", "--python", str(python)),
        shows=(f'torch = "{series.torch}"',),
    )
    machine, code = series.cannot
    yield Step(
        "What would five machines take of it? One of them cannot, and hears why, and what would help.",
        ("plan", *(word for one in MACHINES for word in ("--for", one))),
        exit=1,
        shows=(f"{series.version}+{series.variant}", f"left out: {machine}", f"error[{code}]", "  try "),
    )


def _for_here(series: Series, python: Python, platform: str) -> Iterator[Step]:
    words = f"torch {series.torch} for {platform}, linux and windows"
    yield Step(
        f"Of {platform} there is no such build for a GPU: let each machine have what it can run.",
        ("init", "--force", words, "torchvision", "torchaudio", "numpy", "--python", str(python)),
        shows=(platform,),
    )


def _locked(series: Series) -> Iterator[Step]:
    yield Step(
        "Pin all of it, for every machine with one of these systems, in one file to commit.",
        ("lock",),
        shows=(series.variant, "linux-x86_64", "windows-x86_64"),
    )
    yield Step(
        "In CI, and offline: is the lock whole, and what the spec asks for?",
        ("lock", "--check"),
        shows=("in order",),
    )


def _applied(version: str) -> Iterator[Step]:
    code = "import torch; print(torch.__version__)"
    yield Step(
        "On a new machine: choose what fits it, fetch, build beside what is there, prove, and switch.",
        ("apply",),
        shows=("torch", version),
    )
    yield Step("Use it.", ("run", "--", "python", "-c", code), shows=(version,))
    yield Step("Is it still what was built, and can it be imported?", ("verify",), shows=("whole",))
    yield Step("Once more: there is nothing to do.", ("apply",), shows=("nothing to do",))


def _refused(series: Series, *, applied: bool) -> Iterator[Step]:
    wish, code = series.wish
    yield Step("Somebody wants something else besides.", ("add", wish))
    yield Step(
        "That cannot be, and is said before anything is touched.",
        ("plan",),
        exit=1,
        shows=(f"error[{code}]", "  try "),
    )
    yield Step("What does that code mean?", ("explain", code), shows=(code,))
    yield Step("Take the cure. All pins are kept, and so is the environment.", ("add", series.cure))
    yield Step("", ("lock",), shows=(series.variant,))
    if applied:
        yield Step("", ("apply",), shows=("nothing to do",))
