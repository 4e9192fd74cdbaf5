"""One story out of several accounts: who is believed, where they differ, and what nobody could say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from envplan.machine.model import Gpu, Nvidia
from envplan.machine.probe import pci
from envplan.machine.probe.host import Host
from envplan.machine.probe.nvidia import problems, visible
from envplan.machine.probe.nvidia.asked import clean
from envplan.machine.probe.nvidia.signs import TEGRA, Signs, file_version
from envplan.machine.probe.nvidia.source import LIBCUDA, NVML, SMI, Account, Device, dotted
from envplan.problems import Problem, Said
from envplan.values.evidence import Fact
from envplan.values.records import dataclass, field, replace
from envplan.values.versions import Compute, Cuda, Dotted

# Whose list of devices is taken, if several have one.
_TRUST = (NVML, SMI, LIBCUDA)


@dataclass
class Story:
    """The accounts, and what is made of them on the way."""

    host: Host
    signs: Signs
    accounts: tuple[Account, ...]
    failures: tuple[Problem, ...]
    container: bool
    nvidia: Nvidia | None = None
    gpus: list[Gpu] = field(default_factory=list)
    hidden: list[Gpu] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def account(self, origin: str) -> Account | None:
        """Return what one source says."""
        return next((account for account in self.accounts if account.origin == origin), None)


def tell(story: Story, known: Callable[[str], Compute | None] | None) -> Story:
    """Make one story of the accounts."""
    source = next((a for origin in _TRUST if (a := story.account(origin)) and a.devices), None)
    source = source or next((a for o in _TRUST if (a := story.account(o)) and (a.broken or a.driver)), None)
    _driver(story)
    if source is None or not (source.devices or source.broken):
        _nothing(story, source)
        return story
    story.unreadable += source.broken
    devices = [_merged(story, source, index) for index in range(len(source.devices))]
    split = visible.split(story.host.environ, devices, _cuda_order(story, devices))
    if split.warning:
        story.warnings.append(split.warning)
    story.gpus = [_gpu(story, source, device, known) for device in split.shown]
    story.hidden = [_gpu(story, source, device, known, quietly=True) for device in split.hidden]
    _doubts(story, source)
    return story


def _driver(story: Story) -> None:
    said = [(a.driver, a.origin) for origin in _TRUST if (a := story.account(origin)) and a.driver]
    said += story.signs.kernel
    if not said:
        libraries = (file_version(story.host, path) for path in (story.signs.nvml, story.signs.libcuda))
        said = [named for named in libraries if named][:1]
    if not said and story.signs.tegra:
        said = _tegra(story.signs.tegra)
    cudas = [(a.cuda, a.origin) for origin in _TRUST if (a := story.account(origin)) and a.cuda]
    if len({version for version, _ in said}) > 1:
        story.warnings.append(_disagree("the driver's version", said))
    if len({version for version, _ in cudas}) > 1:
        story.warnings.append(_disagree("the newest CUDA of the driver", cudas))
    if said:
        driver, origin = min(said, key=lambda one: one[0])
        newest = min(cudas, key=lambda one: one[0], default=None)
        story.nvidia = Nvidia(Fact(driver, origin), Fact(*newest) if newest else None)
    elif any(account.devices for account in story.accounts):
        story.unreadable += story.signs.unreadable or (_no_version(story.failures),)


def _tegra(text: str) -> list[tuple[Dotted, str]]:
    """Read L4T's release: its driver is a part of it, and has no number of its own."""
    import re

    found = re.search(r"R([0-9]+) \(release\), REVISION: ([0-9.]+)", text)
    version = dotted(f"{found[1]}.{found[2]}") if found else None
    return [(version, f"{TEGRA} (L4T)")] if version else []


def _nothing(story: Story, source: Account | None) -> None:
    """No source lists a GPU: is there none, or could nobody say?"""
    signs = story.signs
    plugged = [gpu for gpu in signs.pci if not gpu.given_away]
    if story.failures:
        story.unreadable.append(story.failures[0])
    elif source is None and not story.accounts:
        if signs.driver or signs.tegra:
            story.unreadable += signs.unreadable or (problems.no_library(signs, container=story.container),)
        else:
            story.gpus = [_plugged(story.host, gpu) for gpu in plugged]
            story.warnings += [_driverless(gpu) for gpu in plugged[:1]]
    elif plugged or story.signs.tegra:
        story.unreadable.append(_unseen(story, plugged))
    elif not signs.devices and source is None:
        asked = tuple(Said("no CUDA device", account.origin) for account in story.accounts)
        story.unreadable.append(problems.no_devices(asked))


def _merged(story: Story, source: Account, index: int) -> Device:
    """Complete one device from the other accounts; where they differ, the lower capability is safe."""
    device = source.devices[index]
    said = [(device.compute, source.origin)] if device.compute else []
    for account in story.accounts:
        other = None if account is source else _same(device, index, source, account)
        if other is None:
            continue
        if other.compute:
            said.append((other.compute, account.origin))
        device = replace(
            device, uuid=device.uuid or other.uuid, memory_mib=device.memory_mib or other.memory_mib
        )
    if len({compute for compute, _ in said}) > 1:
        story.warnings.append(_disagree(f"the compute capability of {device.name}", said))
    return replace(device, compute=min((compute for compute, _ in said), default=None))


def _same(device: Device, index: int, source: Account, account: Account) -> Device | None:
    """Find the same device in another account: by UUID, else by name where the counts agree."""
    if device.uuid:
        for other in account.devices:
            if other.uuid == device.uuid:
                return other
    if len(account.devices) != len(source.devices):
        return None
    other = account.devices[index]
    alone = len(account.devices) == 1
    return None if device.uuid and other.uuid else other if alone or other.name == device.name else None


