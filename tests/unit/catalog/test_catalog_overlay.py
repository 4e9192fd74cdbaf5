"""What users add in catalog.d: a new CUDA without waiting for a release, and every mistake named."""

from pathlib import Path

import pytest
from packaging.version import Version

from envplan.catalog import queries
from envplan.catalog.load import DATA, known_gpu, load
from envplan.problems import EnvplanError, Problem
from envplan.values.platforms import Platform
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Cuda, Dotted

LINUX = Platform.parse("linux-x86_64")
CU140 = "https://download.pytorch.org/whl/cu140"
EVIDENCE = 'source = "our own trial"\nseen = "2027-05-02"\nmethod = "measured"\n'

NEW_CUDA = f"""
[[toolkit]]
cuda = "14.0"
linux = "620.10"
{EVIDENCE}
[[floor]]
cuda = "14"
linux = "620"
windows = "620"
{EVIDENCE}
[[architecture]]
name = "Rubin"
computes = ["13.0"]
first = "14.0"
{EVIDENCE}
[[gpu]]
vendor = "nvidia"
names = ["R200"]
compute = "13.0"
{EVIDENCE}
[[published]]
index = "https://download.pytorch.org/whl/{{variant}}"
project = "torch"
versions = ["2.17.0+cu140"]
tags = ["manylinux_2_34_x86_64"]
pythons = ["313", "314"]
{EVIDENCE}
[[release]]
framework = "torch"
version = "2.17.0"
companions = {{ torchvision = ["0.32.0"] }}
{EVIDENCE}
[[kernels]]
framework = "torch"
versions = ["2.17"]
variants = ["cu140"]
native = ["9.0", "13.0"]
{EVIDENCE}
"""


