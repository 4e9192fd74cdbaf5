"""The word for an accelerator: auto, gpu, cpu, cuda>=12.1, cu121, rocm6.2, xpu."""

from __future__ import annotations

import re

from envplan.documents.reading import nearest, shown
from envplan.spec.grammar.refusal import Refusal, plain
from envplan.spec.model import Accelerator, AnyCuda, AnyGpu, AnyRocm, Auto, CpuOnly, Exactly
from envplan.values.variants import CPU, Variant
from envplan.values.versions import Cuda

GRAMMAR = 'auto, gpu, cpu, cuda, "cuda>=12.1", cu121, rocm, rocm6.2 or xpu'

_WORDS: dict[str, Accelerator] = {
    "auto": Auto(),
    "gpu": AnyGpu(),
    "cpu": CpuOnly(),
    "cuda": AnyCuda(),
    "rocm": AnyRocm(),
    "xpu": Exactly(Variant("xpu")),
}

# What people say, and the word for it here.
SAID = {
    "amd": "rocm",
    "any": "auto",
    "apple": "gpu",
    "arc": "xpu",
    "hip": "rocm",
    "intel": "xpu",
    "metal": "gpu",
    "mps": "gpu",
    "no": "cpu",
    "none": "cpu",
    "nvidia": "cuda",
    "radeon": "rocm",
}

_BOUND = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*([0-9]{1,3})(?:\.([0-9]{1,3}))?(\.\*)?")


def accelerator(text: str) -> Accelerator:
    """Read the word for an accelerator; refuse all else with what was probably meant."""
    text = plain(text, "an accelerator")
    if text in _WORDS:
        return _WORDS[text]
    if re.match(r"cuda\s*[=<>!~]=?", text) and not re.match(r"cuda\s*=\s*[0-9]", text):
        return AnyCuda(_bounds(text.removeprefix("cuda")))
    if found := re.fullmatch(r"cu(1[1-9]|[2-4][0-9])", text):  # cu12: any minor of CUDA 12
        return AnyCuda(_series(int(found[1])))
    try:
        variant = Variant(text)
    except ValueError:
        raise _refusal(text) from None
    return CpuOnly() if variant == CPU else Exactly(variant)


def _bounds(text: str) -> tuple[tuple[str, Cuda], ...]:
    bounds: list[tuple[str, Cuda]] = []
    for part in text.split(","):
        found = _BOUND.fullmatch(part.strip())
        if not found:
            raise Refusal(
                f"{shown(part.strip())!r} is not a bound on the CUDA version",
                'such as "cuda>=12.1", "cuda>=12,<13" or "cuda==12.1"',
                meant=_bound_meant(text),
            )
        bounds += _bound(found[1], int(found[2]), int(found[3]) if found[3] else None, found[4] is not None)
    return tuple(bounds)


def _bound(operator: str, major: int, minor: int | None, open_end: bool) -> tuple[tuple[str, Cuda], ...]:
    """Turn one comparison into plain ones: ==12 and ~=12.1 are ranges within one major."""
    if operator == "==" and minor is None:
        return _series(major)
    if operator == "~=" and minor is not None and not open_end:
        return ((">=", Cuda(major, minor)), ("<", Cuda(major + 1, 0)))
    if operator in ("~=", "!=") and minor is None:
        raise Refusal(
            f"'cuda{operator}{major}' does not say which minor version",
            "a CUDA version has two numbers, such as 12.1",
            meant=[f"cuda=={major}"] if operator == "~=" else [],
        )
    if open_end and operator not in ("==", "!="):
        raise Refusal(
            f"'cuda{operator}{major}.{minor or 0}.*' mixes a range with an order",
            "a star goes with == only",
            meant=[f"cuda{operator}{major}.{minor or 0}"],
        )
    return ((operator, Cuda(major, minor or 0)),)


def _series(major: int) -> tuple[tuple[str, Cuda], ...]:
    return ((">=", Cuda(major, 0)), ("<", Cuda(major + 1, 0)))


def _bound_meant(text: str) -> list[str]:
    """Three numbers (12.1.105) and missing commas are the usual slips."""
    parts = re.findall(r"(~=|==|!=|<=|>=|<|>)\s*([0-9]{1,3}(?:\.[0-9]{1,3})?)", text)
    return [f"cuda{','.join(operator + number for operator, number in parts)}"] if parts else []


def _refusal(text: str) -> Refusal:
    return Refusal(
        f"{shown(text)!r} is not an accelerator", f"an accelerator is {GRAMMAR}", meant=_meant(text)
    )


def _meant(text: str) -> list[str]:
    word = re.sub(r"[\s_-]+", "", text.lower())
    if word in _WORDS or word in SAID:
        return [SAID.get(word, word)]
    if found := re.fullmatch(r"(?:cuda|cu|nvidia)?[=v]*([0-9]{1,2})\.([0-9])(?:\.[0-9]+)?", word):
        return [f"cuda=={found[1]}.{found[2]}", f"cu{found[1]}{found[2]}"]
    if found := re.fullmatch(r"(?:cuda|nvidia)=?([0-9]{1,2})", word):
        return [f"cuda=={found[1]}"]
    if found := re.fullmatch(r"cu(?:da)?([0-9]{2,3})", word):
        return [f"cu{found[1]}"]
    if found := re.fullmatch(r"(?:rocm|hip)[=<>~v]*([0-9]+(?:\.[0-9]+){0,2})", word):
        return [f"rocm{found[1]}"]
    near = nearest(word, [*_WORDS, *SAID]) if len(word) > 3 else None  # a TPU is no misspelt XPU
    return [SAID.get(near, near)] if near else []


def narrowed(one: Accelerator, other: Accelerator) -> Accelerator | None:
    """Find what both words mean together: gpu and cuda 12.1 is cuda 12.1; none where they disagree."""
    if one == other:
        return one
    for wide, narrow in ((one, other), (other, one)):
        match wide, narrow:
            case AnyGpu(), AnyCuda() | AnyRocm() | Exactly():
                return narrow
            case AnyCuda(()), AnyCuda():
                return narrow
            case AnyCuda(bounds), Exactly(variant) if variant.kind == "cuda" and not bounds:
                return narrow
            case AnyRocm(), Exactly(variant) if variant.kind == "rocm":
                return narrow
    return None


def implied_by_extra(extra: str) -> Accelerator | None:
    """Read the accelerator in the name of an extra: jax[cuda12], tensorflow[and-cuda]."""
    found = re.fullmatch(r"(?:and-)?cuda([1-9][0-9])?(?:-(?:local|pip))?", extra)
    if found:
        return AnyCuda(_series(int(found[1])) if found[1] else ())
    return AnyRocm() if re.fullmatch(r"rocm[0-9]*(?:-local)?", extra) else None


def goes_with(wanted: Accelerator, implied: Accelerator) -> bool:
    """Whether an extra's accelerator is possible under the one that is wanted."""
    match wanted, implied:
        case ((Auto() | AnyGpu()), _):
            return True
        case AnyCuda(), AnyCuda():
            return True
        case Exactly(variant), AnyCuda():
            return variant.kind == "cuda"
        case Exactly(variant), AnyRocm():
            return variant.kind == "rocm"
        case AnyRocm(), AnyRocm():
            return True
        case _:
            return False
