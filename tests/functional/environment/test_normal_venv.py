"""pip, uv, shells and importlib see an environment like any other."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from envplan.environment.model import Part
from envplan.environment.skeletons import skeleton
from envplan.store.model import Tree
from envplan.values.versions import Python
from tests.functional.environment.conftest import UV, Project, ran
from tests.support.trees import tree, unpacked
from tests.support.wheels import wheel

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX")
FILES = "import importlib.metadata as m, json; print(json.dumps([str(f.locate()) for f in m.files('tool')]))"


def uv(project: Project, *words: str, status: int = 0) -> str:
    options = (
        "--no-config",
        "--offline",
        "--cache-dir",
        project.folder.parent / "uv",
        "--python",
        project.pointer,
    )
    return ran(UV, "pip", *words, *options, cwd=project.folder, status=status)


def pip(project: Project, *words: str) -> str:
    target = ("--python", project.pointer / "bin" / "python")
    return ran(sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", *target, *words)


def test_uv_finds_every_package_and_nothing_wrong(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(*small)
    assert json.loads(uv(project, "list", "--format", "json")) == [
        {"name": "numpy", "version": "1.26.4"},
        {"name": "tool", "version": "1.0"},
    ]
    uv(project, "check")


def test_pip_lists_the_same(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(*small)
    listed = json.loads(pip(project, "list", "--format", "json"))
    assert {one["name"]: one["version"] for one in listed} == {"numpy": "1.26.4", "tool": "1.0"}
    assert "Installer: envplan" in pip(project, "show", "--verbose", "tool")


def test_every_file_that_the_metadata_names_is_there_with_its_hash(
    project: Project, small: tuple[Tree, ...]
) -> None:
    project.build(*small)
    code = (
        "import base64, hashlib, importlib.metadata as m\n"
        "files = [f for name in ('tool', 'numpy') for f in m.files(name)]\n"
        "for f in files:\n"
        "    data = f.locate().read_bytes()\n"
        "    if f.name == 'RECORD': continue\n"
        "    assert f.size == len(data), f\n"
        "    made = base64.urlsafe_b64encode(hashlib.new(f.hash.mode, data).digest()).rstrip(b'=').decode()\n"
        "    assert f.hash.value == made, f\n"
        "print(len(files))"
    )
    assert int(project.python(code)) >= 11


def test_uv_takes_a_package_out_again_with_all_that_is_its_own(
    project: Project, small: tuple[Tree, ...]
) -> None:
    project.build(*small)
    files = [Path(file) for file in json.loads(project.python(FILES))]
    assert all(file.exists() for file in files)
    uv(project, "uninstall", "tool")
    assert not [file for file in files if file.exists()]
    assert all((small[0].files[0].root / path).exists() for path in small[0].files[0].paths)


def test_pip_takes_a_package_out_again_too(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(*small)
    pip(project, "uninstall", "--yes", "tool")
    assert json.loads(uv(project, "list", "--format", "json")) == [{"name": "numpy", "version": "1.26.4"}]


def test_a_command_runs_in_its_own_generation_however_it_is_called(
    project: Project, small: tuple[Tree, ...], tmp_path: Path
) -> None:
    generation = project.build(*small)
    (tmp_path / "link").symlink_to(project.pointer / "bin" / "tool")
    for place in (project.pointer / "bin" / "tool", generation.folder / "bin" / "tool", tmp_path / "link"):
        assert ran(place, "a b", status=3) == f"{generation.folder} a b\n"


def test_what_the_spec_names_is_marked_as_requested(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(Part(small[0], requested=True), small[1])
    assert [path.parent.name for path in project.site.glob("*/REQUESTED")] == ["tool-1.0.dist-info"]


def test_a_package_from_elsewhere_says_where_from(project: Project, small: tuple[Tree, ...]) -> None:
    direct = {"url": "https://git.example/tool", "vcs_info": {"vcs": "git", "commit_id": "f" * 40}}
    project.build(Part(small[0], direct))
    code = "import importlib.metadata as m; print(m.distribution('tool').read_text('direct_url.json'))"
    assert json.loads(project.python(code)) == direct
    assert "tool @ git+https://git.example/tool@" in uv(project, "freeze")


def test_every_scheme_of_a_wheel_has_its_place(project: Project, store: Path) -> None:
    files = {
        "many/__init__.py": "",
        "many-2.0.data/data/share/many/words.txt": "words",
        "many-2.0.data/headers/many.h": "#define MANY",
        "many-2.0.data/platlib/many/native.so": "binary",
        "many-2.0.data/scripts/plain": "#!/bin/sh\necho plain\n",
        "many-2.0.data/scripts/asks": "#!python -I\nimport sys\nprint(sys.prefix, sys.flags.isolated)\n",
        "many-2.0.data/scripts/gui": "#!pythonw\nprint('gui')\n",
    }
    generation = project.build(tree("many", "2.0", store, files=files))
    assert (project.pointer / "share" / "many" / "words.txt").read_text() == "words"
    minor = ".".join(map(str, sys.version_info[:2]))
    assert (project.pointer / "include" / "site" / f"python{minor}" / "many" / "many.h").exists()
    assert (project.site / "many" / "native.so").exists()
    assert ran(project.pointer / "bin" / "plain") == "plain\n"
    assert ran(project.pointer / "bin" / "asks") == f"{generation.folder} 1\n"
    assert ran(project.pointer / "bin" / "gui") == "gui\n"
    files_of = "import importlib.metadata as m; print(all(f.locate().exists() for f in m.files('many')))"
    assert project.python(files_of) == "True\n"
    uv(project, "uninstall", "many")
    assert not (project.pointer / "bin" / "asks").exists()
    assert not (project.pointer / "share" / "many" / "words.txt").exists()


def test_a_script_with_the_name_of_a_command_gives_way_to_it(project: Project, store: Path) -> None:
    files = {
        "two/__init__.py": "main = lambda: 7",
        "two-1.0.data/scripts/two": "#!python\nraise SystemExit(8)\n",
    }
    project.build(tree("two", "1.0", store, files=files, scripts={"two": "two:main"}))
    ran(project.pointer / "bin" / "two", status=7)
    record = (project.site / "two-1.0.dist-info" / "RECORD").read_text()
    assert record.count("../bin/two,") == 1


def test_a_command_may_be_a_method_of_something(project: Project, store: Path) -> None:
    code = "class App:\n    @staticmethod\n    def start():\n        return 5\n"
    project.build(tree("deep", "1.0", store, files={"deep/a.py": code}, scripts={"deep": "deep.a:App.start"}))
    ran(project.pointer / "bin" / "deep", status=5)


def test_files_that_packages_share_are_there_once_and_belong_to_all(project: Project, store: Path) -> None:
    shared = {"nvidia/__init__.py": ""}
    trees = [
        tree(f"nvidia-{name}", "12.1", store, files={**shared, f"nvidia/{name}/lib.so": name})
        for name in ("cublas", "cudnn")
    ]
    project.build(*trees)
    assert project.python("import nvidia; print(len(nvidia.__path__))") == "1\n"
    for name in ("cublas", "cudnn"):
        record = (project.site / f"nvidia_{name}-12.1.dist-info" / "RECORD").read_text()
        assert "nvidia/__init__.py,sha256=" in record


def test_paths_with_commas_and_quotes_are_listed_so_that_they_are_found(
    project: Project, store: Path
) -> None:
    project.build(tree("odd", "1.0", store, files={'odd/a,b "c".py': "x = 1", "odd/ü.py": "y = 2"}))
    names = (
        "import importlib.metadata as m; print(sorted(f.name for f in m.files('odd') if f.suffix == '.py'))"
    )
    assert project.python(names) == "['a,b \"c\".py', 'ü.py']\n"
    uv(project, "uninstall", "odd")
    assert not (project.site / "odd").exists()


@POSIX
@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh"])
def test_a_shell_activates_it_and_leaves_it_again(
    project: Project, small: tuple[Tree, ...], shell: str
) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    project.build(*small)
    line = '. "$1"; command -v tool; echo "$VIRTUAL_ENV" "$VIRTUAL_ENV_PROMPT"'
    line += '; deactivate; echo "${VIRTUAL_ENV-left}"'
    said = ran(shell, "-c", line, "x", project.pointer / "bin" / "activate")
    assert said.splitlines() == [f"{project.pointer}/bin/tool", f"{project.pointer} train", "left"]


def test_a_running_python_can_be_led_into_it(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(*small)
    script = project.pointer / "bin" / "activate_this.py"
    code = (
        f"f = {str(script)!r}; exec(open(f).read(), dict(__file__=f)); import numpy; print(numpy.__version__)"
    )
    assert ran(sys.executable, "-I", "-c", code) == "1.26.4\n"


def test_an_activated_shell_follows_the_pointer(
    project: Project, small: tuple[Tree, ...], store: Path
) -> None:
    project.build(*small)
    activate = (project.pointer / "bin" / "activate").read_text()
    project.build(*small, tree("new", "1.0", store))
    assert (project.pointer / "bin" / "activate").read_text() == activate


@pytest.mark.parametrize("minor", ["3.8", "3.12", "3.13"])
def test_it_stands_on_any_python_of_the_machine(tmp_path: Path, store: Path, minor: str) -> None:
    home = Path.home() / ".pyenv" / "versions"
    if not list(home.glob(f"{minor}.*")):
        pytest.skip(f"no Python {minor} here")
    project = Project(tmp_path, skeleton(Python.parse(minor), store))
    project.build(tree("tool", "1.0", store))
    said = project.python("import sys, tool; print('%d.%d' % sys.version_info[:2], sys.prefix)")
    assert said == f"{minor} {project.pointer}\n"
    assert json.loads(uv(project, "list", "--format", "json")) == [{"name": "tool", "version": "1.0"}]


def test_a_wheel_of_any_name_brings_its_files_as_they_are(project: Project, store: Path) -> None:
    name, body = wheel("Big.Name_here", "1!2.0+cu121", files={"big/__init__.py": "a = 1"}, size=100_000)
    project.build(unpacked(body, name, store))
    said = "import big, importlib.metadata as m; print(m.version('big-name-here'))"
    assert project.python(said) == "1!2.0+cu121\n"