def _cuda_order(story: Story, devices: Sequence[Device]) -> list[Device]:
    """Order the devices as CUDA numbers them: the fastest first, unless the user wants the bus's order."""
    cuda = story.account(LIBCUDA)
    if cuda is None or story.host.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return list(devices)
    places = {device.uuid: index for index, device in enumerate(cuda.devices) if device.uuid}
    if not all(device.uuid in places for device in devices):
        return list(devices)
    return sorted(devices, key=lambda device: places[device.uuid])


def _gpu(
    story: Story,
    source: Account,
    device: Device,
    known: Callable[[str], Compute | None] | None,
    *,
    quietly: bool = False,
) -> Gpu:
    compute, origin = device.compute, source.origin
    if compute is None and known and (compute := known(device.name)):
        origin = f"{source.origin}; the capability from the catalog"
    if compute is None and not quietly:
        story.unreadable.append(_no_compute(device.name, source.origin))
    if device.instances == () and not quietly:
        story.warnings.append(_empty_mig(device.name))
    board = story.signs.board
    name = f"{device.name} ({board})" if board and "jetson" not in device.name.lower() else device.name
    return Gpu("nvidia", name, origin, compute=compute, memory_mib=device.memory_mib)


def _doubts(story: Story, source: Account) -> None:
    """Name what does not fit, though the GPUs are known."""
    lost = (one for account in story.accounts if account is not source for one in account.broken)
    story.warnings += [replace(failure, severity="warning") for failure in (*story.failures, *lost)]
    cuda = story.account(LIBCUDA)
    parted = any(device.instances is not None for device in source.devices)
    if cuda and source is not cuda and not parted and len(cuda.devices) < len(source.devices):
        counts = [(f"{len(a.devices)} GPUs", a.origin) for a in (source, cuda)]
        story.warnings.append(_disagree("the number of GPUs", counts))
    driven = sum(gpu.driver == "nvidia" for gpu in story.signs.pci)
    if driven > len(source.devices) + len(source.broken) and not story.container:
        counts = [(f"{driven} GPUs", "/sys/bus/pci/devices"), (f"{len(source.devices)} GPUs", source.origin)]
        story.warnings.append(_disagree("the number of GPUs", counts))


def _disagree(what: str, said: Sequence[tuple[Dotted | Cuda | Compute | str, str]]) -> Problem:
    return Problem(
        "EP509",
        f"the sources disagree on {what}",
        found=tuple(Said(str(value), origin) for value, origin in said),
        why=(Said("envplan goes by the lowest, which is safe; the driver may have been updated half-way"),),
        cures=("sudo reboot", "envplan probe   (shows every source)"),
        severity="warning",
    )


def _no_version(failures: Sequence[Problem]) -> Problem:
    return Problem(
        "EP517",
        "the version of the NVIDIA driver cannot be found out",
        found=tuple(Said(one.title, said.origin) for one in failures for said in one.found[:1]),
        why=(Said("CUDA sees a GPU, but NVML, nvidia-smi and the kernel do not say which driver runs it"),),
        cures=("nvidia-smi",),
    )


def _no_compute(name: str, origin: str) -> Problem:
    return Problem(
        "EP512",
        f"the compute capability of {name} cannot be found out",
        found=(Said(name, origin),),
        why=(Said("without it, nobody can say which builds have code for this GPU"),),
        cures=("nvidia-smi --query-gpu=name,compute_cap --format=csv",),
    )


def _empty_mig(name: str) -> Problem:
    return Problem(
        "EP515",
        f"{name} is split for sharing (MIG is on), but has no parts",
        found=(Said("MIG on, 0 instances", NVML),),
        why=(Said("CUDA programs see no GPU until a part is made, or MIG is turned off"),),
        cures=("sudo nvidia-smi mig -cgi 0 -C", "sudo nvidia-smi -mig 0"),
        severity="warning",
    )


def _unseen(story: Story, plugged: Sequence[pci.PciGpu]) -> Problem:
    why = "the driver could not start the GPU, or is too old for it"
    if story.container:
        why = "this container was started without the GPU"
    return Problem(
        "EP513",
        "there is an NVIDIA GPU, and the driver does not see it",
        found=(
            *(Said(f"PCI device {gpu.ids}, driver {gpu.driver or 'none'}", gpu.origin) for gpu in plugged),
            *(Said("no GPU", account.origin) for account in story.accounts),
        ),
        why=(Said(why),),
        cures=(
            *(problems.IN_CONTAINER if story.container else ()),
            "sudo dmesg | grep -i NVRM   (what the driver complains about)",
        ),
    )


def _plugged(host: Host, gpu: pci.PciGpu) -> Gpu:
    name = pci.name(host, gpu.vendor, gpu.device)
    name = f"NVIDIA {clean(name)}" if name else f"NVIDIA GPU (PCI {gpu.ids})"
    return Gpu("nvidia", name, gpu.origin)


def _driverless(gpu: pci.PciGpu) -> Problem:
    held = f"; the driver that holds it is {gpu.driver}" if gpu.driver else ""
    return Problem(
        "EP511",
        "there is an NVIDIA GPU, but no NVIDIA driver",
        found=(Said(f"PCI device {gpu.ids}{held}", gpu.origin),),
        why=(Said("CUDA needs NVIDIA's own driver; its toolkit is not needed"),),
        cures=("sudo ubuntu-drivers install   (Ubuntu; elsewhere the NVIDIA driver of your system)",),
        severity="warning",
    )
