"""Finding a spec, and reading it from the files of other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from envplan.problems import AGAIN, EnvplanError, Problem
from envplan.spec.model import AnyGpu, Exactly, FromGit, FromPath, Spec
from envplan.spec.read import read_spec
from envplan.values.variants import Variant
from envplan.values.versions import Python

ENVPLAN = "[packages]\ntorch = '2.2'\n"
PROJECT = """
[project]
name = "thing"
requires-python = ">=3.10,<3.13"
dependencies = [
  "torch>=2",
  "numpy<2; python_version < '3.12'",
  "numpy>=2; python_version >= '3.12'",
  "tool @ git+https://git.example/team/tool@v1.0",
  "Transformers[b,A]>=4",
  "transformers!=4.1",
]

[project.optional-dependencies]
dev = ["pytest"]
cu121 = ["torch"]

[dependency-groups]
test = ["hypothesis", { include-group = "Lint" }]
lint = ["ruff"]

[tool.envplan.env]
python = "3.11"
accelerator = "gpu"

[tool.envplan.packages]
torch = { version = "2.2", accelerator = "cuda" }
"""


def write(folder: Path, **files: str | bytes) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_toml", ".toml").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(EnvplanError) as caught:
        read_spec(path)
    return caught.value.problems


def shown(spec: Spec) -> list[str]:
    return [f"{one}" + (f" ; {one.marker}" if one.marker else "") for one in spec.packages]


def test_a_folder_has_its_spec_in_envplan_toml(tmp_path: Path) -> None:
    write(tmp_path, envplan_toml=ENVPLAN, pyproject_toml=PROJECT)
    assert shown(read_spec(tmp_path)) == ["torch 2.2"]


def test_or_in_pyproject_toml_together_with_what_the_project_lists(tmp_path: Path) -> None:
    spec = read_spec(write(tmp_path, pyproject_toml=PROJECT))
    assert shown(spec) == [
        "torch 2.2, >=2",
        'numpy <2 ; python_version < "3.12"',
        'numpy >=2 ; python_version >= "3.12"',
        "tool *",
        "transformers[a,b] >=4, !=4.1",
    ]
    torch = spec.packages[0]
    assert str(torch.accelerator) == "cuda"
    assert torch.specifier.contains("2.2.1")
    assert not torch.specifier.contains("2.3")
    assert spec.packages[3].location == FromGit("https://git.example/team/tool", "v1.0")
    assert (spec.pythons, spec.accelerator) == ((Python(3, 11),), AnyGpu())
    assert str(spec.requires_python) == "<3.13,>=3.10"


@pytest.mark.parametrize(
    ("project", "env", "name"),
    [
        ("my.tool", 'python = "3.11"', "my-tool"),
        ("my.tool", 'name = "train"', "train"),
        ("com1", "", "com1-env"),
        ("...", "", "default"),
    ],
)
def test_an_environment_without_a_name_is_called_as_the_project(
    tmp_path: Path, project: str, env: str, name: str
) -> None:
    text = f'[project]\nname = "{project}"\ndependencies = ["six"]\n[tool.envplan.env]\n{env}\n'
    assert read_spec(write(tmp_path, pyproject_toml=text)).name == name


def test_groups_come_from_both_places_where_projects_have_them(tmp_path: Path) -> None:
    spec = read_spec(write(tmp_path, pyproject_toml=PROJECT))
    groups = {name: [one.name for one in wanted] for name, wanted in spec.groups}
    assert groups == {"dev": ["pytest"], "test": ["hypothesis", "ruff"], "lint": ["ruff"]}
    assert "cu121 is left out" in spec.notes[0].title


def test_a_python_that_the_project_does_not_run_on_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(write(tmp_path, pyproject_toml=PROJECT.replace('"3.11"', '["3.9", "3.12"]')))
    assert "3.9" in problem.title
    assert problem.cures == ('python = "3.12"',)


def test_a_project_that_starts_in_the_middle_of_a_minor_version_runs_on_it(tmp_path: Path) -> None:
    text = PROJECT.replace('">=3.10,<3.13"', '">=3.11.4,<3.13"')
    assert read_spec(write(tmp_path, pyproject_toml=text)).pythons == (Python(3, 11),)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"torch>=2"', '"torch>>2"', "project.dependencies[0]"),
        ('"torch>=2"', "5", "project.dependencies[0]"),
        ('"torch>=2"', '"torch===x"', "project.dependencies[0]"),
        ('"torch>=2"', '"torch @ https://x.example/torch.whl"', "project.dependencies[0]"),
        ('"torch>=2"', '"torch @ git+file:///etc"', "project.dependencies[0]"),
        ('"torch>=2"', '"t\u043erch"', "project.dependencies[0]"),
        ('["ruff"]', "5", "dependency-groups.lint"),
        ('["ruff"]', '[{ include-group = "test" }]', "dependency-groups.lint[0]"),
        ('["ruff"]', '[{ include-group = "nope" }]', "dependency-groups.lint[0]"),
        ('">=3.10,<3.13"', '"whatever"', "project.requires-python"),
        ("[tool.envplan.env]", "[tool.envplan.envi]", "tool.envplan.envi"),
    ],
)
def test_a_mistake_in_a_project_is_named_at_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    problems = refused(write(tmp_path, pyproject_toml=PROJECT.replace(old, new, 1)))
    assert f"{tmp_path}/pyproject.toml: {place}" in [problem.found[0].origin for problem in problems]


def test_what_other_tools_would_have_read_is_pointed_out(tmp_path: Path) -> None:
    text = PROJECT.replace('name = "thing"', 'dynamic = ["dependencies"]') + "[tool.uv.sources]\n"
    titles = [note.title for note in read_spec(write(tmp_path, pyproject_toml=text)).notes]
    assert "the dependencies are not in the file" in titles
    assert "[tool.uv] sources is not read" in titles


def test_a_folder_without_a_spec_says_how_to_make_one(tmp_path: Path) -> None:
    (problem,) = refused(write(tmp_path, requirements_txt="torch", pyproject_toml="[project]\n"))
    assert problem.code == "EP105"
    assert problem.cures[0] == f"{AGAIN} --spec {tmp_path}/requirements.txt"
    assert problem.cures[1].startswith("envplan init")


REQUIREMENTS = """\
# made by hand
--extra-index-url https://download.pytorch.org/whl/cu121
torch==2.2.2+cu121 \\
    --hash=sha256:0123 \\
    --hash=sha256:4567   # via thing
