"""Which variants a lock is made for, and what it asks of machines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from envplan.catalog.load import load
from envplan.machine.model import Machine
from envplan.machine.profile import decode as decode_profile
from envplan.planner.targets import Targets, targets
from envplan.planner.wishes import everything
from envplan.spec.decode import decode
from envplan.values.platforms import Platform
from envplan.values.versions import Python
from envplan.verbs.plan import profile


def targets_of(
    packages: str,
    platforms: Sequence[str],
    profiles: Sequence[Machine] = (),
    env: str = "",
    python: str = 'python = "3.11"',
) -> Targets:
    spec = decode(f"[env]\n{python}\n{env}\n[packages]\n{packages}".encode())
    catalog = load([one.name for one in everything(spec)])
    names = [Platform.parse(name) for name in platforms]
    return targets(spec, names, profiles, ("cuda",), catalog, Python(3, 11))


def names(found: Targets) -> list[str]:
    return [f"{one.variant} {one.platform}" for one in found.served]


def test_without_profiles_every_variant_published_is_locked_and_the_cpu_under_auto() -> None:
    found = targets_of('torch = "2.2"', ["linux-x86_64", "windows-x86_64", "macos-arm64"])
    assert names(found) == [
        "cu121 linux-x86_64",
        "cu118 linux-x86_64",
        "cpu linux-x86_64",
        "cu121 windows-x86_64",
        "cu118 windows-x86_64",
        "cpu windows-x86_64",
        "cpu macos-arm64",
    ]
    assert str(found.default) == "cpu"


def test_a_gpu_is_not_answered_with_the_cpu() -> None:
    found = targets_of('torch = "2.2"', ["linux-x86_64"], env='accelerator = "gpu"')
    assert names(found) == ["cu121 linux-x86_64", "cu118 linux-x86_64"]
    assert str(found.default) == "cu118"


def test_an_exact_variant_is_the_only_one() -> None:
    assert names(targets_of('torch = "2.2"', ["linux-x86_64"], env='accelerator = "cu121"')) == [
        "cu121 linux-x86_64"
    ]


def test_profiles_get_the_fewest_variants_that_serve_them_all() -> None:
    machines = [profile("workstation-rtx3090"), profile("datacenter-a100-470")]
    found = targets_of('torch = "2.2"', ["linux-x86_64"], machines)
    assert names(found) == ["cu118 linux-x86_64"]
    assert found.served[0].why == "serves datacenter-a100-470, workstation-rtx3090"


def test_a_profile_that_cannot_be_served_refuses_the_lock_by_name() -> None:
    found = targets_of('torch = "2.2"', [], [profile("workstation-rtx5090")], env='accelerator = "gpu"')
    assert not found.served
    assert [problem.code for problem in found.problems] == ["EP203"]


def test_what_a_machine_must_offer_is_in_the_target() -> None:
    cu121 = targets_of('torch = "2.2"', ["linux-x86_64"]).served[0]
    assert str(cu121.driver) == "525.60.13"
    assert str(cu121.native_driver) == "530.30.02"
    assert [str(one) for one in cu121.code.native] == ["5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"]
    assert str(cu121.libc) == "glibc 2.28"


def test_the_oldest_profile_says_how_old_a_system_may_be() -> None:
    found = targets_of('torch = "2.2"', [], [profile("server-centos7-a100"), profile("workstation-rtx3090")])
    assert {str(one.libc) for one in found.served} == {"glibc 2.17"}


def test_machines_with_unlike_pythons_share_a_variant_with_all_of_them() -> None:
    (found,) = targets_of('pandas = "*"', [], [with_python("3.10"), with_python("3.12")], python="").served
    assert [str(one) for one in found.pythons] == ["3.10", "3.12"]


def test_machines_that_may_differ_in_versions_have_a_variant_each() -> None:
    machines = [profile("workstation-rtx3090"), profile("server-centos7-a100")]
    options = "[options]\nsame-versions = false"
    found = targets_of(f'torch = "*"\n{options}', [], machines).served
    versions = {one.why: [pin.version for pin in one.pins if pin.name == "torch"] for one in found}
    assert len(versions) == len({one.variant for one in found}) == 2
    assert [str(one.libc) for one in found if "centos7" in one.why] == ["glibc 2.17"]
    assert [str(one.libc) for one in found if "rtx3090" in one.why] == ["glibc 2.35"]


def test_where_each_would_take_the_one_variant_that_is_named_they_share_a_version() -> None:
    machines = [profile("workstation-rtx3090"), profile("server-centos7-a100")]
    options = "[options]\nsame-versions = false"
    (found,) = targets_of(f'torch = "*"\n{options}', [], machines, env='accelerator = "cu121"').served
    assert found.why == "serves server-centos7-a100, workstation-rtx3090"
    assert str(found.libc) == "glibc 2.17"


@pytest.mark.parametrize("options", ["", "[options]\nsame-versions = false"])
def test_where_nothing_but_a_lock_each_helps_that_is_offered(options: str) -> None:
    machines = [with_python("3.7"), with_python("3.14")]
    env = 'accelerator = "cpu"'
    found = targets_of(f'torch = "*"\n{options}', [], machines, env=env, python="")
    assert [(one.code, one.cures[0][:9]) for one in found.problems] == [("EP212", "leave out")]


def test_a_gpu_for_what_may_only_be_found_deeper_is_solved_for() -> None:
    machines = [profile("workstation-rtx3090")]
    assert targets_of('pandas = "*"', [], machines, env='accelerator = "gpu"').served


def with_python(version: str) -> Machine:
    text = (
        f'schema = 1\nname = "x"\nos = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = "{version}"\n'
    )
    return decode_profile(text.encode(), "x.toml")


def test_which_patch_release_of_musl_a_profile_has_does_not_matter() -> None:
    text = b'schema = 1\nname = "x"\nos = "linux"\narch = "x86_64"\nlibc = "musl 1.2.5"\n'
    (found,) = targets_of('pandas = "*"', [], [decode_profile(text, "x.toml")]).served
    assert str(found.libc) == "musl 1.2"


def test_glibc_and_musl_on_one_platform_take_a_lock_each() -> None:
    found = targets_of('pandas = "*"', [], [profile("ci-alpine"), profile("ci-linux")])
    assert not found.served
    assert [(problem.code, problem.cures[0][:19]) for problem in found.problems] == [
        ("EP215", "leave out ci-alpine")
    ]
    assert targets_of('pandas = "*"', [], [profile("ci-alpine"), profile("ci-linux-arm")]).served


@pytest.mark.parametrize("packages", ['pandas = "*"', ""])
def test_without_frameworks_there_is_one_variant(packages: str) -> None:
    assert names(targets_of(packages, ["linux-x86_64"])) == ["cpu linux-x86_64"]


def test_companions_and_bounds_come_with_each_target() -> None:
    found = targets_of('torch = "2.2"\ntorchvision = "*"\nnumpy = "*"', ["linux-x86_64"])
    assert found.served
    for one in found.served:
        pins = {pin.name: pin.version for pin in one.pins}
        assert pins["torch"] == f"2.2.2+{one.variant}"
        assert pins["torchvision"] == f"0.17.2+{one.variant}"
        assert pins["numpy"] == "<2"
