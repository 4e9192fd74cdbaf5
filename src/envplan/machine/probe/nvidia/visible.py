"""CUDA_VISIBLE_DEVICES: which GPUs a program started from here would be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envplan.machine.probe.nvidia.source import Device
from envplan.problems import Problem, Said
from envplan.values.records import dataclass

VARIABLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Split:
    """The GPUs that stay, and the hidden ones."""

    shown: tuple[Device, ...]
    hidden: tuple[Device, ...] = ()
    warning: Problem | None = None


def counts(environ: Mapping[str, str]) -> bool:
    """Whether GPUs are chosen by number, so that it matters in which order CUDA counts them."""
    return any(word.strip().isdigit() for word in environ.get(VARIABLE, "").split(","))


def split(environ: Mapping[str, str], devices: Sequence[Device], order: Sequence[Device]) -> Split:
    """Set aside the hidden GPUs. `order` is the order in which CUDA counts them."""
    value = environ.get(VARIABLE)
    if value is None or not devices:
        return Split(tuple(devices))
    if not all(device.uuid for device in devices) and ("GPU-" in value or "MIG-" in value):
        return Split(tuple(devices))  # nothing to compare with: what cannot be told is not hidden
    chosen = _chosen(value, order)
    hidden = tuple(device for device in devices if device not in chosen)
    # Equal devices without UUIDs cannot be told apart; then only their number counts.
    if len(set(devices)) < len(devices):
        shown, hidden = tuple(devices[: len(chosen)]), tuple(devices[len(chosen) :])
    else:
        shown = tuple(device for device in devices if device in chosen)
    return Split(shown, hidden, _warning(value, shown, hidden) if hidden else None)


def _chosen(value: str, order: Sequence[Device]) -> list[Device]:
    """Read the list as CUDA does: up to the first word that names no device; a word twice voids it all."""
    chosen: list[int] = []
    words: set[str] = set()
    for word in (part.strip() for part in value.split(",")):
        index = _index(word, order)
        if index is None:
            break
        if word in words:
            return []
        words.add(word)
        if index not in chosen:
            chosen.append(index)
    return [order[index] for index in chosen]


def _index(word: str, order: Sequence[Device]) -> int | None:
    if word.isascii() and word.isdigit():
        return int(word) if int(word) < len(order) else None
    found = [index for index, device in enumerate(order) if _names(word, device)]
    return found[0] if len(found) == 1 else None


def _names(word: str, device: Device) -> bool:
    word = word.lower()
    if word.startswith("mig-gpu-"):  # the old form: MIG-GPU-<uuid>/<instance>/<part>
        return device.uuid.lower() == word.removeprefix("mig-").split("/")[0]
    if word.startswith("mig-"):
        return any(instance.lower().startswith(word) for instance in device.instances or ())
    return word.startswith("gpu-") and device.uuid.lower().startswith(word)


def _warning(value: str, shown: Sequence[Device], hidden: Sequence[Device]) -> Problem:
    every = f"{len(hidden)} of {len(hidden) + len(shown)} NVIDIA GPUs" if shown else "every NVIDIA GPU"
    return Problem(
        "EP510",
        f"{VARIABLE} hides {every}",
        found=(
            Said(f'{VARIABLE}="{value[:100]}"', "environment"),
            *(Said(f"hidden: {device.name}", device.uuid) for device in hidden),
        ),
        why=(Said("programs started from here do not see these GPUs, so they are no part of this machine"),),
        cures=(f"unset {VARIABLE}",),
        severity="warning",
    )
