"""Where an environment may lie: wherever a path can lead, and never over what somebody else put there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envplan.environment.build import put_to_use
from envplan.environment.generations import current
from envplan.environment.locking import held
from envplan.environment.model import Place
from envplan.environment.pointer import refuse_foreign
from envplan.environment.skeletons import Skeleton
from envplan.problems import EnvplanError
from envplan.store.model import Tree
from tests.functional.environment.conftest import Project, ran
from tests.support.answers import problem_of

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="names that only POSIX allows")

ODD = {
    "spaces": "a b  c",
    "quotes": 'it\'s "so"',
    "newline": "two\nlines",
    "command": "$(touch pwned)`touch pwned`",
    "long": "x" * 200,
    "unicode": "ümläut-環境",
    "wild": "*?[a]{b,c}",
    "signs": "#!&;<>|%~",
    "backslash": "back\\slash",
    "triple": "a'''b",
    "dash": "-rf",
}


@POSIX
@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_a_path_of_any_letters_works(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...], name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    project = Project(folder, bones)
    generation = project.build(*small)
    assert ran(project.pointer / "bin" / "tool", status=3, cwd=tmp_path) == f"{generation.folder}\n"
    assert project.python("import sys; print(sys.prefix)") == f"{project.pointer}\n"
    for shell in ("sh", "bash"):
        line = '. "$1"; tool; printf "%s\n" "$VIRTUAL_ENV"; command -v python'
        said = ran(shell, "-c", line, "x", project.pointer / "bin" / "activate", cwd=tmp_path)
        assert said == f"{generation.folder}\n{project.pointer}\n{project.pointer}/bin/python\n"
    script = project.pointer / "bin" / "activate_this.py"
    code = "import sys; f = sys.argv[1]; exec(open(f).read(), dict(__file__=f))\n"
    code += "import tool; print(tool.__file__)"
    assert ran(sys.executable, "-I", "-c", code, script).startswith(str(generation.folder))
    assert not list(tmp_path.rglob("pwned"))


def test_a_path_that_divides_path_is_refused(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...]
) -> None:
    folder = tmp_path / f"a{os.pathsep}b"
    folder.mkdir()
    found = problem_of(lambda: Project(folder, bones).build(*small))
    assert found.code == "EP449"
    assert not list(folder.iterdir())
    ran("sh", "-c", found.cures[0])
    Project(tmp_path / "a-b", bones).build(*small)


def test_a_folder_that_is_not_there_is_made_by_whoever_wants_it(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...]
) -> None:
    project = Project(tmp_path / "not yet", bones)
    found = problem_of(lambda: project.build(*small))
    assert found.code == "EP449"
    ran("sh", "-c", found.cures[0])
    project.build(*small)


@POSIX
@pytest.mark.parametrize("kind", ["a file", "a link to nothing"])
def test_a_folder_that_cannot_be_made_is_not_offered_to_be(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...], kind: str
) -> None:
    blocking = tmp_path / "taken"
    blocking.touch() if kind == "a file" else blocking.symlink_to("nowhere")
    found = problem_of(lambda: Project(blocking / "below", bones).build(*small))
    assert found.code == "EP449"
    assert found.found[0].origin == str(blocking)
    ran("sh", "-c", found.cures[0])


@pytest.mark.skipif(sys.platform != "linux", reason="others know no such names")
def test_a_path_that_is_no_text_is_refused(tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...]) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    assert problem_of(lambda: Project(folder, bones).build(*small)).code == "EP449"
    assert not list(folder.iterdir())


@pytest.mark.parametrize("inside", ["", "train", "train/1", "train/1/bin"])
def test_no_environment_lies_inside_another(
    project: Project, small: tuple[Tree, ...], bones: Skeleton, inside: str
) -> None:
    """It would be gone with it."""
    project.build(*small)
    other = Project(project.folder / ".envplan" / inside, bones)
    if os.name == "nt" and inside.endswith("bin"):
        pytest.skip("called otherwise there")
    found = problem_of(lambda: other.build(*small))
    assert found.code == "EP449"
    assert found.cures == (f"envplan apply --env {project.folder / '.venv'}",)
    assert not (other.folder / ".envplan").exists()


def test_a_project_may_lie_in_a_folder_of_any_name(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...]
) -> None:
    folder = tmp_path / ".envplan" / "project"
    folder.mkdir(parents=True)
    Project(folder, bones).build(*small)


def test_nobody_is_told_to_move_the_folder_that_they_work_in(
    project: Project, small: tuple[Tree, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "home" / "work").mkdir(parents=True)
    monkeypatch.chdir(project.folder / "home" / "work")
    place = Place("train", project.folder / "home")
    for replace in (False, True):
        found = problem_of(lambda replace=replace: refuse_foreign(place, replace=replace))  # type: ignore[misc]
        assert found.cures == (f"envplan apply --env {project.folder / 'home' / '.venv'}",)


def _file(place: Path) -> None:
    place.write_text("theirs")


def _folder(place: Path) -> None:
    place.mkdir()
    (place / "pyvenv.cfg").write_text("theirs")


def _link(place: Path) -> None:
    (place.parent / "elsewhere").mkdir()
    (place.parent / "elsewhere" / "theirs").touch()
    place.symlink_to("elsewhere")


def _dangling(place: Path) -> None:
    place.symlink_to("/nowhere/at/all")


def _pipe(place: Path) -> None:
    os.mkfifo(place)


FOREIGN = {one.__name__: one for one in (_file, _folder, _link, _dangling, _pipe)}


@POSIX
@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_somebody_else_put_there_stays_unless_it_is_to_be_replaced(
    project: Project, small: tuple[Tree, ...], make: Callable[[Path], None]
) -> None:
    make(project.pointer)
    before = _seen(project.pointer)
    found = problem_of(lambda: project.build(*small))
    assert (found.code, found.cures) == ("EP442", (f"envplan apply --replace --env {project.pointer}",))
    assert _seen(project.pointer) == before
    project.build(*small, replace=True)
    assert _seen(project.folder / ".venv.old") == before


def _seen(place: Path) -> object:
    if place.is_symlink():
        return place.readlink()
    if place.is_dir():
        return sorted((path.name, path.read_text()) for path in place.iterdir())
    return place.read_text() if place.is_file() else place.lstat().st_mode


def test_what_was_replaced_twice_is_there_twice(project: Project, small: tuple[Tree, ...]) -> None:
    for _ in range(2):
        _file(project.pointer)
        project.build(*small, replace=True)
        project.pointer.unlink()
    assert {path.name for path in project.folder.iterdir()} == {".envplan", ".venv.old", ".venv.old2"}


def test_a_folder_that_is_no_environment_is_not_even_replaced(
    project: Project, small: tuple[Tree, ...]
) -> None:
    project.pointer.mkdir()
    (project.pointer / "thesis.tex").write_text("theirs")
    found = problem_of(lambda: project.build(*small))
    assert problem_of(lambda: project.build(*small, replace=True)) == found
    assert found.code == "EP442"
    assert (project.pointer / "thesis.tex").read_text() == "theirs"
    ran("sh", "-c", found.cures[0])
    project.build(*small)


@POSIX
@pytest.mark.parametrize("inner", ["", "train"])
def test_links_where_generations_should_lie_are_not_followed(
    project: Project, small: tuple[Tree, ...], tmp_path: Path, inner: str
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "1").mkdir(parents=True)
    link = project.folder / ".envplan" / inner
    link.parent.mkdir(exist_ok=True)
    (project.folder / ".envplan" if not inner else link).symlink_to(theirs)
    found = problem_of(lambda: project.build(*small))
    assert found.code == "EP442"
    assert [path.name for path in theirs.iterdir()] == ["1"]
    ran("sh", "-c", found.cures[0])
    project.build(*small)


def test_a_file_where_generations_should_lie_is_said(project: Project, small: tuple[Tree, ...]) -> None:
    (project.folder / ".envplan").write_text("theirs")
    assert problem_of(lambda: project.build(*small)).code == "EP442"


def test_a_pointer_that_leads_nowhere_is_taken_back_into_use(
    project: Project, small: tuple[Tree, ...]
) -> None:
    project.build(*small)
    shutil.rmtree(project.folder / ".envplan")
    with held(project.place):
        built = project.built(*small)
        assert not project.pointer.exists(), "the pointer names what is only half built"
        put_to_use(built, project.receipt(built, small))
    assert current(project.place)


@POSIX
def test_a_link_planted_in_our_folder_is_written_through_by_nobody(
    project: Project, small: tuple[Tree, ...], tmp_path: Path
) -> None:
    (project.folder / ".envplan" / "train").mkdir(parents=True)
    for name in (".gitignore", "train/before"):
        (project.folder / ".envplan" / name).symlink_to(tmp_path / "theirs")
    project.build(*small)
    project.build(*small)
    assert not (tmp_path / "theirs").exists()


@POSIX
def test_a_link_in_place_of_the_lock_is_refused(
    project: Project, small: tuple[Tree, ...], tmp_path: Path
) -> None:
    (project.folder / ".envplan" / "train").mkdir(parents=True)
    (project.folder / ".envplan" / "train" / "lock").symlink_to(tmp_path / "theirs")
    assert problem_of(lambda: project.build(*small)).code == "EP441"
    assert not (tmp_path / "theirs").exists()


def test_the_folder_of_generations_is_none_of_version_control(
    project: Project, small: tuple[Tree, ...]
) -> None:
    project.build(*small)
    ran("git", "init", "-q", cwd=project.folder)
    assert ran("git", "status", "--porcelain", "--ignored", cwd=project.folder) == "?? .venv\n!! .envplan/\n"


@pytest.fixture
def umask() -> Iterator[Callable[[int], None]]:
    before = os.umask(0o022)

    def change(mask: int) -> None:
        os.umask(mask)

    yield change
    os.umask(before)


@POSIX
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_nobody_else_may_write_into_an_environment_whatever_the_umask(
    project: Project, small: tuple[Tree, ...], umask: Callable[[int], None], mask: int
) -> None:
    umask(mask)
    generation = project.build(*small)
    for path in [project.folder / ".envplan", *(project.folder / ".envplan").rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mode & 0o022 == 0, path
    ran(generation.folder / "bin" / "tool", status=3)


NOBODY = 65534


@POSIX
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else"
)
def test_without_the_right_to_write_it_says_so(project: Project, small: tuple[Tree, ...]) -> None:
    for parent in [project.folder, *project.folder.parents]:
        if parent.name.startswith(("pytest-", "project", "test_", "popen-")):
            parent.chmod(0o755)

    def build() -> None:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            project.build(*small)
        except EnvplanError as error:
            os._exit(0 if error.problems[0].code == "EP441" else 1)
        os._exit(2)

    child = os.fork()
    if not child:
        build()
    assert os.waitpid(child, 0)[1] == 0
    assert not list(project.folder.iterdir())


def test_without_a_home_it_is_built_all_the_same(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.functional.environment.conftest import *\n"
        "folder = Path(sys.argv[1]); store = folder / 'store'\n"
        "project = Project(folder, skeleton(HERE, store))\n"
        "project.build(tree('tool', '1.0', store))\n"
        "print(project.python('import tool; print(tool.__version__)'))\n"
    )
    root = Path(__file__).parents[3]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    line = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(line, env=environ, cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1.0", done.stderr


def test_a_project_that_was_moved_keeps_its_pointer(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(*small)
    moved = project.folder.rename(project.folder.with_name("moved"))
    assert (
        ran(moved / ".venv" / "bin" / "python", "-c", "import numpy; print(numpy.__version__)") == "1.26.4\n"
    )
    assert current(Project(moved, project._bones).place)
