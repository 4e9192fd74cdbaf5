"""What an envplan.toml may say, and how each mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from envplan.problems import EnvplanError, Problem
from envplan.spec.decode import decode
from envplan.spec.model import AnyGpu, Auto, CpuOnly, FromGit, FromPath, Spec
from envplan.values.platforms import Platform
from envplan.values.versions import Python

WHOLE = """
[env]
name = "train"
python = "3.11"
accelerator = "gpu"

[packages]
torch = "2.2"
torchvision = "*"
transformers = { version = ">=4.40", extras = ["sentencepiece"] }
tensorflow = { version = "2.16", accelerator = "cpu" }
mytool = { path = ".", editable = true }
research = { git = "https://git.example/team/research", rev = "v1.4" }

[groups.dev]
pytest = "*"

[targets]
platforms = ["linux-x86_64", "windows-x86_64", "macos-arm64"]
profiles = ["profiles/lab-v100.toml"]

[indexes]
corp = { url = "https://pypi.corp.example/simple/", packages = ["corp-*"] }

[options]
same-versions = false
exclude-newer = "2026-11-01"
allow-sdist = ["antlr4_python3_runtime"]
startup-code = []
ignore-pitfalls = ["torch-numpy-2"]
"""


def read(text: str) -> Spec:
    return decode(text.encode())


def refused(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(EnvplanError) as caught:
        decode(text.encode() if isinstance(text, str) else text)
    return caught.value.problems


def places(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.found[0].origin.removeprefix("envplan.toml: ") for problem in problems]


def test_every_part_of_a_spec_is_read() -> None:
    spec = read(WHOLE)
    assert (spec.name, spec.pythons, spec.accelerator) == ("train", (Python(3, 11),), AnyGpu())
    assert spec.accelerator_origin == "envplan.toml: env.accelerator"
    assert [str(one) for one in spec.packages] == [
        "torch 2.2",
        "torchvision *",
        "transformers[sentencepiece] >=4.40",
        "tensorflow 2.16",
        "mytool *",
        "research *",
    ]
    assert [str(one.specifier) for one in spec.packages[:3]] == ["==2.2.*", "", ">=4.40"]
    assert spec.packages[0].origin == "envplan.toml: packages.torch"
    assert spec.packages[3].accelerator == CpuOnly()
    assert spec.packages[4].location == FromPath(".", editable=True)
    assert spec.packages[5].location == FromGit("https://git.example/team/research", "v1.4")
    assert [(name, [one.name for one in wanted]) for name, wanted in spec.groups] == [("dev", ["pytest"])]
    assert spec.platforms == tuple(map(Platform.parse, ("linux-x86_64", "windows-x86_64", "macos-arm64")))
    assert spec.profiles == ("profiles/lab-v100.toml",)
    assert spec.indexes[0].url == "https://pypi.corp.example/simple"
    assert not spec.options.same_versions
    assert spec.options.exclude_newer == "2026-11-01"
    assert spec.options.allow_sdist == ("antlr4-python3-runtime",)
    assert spec.options.startup_code == ()
    assert spec.options.ignore_pitfalls == ("torch-numpy-2",)


def test_what_is_left_out_has_its_default() -> None:
    spec = read("[packages]\n")
    assert (spec.name, spec.pythons, spec.accelerator, spec.packages) == ("default", (), Auto(), ())
    assert spec.options.same_versions
    assert spec.options.startup_code is None


def test_the_same_spec_is_read_from_windows_editors() -> None:
    assert decode(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()) == read(WHOLE)


def test_a_date_needs_no_quotes() -> None:
    assert read("packages = {}\noptions.exclude-newer = 2026-11-01").options.exclude_newer == "2026-11-01"


BAD = [
    # text, place, a cure
    ("packages.torch = 2.2", "packages.torch", 'torch = "2.2"'),
    ('packages.torch = ""', "packages.torch", 'torch = "*"'),
    ('packages.torch = "^2.2"', "packages.torch", 'torch = ">=2.2,<3"'),
    ('packages.torch = "^0.2.3"', "packages.torch", 'torch = ">=0.2.3,<0.3"'),
    ('packages.torch = "~2.2"', "packages.torch", 'torch = ">=2.2,<2.3"'),
    ('packages.torch = "2.x"', "packages.torch", 'torch = "2"'),
    ('packages.torch = "v2.2"', "packages.torch", 'torch = "2.2"'),
    ('packages.torch = "=2.2"', "packages.torch", 'torch = "==2.2"'),
    ('packages.torch = "=>2.2"', "packages.torch", 'torch = ">=2.2"'),
    ('packages.torch = ">=2.2 <3"', "packages.torch", 'torch = ">=2.2,<3"'),
    ('packages.torch = ">=2,"', "packages.torch", 'torch = ">=2"'),
    ('packages.torch = ">=2.*"', "packages.torch", 'torch = ">=2"'),
    ('packages.torch = "2.5+"', "packages.torch", 'torch = ">=2.5"'),
    ('packages.torch = "latest"', "packages.torch", 'torch = "*"'),
    ('packages.torch = "===2.2"', "packages.torch", 'torch = "==2.2"'),
    ('packages.torch = "===../x"', "packages.torch", None),
    ('packages.torch = ","', "packages.torch", None),
    ("packages.torch = \"2.2; os_name == 'nt'\"", "packages.torch", 'torch = "2.2"'),
    ('packages.torch = "https://host.example/torch.whl"', "packages.torch", None),
    ('packages.torch = "1.0\\n2"', "packages.torch", None),
    ('packages.torch = "2.2\\u200b"', "packages.torch", None),
    (f'packages.torch = "{"9" * 5000}"', "packages.torch", None),
    ("packages.torch = true", "packages.torch", None),
    ("packages.torch = ['2.2']", "packages.torch", None),
    ("packages.torch = 2026-01-01", "packages.torch", None),
    ("packages.torch.version = 2.2", "packages.torch.version", 'version = "2.2"'),
    ("packages.torch.versoin = '2'", "packages.torch.versoin", None),
    ("packages.torch = { version = '2', extra = ['a'] }", "packages.torch.extra", "rename it to extras"),
    ("packages.torch = { extras = ['a b'] }", "packages.torch.extras[0]", None),
    ("packages.torch = { extras = ['a', 'A'] }", "packages.torch.extras[1]", None),
    ("packages.torch = { extras = 'a' }", "packages.torch.extras", None),
    ("packages.torch = { version = '2', markers = 'x' }", "packages.torch.markers", "remove it"),
    ("packages.ruamel.yaml = '*'", "packages.ruamel.yaml", '"ruamel.yaml" = "*"'),
    ("packages.x = { path = '/abs' }", "packages.x.path", None),
    ("packages.x = { path = 'C:/abs' }", "packages.x.path", None),
    ("packages.x = { path = '~/x' }", "packages.x.path", None),
    ("packages.x = { path = 'a\\b' }", "packages.x.path", 'path = "a/b"'),
    ("packages.x = { path = '.', version = '1' }", "packages.x.version", None),
    ("packages.x = { path = '.', git = 'https://git.example/x' }", "packages.x.git", None),
    ("packages.x = { editable = true }", "packages.x.editable", None),
    ("packages.x = { version = '1', rev = 'main' }", "packages.x.rev", None),
    ("packages.x = { git = 'https://git.example/x', rev = '--upload-pack=x' }", "packages.x.rev", None),
    ("packages.x = { git = 'https://git.example/x', branch = 'x' }", "packages.x.branch", "rename it to rev"),
    ("packages.x = { git = 'ext::sh -c id' }", "packages.x.git", None),
    ("packages.x = { git = 'file:///etc' }", "packages.x.git", None),
    ("packages.x = { git = 'git@git.example:a/b' }", "packages.x.git", 'git = "ssh://git@git.example/a/b"'),
    ("packages.x = { git = 'ssh://-oProxyCommand=id/x' }", "packages.x.git", None),
    ('packages."-r/etc/passwd" = "*"', 'packages."-r/etc/passwd"', None),
    ('packages."torch\\nnumpy" = "*"', 'packages."torch\\\\nnumpy"', None),
    ('packages."t\\u043erch" = "*"', 'packages."t\u043erch"', None),
    ('packages."" = "*"', 'packages.""', None),
    ('packages."torch>=2" = "*"', 'packages."torch>=2"', 'torch = ">=2"'),
    (
        'packages."jax[cuda12]" = "*"',
        'packages."jax[cuda12]"',
        'jax = { version = "*", extras = ["cuda12"] }',
    ),
    ("packages.Torch_Vision = '*'\npackages.torch-vision = '*'", "packages.torch-vision", None),
    ("packages = []", "packages", None),
    ("packages = {}\nenv = 5", "env", None),
    ("packages = {}\nenv.python = 3.11", "env.python", 'python = "3.11"'),
    ("packages = {}\nenv.python = 3.10", "env.python", 'python = "3.10"'),
    ("packages = {}\nenv.python = '3.11.4'", "env.python", 'python = "3.11"'),
    ("packages = {}\nenv.python = '>=3.10'", "env.python", 'python = "3.10"'),
    ("packages = {}\nenv.python = '3'", "env.python", None),
    ("packages = {}\nenv.python = []", "env.python", 'python = "3.11"'),
    ("packages = {}\nenv.python = ['3.11', '3.11']", "env.python[1]", None),
    ("packages = {}\nenv.python = ['3.11', 3]", "env.python[1]", None),
    ("packages = {}\nenv.python = {}", "env.python", None),
    ("packages = {}\nenv.name = 'a/b'", "env.name", 'name = "a-b"'),
    ("packages = {}\nenv.name = '..'", "env.name", None),
    ("packages = {}\nenv.name = 'NUL'", "env.name", 'name = "NUL-env"'),
    ("packages = {}\nenv.accelerator = 'cuda12.1'", "env.accelerator", 'accelerator = "cuda==12.1"'),
    ("packages = {}\nenv.acelerator = 'gpu'", "env.acelerator", "rename it to accelerator"),
    ("packages = {}\ngroups.dev = ['pytest']", "groups.dev", "[groups.dev]"),
    ("packages = {}\ngroups.cu121 = {}", "groups.cu121", None),
    ("packages = {}\ngroups.'rocm6.2' = {}", 'groups."rocm6.2"', None),
    ("packages = {}\ngroups.dev = {}\ngroups.Dev = {}", "groups.Dev", None),
    ("packages = {}\ntargets.platforms = ['linux']", "targets.platforms[0]", '"linux-x86_64"'),
    ("packages = {}\ntargets.platforms = 'linux-x86_64'", "targets.platforms", None),
    ("packages = {}\ntargets.profiles = ['../x.toml']", "targets.profiles[0]", None),
    ("packages = {}\ntargets.profiles = ['a/../../x.toml']", "targets.profiles[0]", None),
    ("packages = {}\ntargets.profiles = ['/etc/passwd']", "targets.profiles[0]", None),
    ("packages = {}\nindexes.corp = 'https://x.example'", "indexes.corp", None),
    ("packages = {}\nindexes.c = { packages = ['a'] }", "indexes.c.url", None),
    ("packages = {}\nindexes.c = { url = 'https://x.example' }", "indexes.c.packages", None),
    ("packages = {}\nindexes.c = { url = 'ftp://x.example', packages = ['a'] }", "indexes.c.url", None),
    (
        "packages = {}\nindexes.c = { url = 'http://x.example', packages = ['a'] }",
        "indexes.c.url",
        'url = "https://x.example"',
    ),
    ("packages = {}\noptions.exclude-newer = '7d'", "options.exclude-newer", 'exclude-newer = "7 days"'),
    ("packages = {}\noptions.exclude-newer = '2026-13-01'", "options.exclude-newer", None),
    ("packages = {}\noptions.same-versions = 'no'", "options.same-versions", None),
    ("packages = {}\noptions.allow-sdist = ['a b']", "options.allow-sdist[0]", None),
    ("packages = {}\ndependencies.torch = '2'", "dependencies", "rename it to [packages]"),
    ("packages = {}\ntool.envplan.packages.torch = '2'", "tool", None),
    ("packages = {}\nenvv = {}", "envv", "rename it to env"),
    ("env.name = 'x'", "packages", "envplan add torch"),
    ("", "packages", "envplan add torch"),
    ("packages.torch = 0x" + "f" * 6000, "packages.torch", None),
]


@pytest.mark.parametrize(("text", "place", "cure"), BAD, ids=[text[:60] for text, _, _ in BAD])
def test_a_mistake_is_named_at_its_place(text: str, place: str, cure: str | None) -> None:
    problems = refused(text)
    assert places(problems) == [place]
    assert all(problem.code == "EP101" and problem.exit == 2 for problem in problems)
    if cure is not None:
        assert cure in problems[0].cures


@pytest.mark.parametrize(("text", "place", "cure"), [row for row in BAD if row[2] and " = " in row[2]])
def test_what_a_cure_says_to_type_is_right(text: str, place: str, cure: str) -> None:
    table = "packages" if '"' in place + cure[0] else place.rpartition(".")[0]
    rest = "packages = ['a']" if table.startswith("indexes") else ""
    assert read(f"[{table}]\n{cure}\n{rest}\n[packages.some]")


def test_all_problems_are_said_at_once_and_none_hides_another() -> None:
    problems = refused(
        "[env]\nname = '/'\npython = 'x'\n[packages]\ntorch = '^2'\n'a b' = 5\n"
        "numpy = { path = '/x', rev = 1 }\n[groups]\ndev = 1\n[targets]\nplatforms = [1, 'dos']\n"
        "[indexes]\nx = 1\n[options]\nsame-versions = 1\n"
    )
    assert sorted(places(problems)) == sorted(
        [
            "env.name",
            "env.python",
            "packages.torch",
            'packages."a b"',
            'packages."a b"',
            "packages.numpy.path",
            "packages.numpy.rev",
            "packages.numpy.rev",
            "groups.dev",
            "targets.platforms[0]",
            "targets.platforms[1]",
            "indexes.x",
            "options.same-versions",
        ]
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[packages", "not valid TOML"),
        (b"packages = 1\npackages = 2", "not valid TOML"),
        (b"x = " + b"1" * 5000, "not valid TOML"),
        ("[packages]".encode("utf-16"), "UTF-16"),
        (b"[packages]\0", "NUL"),
        (b"\xff", "not UTF-8"),
        (b"#" * 1_000_000, "too large"),
        (b"x = " + b"[" * 100_000, "nested too deeply"),
        (b"a." * 200_000 + b"a = 1", "nested too deeply"),
        (b'"".' * 100_000 + b"a = 1", "nested too deeply"),
    ],
)
def test_a_file_that_is_no_spec_at_all_is_said_to_be_none(data: bytes, words: str) -> None:
    (problem,) = refused(data)
    assert words in problem.title


SECRETS = [
    "packages.x = { git = 'https://me:hunter2@git.example/x' }",
    "packages.x = { git = 'git+https://me:hunter2@git.example/x' }",
    "packages.x = { git = 'ssh://me:hunter2@git.example/x' }",
    "packages.x = 'https://hunter2@host.example/x.whl'",
    "packages.'https://me:hunter2@x.example' = '*'",
    "packages = {}\nindexes.c = { url = 'https://me:hunter2@x.example/simple', packages = ['a'] }",
    "packages = {}\nindexes.c = { url = 'https://x.example/simple?token=hunter2', packages = ['a'] }",
    "packages = {}\nindexes.c = 'https://me:hunter2@x.example/simple'",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    assert "hunter2" not in str([problem.as_json() for problem in refused(text)])


def test_an_index_on_this_machine_may_speak_http() -> None:
    text = "packages = {}\nindexes.c = { url = 'http://127.0.0.1:8080/simple', packages = ['c-*'] }"
    assert read(text).indexes[0].url == "http://127.0.0.1:8080/simple"


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "localhost.evil.example", "128.0.0.1"])
def test_a_host_that_only_looks_like_this_machine_may_not(host: str) -> None:
    assert refused(f"packages = {{}}\nindexes.c = {{ url = 'http://{host}/s', packages = ['c'] }}")


def test_one_name_cannot_be_bound_to_two_indexes() -> None:
    problems = refused(
        "packages = {}\n[indexes]\na = { url = 'https://a.example', packages = ['corp.x'] }\n"
        "b = { url = 'https://b.example', packages = ['Corp_X'] }"
    )
    assert places(problems) == ["indexes.b.packages"]


def test_a_package_may_lie_beside_the_project() -> None:
    assert read("packages.lib = { path = '../lib' }").packages[0].location == FromPath("../lib")


def test_a_name_that_means_another_package_is_pointed_out() -> None:
    (note,) = read("packages.pytorch = '2.2'").notes
    assert note.severity == "warning"
    assert "torch" in note.title


EXAMPLES = sorted(Path(__file__).parents[3].glob("examples/*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_every_example_is_a_good_spec(path: Path) -> None:
    assert decode(path.read_bytes(), path.name).packages