def written(folder: Path, text: str, name: str = "ours.toml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def problems_of(overlay: Path) -> tuple[Problem, ...]:
    with pytest.raises(EnvplanError) as refused:
        load(["torch"], overlay)
    return refused.value.problems


def test_a_new_cuda_is_added_without_touching_what_is_shipped(tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in DATA.rglob("*") if path.is_file()}
    catalog = load(["torch"], written(tmp_path / "catalog.d", NEW_CUDA))
    torch, version, cu140 = catalog.frameworks["torch"], Version("2.17.0"), Variant("cu140")

    [wheel] = catalog.wheels(CU140, "torch")["2.17.0+cu140"]
    assert [str(python) for python in wheel.pythons] == ["3.13", "3.14"]
    floor = queries.floor(catalog, Cuda(14, 0), "linux")
    assert floor is not None
    assert floor.driver == Dotted("620")
    assert queries.native_driver(catalog, Cuda(14, 0), "linux") == Dotted("620.10")
    row = queries.kernels(torch, version, cu140, LINUX)
    assert row is not None
    assert Compute(13, 0) in row.native
    release = queries.release(torch, version)
    assert release is not None
    assert release.companions == {"torchvision": (Version("0.32.0"),)}
    assert repr(torch.ways) == repr(load(["torch"]).frameworks["torch"].ways)
    assert {path: path.read_bytes() for path in DATA.rglob("*") if path.is_file()} == before


def test_without_the_overlay_the_new_cuda_is_unknown_again(tmp_path: Path) -> None:
    load(["torch"], written(tmp_path / "catalog.d", NEW_CUDA))
    catalog = load(["torch"])
    assert CU140 not in catalog.indexes()
    assert queries.floor(catalog, Cuda(14, 0), "linux") is None
    assert known_gpu("NVIDIA R200") is None


def test_a_gpu_of_the_overlay_is_known_by_name(tmp_path: Path) -> None:
    overlay = written(tmp_path / "catalog.d", NEW_CUDA)
    found = known_gpu("NVIDIA R200 SXM7", overlay)
    assert found is not None
    assert found.compute == Compute(13, 0)


def test_a_row_of_the_overlay_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    overlay = written(
        tmp_path / "catalog.d",
        f'[[floor]]\ncuda = "12"\nlinux = "527.41"\nwindows = "529"\n{EVIDENCE}\n'
        '[[kernels]]\nframework = "torch"\nversions = ["2.2"]\nvariants = ["cu121"]\nnative = ["8.6"]\n'
        f"{EVIDENCE}\n"
        f'[[pitfall]]\nframework = "torch"\nid = "torch-numpy-2"\nwhen = "torch<2.2"\nconstrain = "numpy<2"\n'
        f'why = "measured here"\n{EVIDENCE}',
    )
    catalog = load(["torch"], overlay)
    floor = queries.floor(catalog, Cuda(12, 1), "linux")
    assert floor is not None
    assert floor.driver == Dotted("527.41")
    row = queries.kernels(catalog.frameworks["torch"], Version("2.2.2"), Variant("cu121"), LINUX)
    assert row is not None
    assert row.native == (Compute(8, 6),)
    assert [one.why for one in catalog.frameworks["torch"].pitfalls if one.id == "torch-numpy-2"] == [
        "measured here"
    ]


def test_a_new_framework_may_come_in_one_file(tmp_path: Path) -> None:
    overlay = written(
        tmp_path / "catalog.d",
        '[framework]\nname = "ours"\npackages = ["Our_Kernels"]\nfollows = "torch"\n'
        f'[[way]]\nvariants = ["cu126"]\nindex = "https://wheels.example/simple"\n{EVIDENCE}\n'
        '[[published]]\nindex = "https://wheels.example/simple"\nproject = "ours"\nversions = ["1.0"]\n'
        f'tags = ["linux_x86_64"]\npythons = ["39+"]\n{EVIDENCE}',
    )
    catalog = load(["our.kernels"], overlay)
    assert catalog.frameworks.keys() == {"ours", "torch"}
    assert catalog.frameworks["ours"].lead == "our-kernels"
    assert list(catalog.wheels("https://wheels.example/simple", "ours")) == ["1.0"]


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    row = '[[toolkit]]\ncuda = "14.0"\nlinux = "{}"\n' + EVIDENCE
    folder = written(tmp_path / "catalog.d", row.format("630"), "20-second.toml")
    written(folder, row.format("620"), "10-first.toml")
    assert load([], folder).toolkits[-1].linux == Dotted("630")


def test_a_folder_that_is_not_there_adds_nothing(tmp_path: Path) -> None:
    assert repr(load(["torch"], tmp_path / "catalog.d")) == repr(load(["torch"]))


PUBLISHED = '[[published]]\nproject = "torch"\nversions = ["3.0"]\n'
BAD = {
    "[[toolkit]]\ncuda = 12\n" + EVIDENCE: "toolkit[0].cuda",
    '[[toolkit]]\ncuda = "twelve"\nlinux = "5"\n' + EVIDENCE: "toolkit[0].cuda",
    '[[toolkit]]\ncuda = "14.0"\n' + EVIDENCE: "toolkit[0].linux",
    '[[toolkit]]\ncuda = "14.0"\nlinux = "620"\nsource = "x"\nseen = "2027-02-30"\nmethod = "measured"': (
        "toolkit[0].seen"
    ),
    '[[toolkit]]\ncuda = "14.0"\nlinux = "620"\nsource = "x"\nseen = "2027-02-03"\nmethod = "guessed"': (
        "toolkit[0].method"
    ),
    '[[toolkit]]\ncuda = "14.0"\nlinux = "620"': "toolkit[0].source",
    '[[toolkti]]\ncuda = "14.0"': "toolkti",
    "toolkit = 3": "toolkit",
    "toolkit = [3]": "toolkit[0]",
    '[[floor]]\ncuda = "fourteen"\nlinux = "1"\nwindows = "1"\n' + EVIDENCE: "floor[0].cuda",
    '[[architecture]]\nname = "x"\ncomputes = ["sm9"]\nfirst = "12.0"\n'
    + EVIDENCE: "architecture[0].computes",
    '[[gpu]]\nvendor = "3dfx"\nnames = ["Voodoo"]\n' + EVIDENCE: "gpu[0].vendor",
    '[[kernels]]\nvariants = ["cu121"]\nnative = ["9.0"]\n' + EVIDENCE: "kernels[0].framework",
    '[[kernels]]\nframework = "torch"\nvariants = ["cuda121"]\nnative = ["9.0"]\n' + EVIDENCE: (
        "kernels[0].variants"
    ),
    '[[kernels]]\nframework = "torch"\nplatforms = ["linux"]\nnative = ["9.0"]\n' + EVIDENCE: (
        "kernels[0].platforms"
    ),
    '[[kernels]]\nframework = "torch"\nversions = ["two"]\nnative = ["9.0"]\n'
    + EVIDENCE: "kernels[0].versions",
    '[[kernels]]\nframework = "torch"\n' + EVIDENCE: "kernels[0]",
    '[[release]]\nframework = "torch"\nversion = "2..1"\n' + EVIDENCE: "release[0].version",
    '[[release]]\nframework = "torch"\nversion = "3.0"\ncompanions = { torchvision = ["x"] }\n' + EVIDENCE: (
        "release[0].companions.torchvision"
    ),
    '[[way]]\nframework = "torch"\nvariants = ["cpu"]\nindex = "ftp://x.example/y"\n'
    + EVIDENCE: "way[0].index",
    '[[way]]\nframework = "torch"\nvariants = ["cpu"]\nindex = "https://me:pw@x.example/y"\n' + EVIDENCE: (
        "way[0].index"
    ),
    '[[requires]]\nframework = "torch"\nrequirements = ["numpy @ https://x.example/y.whl"]\n' + EVIDENCE: (
        "requires[0].requirements"
    ),
    '[[way]]\nframework = "torch"\nvariants = ["cu*"]\nindex = "https://x.example/y"\n'
    + EVIDENCE: "way[0].variants",
    '[[way]]\nframework = "torch"\nindex = "https://x.example/y"\n' + EVIDENCE: "way[0].variants",
    '[[requires]]\nframework = "torch"\nrequirements = ["-r/etc/passwd"]\n' + EVIDENCE: (
        "requires[0].requirements"
    ),
    '[[clash]]\nframework = "torch"\nid = "x"\nbetween = ["a"]\nwhy = "y"\n' + EVIDENCE: "clash[0].between",
    PUBLISHED + 'index = "default"\ntags = ["riscv"]\npythons = ["311"]\n' + EVIDENCE: "published[0].tags",
    PUBLISHED + 'index = "default"\ntags = ["any"]\npythons = ["cp311"]\n' + EVIDENCE: "published[0].pythons",
    PUBLISHED
    + 'index = "https://x.example/{variant}"\ntags = ["any"]\npythons = ["311"]\n'
    + EVIDENCE: "published[0].versions",
    '[[family]]\nframework = "../../etc"\nnames = ["x"]\n' + EVIDENCE: "family[0].framework",
    '[framework]\nname = "x"\n': "framework.packages",
    '[framework]\nname = "../x"\npackages = ["x"]': "framework.name",
}


@pytest.mark.parametrize(("text", "place"), BAD.items())
def test_a_mistake_is_named_with_its_file_and_place(text: str, place: str, tmp_path: Path) -> None:
    problems = problems_of(written(tmp_path / "catalog.d", text))
    assert {problem.code for problem in problems} == {"EP103"}
    origins = [line.origin for problem in problems for line in problem.found]
    assert any(origin.startswith(f"{tmp_path / 'catalog.d' / 'ours.toml'}: {place}") for origin in origins), (
        origins
    )


def test_the_mistakes_of_all_files_come_together(tmp_path: Path) -> None:
    folder = written(tmp_path / "catalog.d", "toolkit = 3\nfloor = 4", "a.toml")
    written(folder, "not toml", "b.toml")
    (folder / "c.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "d.toml").mkdir()
    problems = problems_of(folder)
    files = [line.origin.split(":")[0] for problem in problems for line in problem.found]
    assert [Path(file).name for file in files] == ["a.toml", "a.toml", "b.toml", "c.toml", "d.toml"]
    assert all(problem.exit == 2 for problem in problems)


def test_a_misspelt_key_gets_the_right_one_to_try(tmp_path: Path) -> None:
    [problem] = problems_of(
        written(
            tmp_path / "catalog.d", f'[[toolkit]]\ncuda = "14.0"\nlinux = "620"\nwindow = "1"\n{EVIDENCE}'
        )
    )
    assert problem.cures == ("rename it to windows",)


def test_a_misspelt_framework_gets_the_right_one_to_try(tmp_path: Path) -> None:
    [problem] = problems_of(
        written(
            tmp_path / "catalog.d",
            f'[[kernels]]\nframework = "trch"\nvariants = ["cu121"]\nnative = ["9.0"]\n{EVIDENCE}',
        )
    )
    assert problem.code == "EP103"
    assert problem.cures == ('framework = "torch"',)
