"""What NVIDIA's error numbers mean, in words for somebody who has never met them."""

from __future__ import annotations

from envplan.machine.probe.host import DEADLINE_VARIABLE, Host
from envplan.machine.probe.nvidia.signs import Signs, file_version
from envplan.problems import Problem, Said
from envplan.processes.outcomes import Ended, Flooded, Outcome, TimedOut
from envplan.values.records import dataclass

IN_CONTAINER = (
    "docker run --gpus all ...   (with the NVIDIA Container Toolkit on the host)",
    "podman run --device nvidia.com/gpu=all ...",
)


@dataclass(frozen=True)
class Failure:
    """How a source failed: at what, with which number, in which words."""

    origin: str
    during: str
    code: int | None
    text: str

    @property
    def said(self) -> tuple[Said, ...]:
        """The source's own words."""
        number = f" (error {self.code})" if self.code is not None else ""
        return (Said(f"{self.text or 'no words'}{number}", self.origin),)


# NVML's numbers, which are nvidia-smi's exit codes too.
_NO_LIBRARY, _NO_FUNCTION, _MISMATCH = 12, 13, 18
# libcuda's numbers for the same things, and some of its own.
_CUDA_MEANS = {34: _NO_LIBRARY, 803: _MISMATCH}
_CUDA_FABRIC, _CUDA_COMPAT = 802, 804


def explain(failure: Failure, host: Host, signs: Signs, *, container: bool) -> Problem:
    """Turn a failure into a problem that says what to do."""
    code = _CUDA_MEANS.get(failure.code or 0, failure.code) if failure.origin == "libcuda" else failure.code
    if failure.origin == "libcuda" and failure.code in (_CUDA_FABRIC, _CUDA_COMPAT):
        return _cuda_only(failure)
    if failure.during == "load" or code in (_NO_LIBRARY, _NO_FUNCTION):
        if failure.during != "load" and not signs.driver and container:
            return no_devices(failure.said)
        return _library(failure)
    match code:
        case 18:
            return _mismatch(failure, host, signs)
        case 9:
            return no_devices(failure.said) if _bare(signs, container) else _not_loaded(failure, signs)
        case 4:
            return _permission(failure)
        case 15 | 16:
            return _lost(failure)
        case _:
            return _unknown(failure, container)


def _bare(signs: Signs, container: bool) -> bool:
    return not signs.driver and (container or not signs.pci)


def no_devices(found: tuple[Said, ...]) -> Problem:
    """A container, or an image for GPUs on a computer without one: libraries, and nothing behind them."""
    return Problem(
        "EP508",
        "NVIDIA's libraries are here, but no GPU device is",
        found=(*found, Said("no /dev/nvidia* device, and no NVIDIA kernel driver is loaded", "/dev")),
        why=(
            Said(
                "a container sees a GPU only when it is started with one; "
                "outside a container, the NVIDIA kernel driver is not loaded"
            ),
        ),
        cures=(*IN_CONTAINER, "sudo modprobe nvidia   (on the computer itself)"),
    )


def no_library(signs: Signs, *, container: bool) -> Problem:
    """A kernel driver, and none of its libraries: nothing can be asked, and nothing could run."""
    found = [Said(f"NVIDIA kernel driver {version}", origin) for version, origin in signs.kernel]
    if signs.devices:
        found.append(Said("NVIDIA devices", "/dev/nvidia*"))
    if signs.tegra:
        found.append(Said(signs.tegra.splitlines()[0][:80], "/etc/nv_tegra_release"))
    here = (
        "sudo apt install libnvidia-compute-<major of the driver>   (Debian, Ubuntu; on the computer itself)"
    )
    return Problem(
        "EP508",
        "there is an NVIDIA driver, but none of its libraries is here",
        found=(*found, Said("no libnvidia-ml.so.1, no libcuda.so.1, no nvidia-smi")),
        why=(
            Said("a container started without its GPU shows the driver of its host and nothing else")
            if container
            else Said("programs reach the GPU through these libraries; the driver alone is not enough"),
        ),
        cures=IN_CONTAINER if container else (here, *IN_CONTAINER),
    )


def no_answer(origin: str, seconds: float) -> Problem:
    """It hung."""
    return Problem(
        "EP501",
        "the NVIDIA driver does not answer",
        wanted=(Said("the driver's version and its GPUs", origin),),
        found=(Said(f"no answer within {seconds:g} seconds", origin),),
        why=(Said("the driver is stuck, or it needs longer to wake its GPUs"),),
        cures=(
            f"{DEADLINE_VARIABLE}=60 envplan probe",
            "sudo nvidia-smi -pm 1   (keeps the GPUs awake)",
            "sudo dmesg | grep -i -e NVRM -e Xid   (what the driver complains about)",
        ),
    )