numpy<2 ; python_version < "3.12"   # a reason
-r sub/more.txt
-c constraints.txt
-e ./lib
git+https://git.example/team/bee.git@v1#egg=Bee

transformers[torch]>=4.40
"""


def requirements(folder: Path, text: str = REQUIREMENTS) -> Path:
    write(
        folder,
        requirements_txt=text,
        sub__more_txt="-r deep.txt\npandas>=2",
        sub__deep_txt="scipy",
        constraints_txt="pandas<3\nother==1\n",
        lib__pyproject_toml='[project]\nname = "My.Lib"\n',
    )
    return folder / "requirements.txt"


def test_a_requirements_file_is_read_with_what_it_includes(tmp_path: Path) -> None:
    spec = read_spec(requirements(tmp_path))
    assert shown(spec) == [
        "torch ==2.2.2+cu121",
        'numpy <2 ; python_version < "3.12"',
        "scipy *",
        "pandas >=2, <3",
        "my-lib *",
        "bee *",
        "transformers[torch] >=4.40",
    ]
    assert spec.packages[1].origin == f"{tmp_path}/requirements.txt: line 6"
    assert spec.packages[2].origin == "sub/deep.txt: line 1"
    assert spec.packages[4].location == FromPath("./lib", editable=True)
    assert spec.packages[5].location == FromGit("https://git.example/team/bee.git", "v1")


def test_the_index_of_a_variant_names_the_accelerator(tmp_path: Path) -> None:
    spec = read_spec(requirements(tmp_path))
    assert spec.accelerator == Exactly(Variant("cu121"))
    assert spec.accelerator_origin == f"{tmp_path}/requirements.txt: line 2"


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    text = REQUIREMENTS + "--pre\n-i https://me:hunter2@mirror.example/simple\n"
    notes = read_spec(requirements(tmp_path, text)).notes
    assert [note.title for note in notes] == [
        "accelerator = cu121, from the address of the index",
        "hashes are not taken over",
        "--pre is not read",
        "--index-url is not read",
        "the constraint on other is not kept",
    ]
    assert "hunter2" not in str([note.as_json() for note in notes])


@pytest.mark.parametrize(
    "line",
    [
        "-r/etc/passwd",
        "-r https://x.example/requirements.txt",
        "-r requirements.txt",
        "-r missing.txt",
        "-r",
        "--extra-index-url https://me:hunter2@corp.example/simple",
        "https://me:hunter2@x.example/a.whl",
        "name @ https://me:hunter2@x.example/a.whl",
        "name @ file:///x",
        "-e ./missing",
        "/abs/lib",
        "~/lib",
        "torch ==",
        "===2",
        "${NAME}==1",
        "--weird=1",
        "torch===foo",
        "git+https://git.example/x",
        "git+ssh://-oProxyCommand=id/x#egg=x",
        "torch --global-option=x",
        "t\u043erch",
        "torch\x01",
    ],
)
def test_a_line_that_cannot_be_kept_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    problems = refused(requirements(tmp_path, f"numpy\n\n{line}\nscipy\n"))
    assert [problem.found[0].origin for problem in problems] == [f"{tmp_path}/requirements.txt: line 3"]
    assert "hunter2" not in str([problem.as_json() for problem in problems])


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    write(tmp_path, a_txt="-r b.txt\n-r b.txt\nx", b_txt="-r a.txt\n-r c.txt\n-r c.txt", c_txt="-r b.txt\n")
    assert all("includes itself" in problem.title for problem in refused(tmp_path / "a.txt"))


def test_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, a_txt="-r b.txt\n-r c.txt\n==", b_txt="!!", c_txt=b"\xff\xfea")
    assert [problem.found[0].origin for problem in refused(tmp_path / "a.txt")] == [
        "b.txt: line 1",
        "c.txt",
        f"{tmp_path}/a.txt: line 3",
    ]


SCRIPT = """\
#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "torch>=2.2",
#   "rich",
# ]
#
# [tool.envplan.env]
# accelerator = "gpu"
# ///
print(1)
"""


@pytest.mark.parametrize("text", [SCRIPT, SCRIPT.replace("\n", "\r\n")])
def test_a_script_says_what_it_needs(tmp_path: Path, text: str) -> None:
    spec = read_spec(write(tmp_path, **{"run.py": text}) / "run.py")
    assert shown(spec) == ["torch >=2.2", "rich *"]
    assert spec.accelerator == AnyGpu()


@pytest.mark.parametrize("text", ["print(1)\n", SCRIPT + SCRIPT, SCRIPT.replace('"rich",', '"rich')])
def test_a_script_that_does_not_say_it_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = refused(write(tmp_path, **{"run.py": text}) / "run.py")
    assert problem.code == "EP101"


@pytest.mark.parametrize(
    "name", ["missing.toml", "environment.yml", "a\0b.toml", "x" * 5000, "folder.toml/x.toml"]
)
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, name: str) -> None:
    write(tmp_path, **{"environment.yml": "dependencies:\n- torch\n"})
    (problem,) = refused(tmp_path / name)
    assert problem.code == "EP105"


def test_a_device_is_no_spec() -> None:
    (problem,) = refused(Path("/dev/zero"))
    assert "not a file" in problem.why[0].text


@pytest.mark.parametrize("dynamic", ["1", "true", '"dependencies"', "[1]", "{ a = 1 }"])
def test_a_project_may_call_anything_dynamic(tmp_path: Path, dynamic: str) -> None:
    text = f'[project]\ndynamic = {dynamic}\n[tool.envplan.packages]\ntorch = "2.2"\n'
    assert [one.name for one in read_spec(write(tmp_path, **{"pyproject.toml": text})).packages] == ["torch"]
