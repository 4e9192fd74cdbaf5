"""What is known of PyTorch, spot-checked against truths that do not come from our own files."""

import pytest
from packaging.version import Version

from envplan.catalog import queries
from envplan.catalog.load import load
from envplan.catalog.places import DEFAULT_INDEX
from envplan.values.platforms import Platform
from envplan.values.variants import Variant

CATALOG = load(["torch"])
TORCH = CATALOG.frameworks["torch"]
INDEXES = "https://download.pytorch.org/whl/"


def pythons(variant: str, version: str, platform: str) -> str:
    """Say for which Pythons 3.x a version is published: "8 9 10"."""
    index = DEFAULT_INDEX if variant == DEFAULT_INDEX else INDEXES + variant
    minors = {
        python.python.minor
        for published, wheels in CATALOG.wheels(index, "torch").items()
        if Version(published).public == version
        for wheel in wheels
        if any(tag.fits(Platform.parse(platform)) for tag in wheel.platforms)
        for python in wheel.pythons
        if python.python
    }
    return " ".join(str(minor) for minor in sorted(minors))


def variants(version: str, platform: str) -> set[str]:
    """Name the variants of a version that the PyTorch indexes hold for a platform."""
    names = {index.removeprefix(INDEXES) for index in CATALOG.indexes() if index.startswith(INDEXES)}
    return {name for name in names if pythons(name, version, platform)}


def last(variant: str, platform: str) -> str:
    """Name the newest version of a variant."""
    found = {Version(Version(one).public) for one in CATALOG.wheels(INDEXES + variant, "torch")}
    return str(max(one for one in found if pythons(variant, str(one), platform)))


@pytest.mark.parametrize(
    ("variant", "version", "platform", "expected"),
    [
        ("cu121", "2.2.2", "linux-x86_64", "8 9 10 11 12"),
        ("cu121", "2.2.2", "windows-x86_64", "8 9 10 11 12"),
        ("cu118", "2.2.2", "linux-x86_64", "8 9 10 11 12"),
        ("cu121", "2.1.2", "linux-x86_64", "8 9 10 11"),
        ("cu117", "1.13.1", "linux-x86_64", "7 8 9 10 11"),
        ("cu124", "2.5.1", "linux-x86_64", "9 10 11 12 13"),
        ("cu124", "2.5.1", "windows-x86_64", "9 10 11 12"),
        ("cu124", "2.5.1", "linux-aarch64", "9 10 11 12"),
        ("cu128", "2.11.0", "linux-x86_64", "10 11 12 13 14"),
        ("cu126", "2.14.1", "linux-x86_64", "10 11 12 13 14"),
        ("cu130", "2.9.0", "windows-x86_64", "10 11 12 13 14"),
        ("cu132", "2.15.0", "linux-x86_64", "11 12 13 14 15"),
        ("cpu", "2.12.0", "linux-x86_64", "10 11 12 13 14"),
        ("cpu", "2.8.0", "windows-arm64", "11 12 13"),
        ("default", "2.2.2", "macos-x86_64", "8 9 10 11 12"),
        ("default", "2.3.0", "macos-x86_64", ""),
        ("default", "2.5.1", "macos-arm64", "9 10 11 12"),
        ("default", "2.6.0", "macos-arm64", "9 10 11 12 13"),
        ("cu121", "2.2.2", "linux-aarch64", ""),
        ("cu121", "2.2.2", "macos-arm64", ""),
    ],
)
def test_the_pythons_a_build_is_published_for(
    variant: str, version: str, platform: str, expected: str
) -> None:
    assert pythons(variant, version, platform) == expected


@pytest.mark.parametrize(
    ("version", "platform", "cuda"),
    [
        ("1.11.0", "linux-x86_64", {"cu102", "cu113", "cu115"}),
        ("1.11.0", "windows-x86_64", {"cu113", "cu115"}),  # the page names cu102, no such wheel was ever seen
        ("2.1.0", "linux-x86_64", {"cu118", "cu121"}),
        ("2.2.2", "linux-x86_64", {"cu118", "cu121"}),
        ("2.6.0", "linux-x86_64", {"cu118", "cu124", "cu126"}),
        ("2.8.0", "linux-x86_64", {"cu126", "cu128", "cu129"}),
        ("2.8.0", "linux-aarch64", {"cu129"}),
        ("2.9.1", "linux-x86_64", {"cu126", "cu128", "cu130"}),
        ("2.11.0", "linux-x86_64", {"cu126", "cu128", "cu130"}),
        ("2.14.1", "linux-x86_64", {"cu126", "cu130", "cu132"}),
        ("2.15.0", "linux-x86_64", {"cu132"}),
        ("2.15.0", "windows-x86_64", {"cu132"}),
    ],
)
def test_the_cuda_variants_of_a_release(version: str, platform: str, cuda: set[str]) -> None:
    assert {name for name in variants(version, platform) if name.startswith("cu")} == cuda