def of_child(outcome: Outcome, origin: str) -> Problem:
    """Say how a child process ended without an answer."""
    match outcome:
        case TimedOut(seconds):
            return no_answer(origin, seconds)
        case Flooded(limit):
            how = f"it printed more than {limit:,} bytes and was stopped"
        case Ended():
            how = f"it {outcome.reason} and no answer"
        case _:
            how = f"it {outcome.reason}"
    return Problem(
        "EP506",
        f"asking {origin} for the NVIDIA GPUs failed",
        wanted=(Said("the driver's version and its GPUs", origin),),
        found=(Said(how, origin),),
        why=(Said("the driver's library is damaged, or does not fit the driver that is loaded"),),
        cures=(
            "nvidia-smi   (does it work?)",
            "install the NVIDIA driver again, and start the computer again",
        ),
    )


def _mismatch(failure: Failure, host: Host, signs: Signs) -> Problem:
    found = [*failure.said, *(Said(f"kernel driver {version}", origin) for version, origin in signs.kernel)]
    for library in (signs.nvml, signs.libcuda):
        if named := file_version(host, library):
            found.append(Said(f"library {named[0]}", named[1]))
            break
    return Problem(
        "EP502",
        "the NVIDIA kernel driver and its libraries have different versions",
        found=tuple(found),
        why=(Said("the driver was updated, and the old one is still running until the computer restarts"),),
        cures=("sudo reboot",),
    )


def _not_loaded(failure: Failure, signs: Signs) -> Problem:
    return Problem(
        "EP503",
        "the NVIDIA driver is installed, but not loaded",
        found=(*failure.said, *(Said(f"PCI device {gpu.ids}", gpu.origin) for gpu in signs.pci)),
        why=(
            Said(
                "the kernel has no NVIDIA driver: it was not built for this kernel, "
                "Secure Boot refused it, or nouveau holds the GPU"
            ),
        ),
        cures=("sudo modprobe nvidia", "sudo dkms autoinstall && sudo reboot"),
    )


def _permission(failure: Failure) -> Problem:
    return Problem(
        "EP504",
        "this user may not ask the NVIDIA driver",
        found=failure.said,
        why=(Said("the devices /dev/nvidia* belong to others, or a sandbox keeps them away"),),
        cures=("ls -l /dev/nvidia*", 'sudo usermod -aG video,render "$USER"   (then log in again)'),
    )


def _library(failure: Failure) -> Problem:
    return Problem(
        "EP505",
        f"the library behind {failure.origin} cannot be used",
        found=failure.said,
        why=(Said("the file is damaged, for another processor, or a part of the driver is missing"),),
        cures=("install the NVIDIA driver again, and start the computer again",),
    )


def _lost(failure: Failure) -> Problem:
    return Problem(
        "EP507",
        "a GPU has stopped working and needs a reset",
        found=failure.said,
        why=(Said("the driver has lost the device: power, heat, or a fault of the hardware"),),
        cures=("sudo dmesg | grep -i -e NVRM -e Xid", "sudo reboot"),
    )


def _unknown(failure: Failure, container: bool) -> Problem:
    cures = ["nvidia-smi   (does it work?)", "sudo dmesg | grep -i -e NVRM -e Xid", "sudo reboot"]
    if container:
        cures.insert(0, "start the container again   (it loses its GPUs when the host reloads systemd)")
    return Problem(
        "EP507",
        f"{failure.origin} answers with an error",
        found=failure.said,
        why=(Said("the driver is there, and does not work as it should"),),
        cures=tuple(cures),
    )


def _cuda_only(failure: Failure) -> Problem:
    if failure.code == _CUDA_FABRIC:
        why = "GPUs joined by NVSwitch work only while NVIDIA's fabric manager runs, in the driver's version"
        cures: tuple[str, ...] = ("sudo systemctl start nvidia-fabricmanager",)
    else:
        why = "the libcuda found first is a newer one (cuda-compat), which this kind of GPU does not allow"
        cures = ('LD_LIBRARY_PATH= envplan probe   (and take "compat" out of LD_LIBRARY_PATH)',)
    return Problem("EP507", "CUDA does not start", found=failure.said, why=(Said(why),), cures=cures)


def gpu_failed(failure: Failure, index: int, host: Host, signs: Signs, *, container: bool) -> Problem:
    """One GPU among others would not say what it is."""
    general = explain(failure, host, signs, container=container)
    return Problem(
        general.code,
        f"GPU {index} does not say what it is",
        found=failure.said,
        why=general.why,
        cures=general.cures,
    )