@pytest.mark.parametrize(
    ("variant", "version"),
    [
        ("cu116", "1.13.1"),
        ("cu117", "2.0.1"),
        ("cu118", "2.7.1"),
        ("cu121", "2.5.1"),
        ("cu124", "2.6.0"),
        ("cu128", "2.11.0"),
        ("cu129", "2.8.0"),
        ("cu126", "2.14.1"),
        ("cu130", "2.14.1"),
        ("rocm5.7", "2.3.1"),
    ],
)
def test_where_a_variant_ends(variant: str, version: str) -> None:
    assert last(variant, "linux-x86_64") == version


def test_folders_that_are_no_variants_are_left_out() -> None:
    for index in CATALOG.indexes():
        if index.startswith(INDEXES):
            Variant(index.removeprefix(INDEXES))


def test_what_nobody_saw_or_named_is_only_inferred() -> None:
    wheels = CATALOG.wheels(INDEXES + "cu132", "torch")["2.15.0+cu132"]
    assert {wheel.evidence.method for wheel in wheels} == {"inferred"}
    assert "2.15.0+cu130" not in CATALOG.wheels(INDEXES + "cu130", "torch")


def test_what_was_seen_in_the_listing_is_measured() -> None:
    wheels = CATALOG.wheels(INDEXES + "cu121", "torch")["2.2.2+cu121"]
    assert {(wheel.evidence.method, wheel.evidence.seen) for wheel in wheels} == {("measured", "2025-07-09")}


def test_the_old_way_of_linking_glibc_is_told_from_the_new_one() -> None:
    [old, _] = CATALOG.wheels(INDEXES + "cu121", "torch")["2.2.2+cu121"]
    assert [tag.floor for tag in old.platforms] == [None]  # linux_x86_64 names no glibc
    new = CATALOG.wheels(INDEXES + "cu128", "torch")["2.7.1+cu128"]
    assert {str(tag.floor) for wheel in new for tag in wheel.platforms if tag.os == "linux"} == {"2.28"}


@pytest.mark.parametrize(
    ("version", "companions"),
    [
        (
            "1.13.1",
            {"torchvision": "0.14.1", "torchaudio": "0.13.1", "torchtext": "0.14.1", "torchdata": "0.5.1"},
        ),
        (
            "2.0.0",
            {"torchvision": "0.15.1", "torchaudio": "2.0.1", "torchtext": "0.15.1", "torchdata": "0.6.0"},
        ),
        ("2.2.2", {"torchvision": "0.17.2", "torchaudio": "2.2.2", "torchtext": "0.17.2"}),
        ("2.7.1", {"torchvision": "0.22.1", "torchaudio": "2.7.1", "torchcodec": "0.5.0"}),
        ("2.11.0", {"torchvision": "0.26.0", "torchaudio": "2.11.0", "torchcodec": "0.11.0"}),
        ("2.12.1", {"torchvision": "0.27.1", "torchcodec": "0.13.0"}),
        ("2.15.0", {"torchvision": "0.29.2"}),
    ],
)
def test_the_companions_of_a_release(version: str, companions: dict[str, str]) -> None:
    release = queries.release(TORCH, Version(version))
    assert release is not None
    assert {name: str(versions[0]) for name, versions in release.companions.items()} == companions


def test_torchaudio_ends_with_2_11_and_somebody_says_so() -> None:
    with_audio = [row.version for row in TORCH.releases if "torchaudio" in row.companions]
    assert max(with_audio) == Version("2.11.0")
    [advice] = [row for row in TORCH.advice if row.package == "torchaudio"]
    assert advice.speaks_of_version(Version("2.12.0"))
    assert not advice.speaks_of_version(Version("2.11.0"))


@pytest.mark.parametrize(
    ("version", "variant", "platform", "native", "ptx"),
    [
        ("2.2.2", "cu121", "linux-x86_64", "5.0 6.0 7.0 7.5 8.0 8.6 9.0", ""),
        ("2.2.2", "cu118", "linux-x86_64", "3.7 5.0 6.0 7.0 7.5 8.0 8.6 9.0", ""),
        ("2.2.2", "cu118", "windows-x86_64", "3.7 5.0 6.0 6.1 7.0 7.5 8.0 8.6 9.0", "3.7"),
        ("1.12.1", "cu116", "linux-x86_64", "3.7 5.0 6.0 7.0 7.5 8.0 8.6", ""),
        ("2.14.1", "cu126", "linux-x86_64", "5.0 6.0 7.0 7.5 8.0 8.6 9.0", ""),
        ("2.10.0", "cu128", "linux-x86_64", "7.0 7.5 8.0 8.6 9.0 10.0 12.0", ""),
        ("2.11.0", "cu128", "linux-x86_64", "7.5 8.0 8.6 9.0 10.0 12.0", ""),
        ("2.14.1", "cu130", "linux-x86_64", "7.5 8.0 8.6 9.0 10.0 12.0", "12.0"),
        ("2.14.1", "cu132", "windows-x86_64", "7.5 8.0 8.6 9.0 10.0 12.0", ""),
        ("2.9.1", "cu130", "linux-aarch64", "8.0 9.0 10.0 11.0 12.0", "12.0"),
        ("2.5.1", "cu124", "linux-aarch64", "9.0", ""),
    ],
)
def test_the_kernels_of_a_build(version: str, variant: str, platform: str, native: str, ptx: str) -> None:
    row = queries.kernels(TORCH, Version(version), Variant(variant), Platform.parse(platform))
    assert row is not None
    assert row.evidence.certain
    assert (" ".join(map(str, row.native)), " ".join(map(str, row.ptx))) == (native, ptx)


def test_the_kernels_of_every_cuda_build_are_known() -> None:
    unknown = []
    for platform in ("linux-x86_64", "linux-aarch64", "windows-x86_64"):
        for release in TORCH.releases:
            for name in variants(str(release.version), platform):
                variant = Variant(name)
                if variant.kind == "cuda" and not queries.kernels(
                    TORCH, release.version, variant, Platform.parse(platform)
                ):
                    unknown.append((str(release.version), name, platform))
    assert unknown == []


@pytest.mark.parametrize("version", ["2.6.0", "2.7.1", "2.8.0", "2.15.0"])
def test_kernels_that_were_carried_over_may_only_warn(version: str) -> None:
    built = [name for name in variants(version, "windows-x86_64") if name.startswith("cu")]
    assert built
    for name in built:
        row = queries.kernels(TORCH, Version(version), Variant(name), Platform.parse("windows-x86_64"))
        assert row is not None
        assert not row.evidence.certain


@pytest.mark.parametrize(
    ("rocm", "gfx", "there"),
    [
        ("rocm6.0", "gfx942", True),
        ("rocm6.0", "gfx1101", False),
        ("rocm7.2", "gfx1151", True),
        ("rocm6.3", "gfx1201", True),
        ("rocm6.2", "gfx1201", False),
        ("rocm6.4", "gfx950", False),
    ],
)
def test_the_amd_gpus_of_a_rocm_release(rocm: str, gfx: str, there: bool) -> None:
    row = queries.kernels(TORCH, Version("2.4.1"), Variant(rocm), Platform.parse("linux-x86_64"))
    assert row is not None
    assert (gfx in row.gfx) is there


def pins(version: str, variant: str, platform: str = "linux-x86_64") -> dict[str, tuple[str, bool]]:
    """What a build asks for, by name: the specifier, and whether that is certain."""
    return {
        need.name: (str(need.specifier), row.evidence.certain)
        for row in TORCH.requires
        if row.speaks_of(Version(version), Variant(variant), Platform.parse(platform))
        for need in row.requirements
    }


def test_the_cudnn_that_a_build_pins() -> None:
    assert pins("2.5.1", "cu124")["nvidia-cudnn-cu12"] == ("==9.1.0.70", True)
    assert pins("2.5.1", "cu121")["nvidia-cudnn-cu12"] == ("==9.1.0.70", False)
    assert pins("2.5.1", "cu118")["nvidia-cudnn-cu11"] == ("==9.1.0.70", False)
    assert pins("2.8.0", "cu128")["nvidia-cudnn-cu12"] == ("==9.10.2.21", True)
    assert pins("2.15.0", "cu132")["nvidia-cudnn-cu13"] == ("==9.26.0.51", True)
    assert pins("2.14.1", "cu130", "linux-aarch64")["nvidia-cudnn-cu13"] == ("==9.24.0.43", True)


@pytest.mark.parametrize("version", [str(row.version) for row in TORCH.releases])
def test_no_build_pins_one_package_twice(version: str) -> None:
    for name in variants(version, "linux-x86_64"):
        needs = [
            need.name
            for row in TORCH.requires
            if row.speaks_of(Version(version), Variant(name), Platform.parse("linux-x86_64"))
            for need in row.requirements
        ]
        assert len(needs) == len(set(needs)), (name, needs)


def test_builds_that_bundle_cuda_pin_none_of_its_packages() -> None:
    assert not any(name.startswith("nvidia-") for name in pins("2.1.2", "cu121"))
    assert pins("2.2.2", "cu121", "windows-x86_64") == {}
    assert pins("2.2.2", "cpu") == {}


def test_the_pitfalls_of_numpy_2() -> None:
    found = {row.id: row for row in TORCH.pitfalls}
    general, windows = found["torch-numpy-2"], found["torch-windows-numpy-2"]
    assert general.when.specifier.contains("2.2.2")
    assert not general.when.specifier.contains("2.3.0")
    assert general.platforms == ()
    assert windows.when.specifier.contains("2.4.0")
    assert not windows.when.specifier.contains("2.4.1")
    assert [str(platform) for platform in windows.platforms] == ["windows-x86_64"]
    assert {str(row.constrain) for row in found.values()} == {"numpy<2"}


def test_packages_that_only_share_the_index_are_bound_but_not_versioned() -> None:
    for name in ("torchao", "triton", "torchrec", "pytorch-triton-rocm"):
        assert CATALOG.bound[name] == "torch"
        assert name not in CATALOG.bindings
    assert "xformers" not in CATALOG.bound  # a framework of its own
