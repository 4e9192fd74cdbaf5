"""From a lock to an environment that works, and to the next one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.apply.conftest import CUDA, SPEC, TORCH, UV, Applied, Locked
from tests.functional.lock.conftest import beside, code_of
from tests.support.wheels import wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")


def test_a_new_computer_needs_one_command(bare: Applied) -> None:
    answer = bare.applied()
    assert answer["outcome"] == "applied"
    assert answer["data"]["target"]["variant"] == "cpu"
    assert bare.python("import torch, requests; print(torch.__version__)") == f"{TORCH}+cpu"
    assert bare.installed["torch"] == f"{TORCH}+cpu"
    assert "six" not in bare.installed


def test_names_of_files_are_utf8_in_every_locale(project: Applied) -> None:
    name, data = wheel("named", "1.0", files={"named/环é.txt": b"x", "named/__init__.py": b""})
    here = project.folder.with_name("é 环")
    project.folder = project.folder.rename(here)
    (project.folder / name).write_bytes(data)
    project.spec(SPEC.replace("[groups", f'named = {{ path = "{name}" }}\n\n[groups')).locked()
    project.environ |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    project.applied()
    assert (project.site / "named" / "环é.txt").is_file()
    assert project.applied()["outcome"] == "unchanged"
    assert project.envplan("verify", "--deep").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_apply_whose_words_nobody_takes_is_done_all_the_same(project: Applied) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "envplan", "apply"],
            cwd=project.folder,
            env=project.clean(),
            stdout=subprocess.DEVNULL,
            stderr=full,
            check=False,
        )
    assert done.returncode == 0
    assert project.pointer.exists()


def test_other_tools_see_a_normal_environment(project: Applied) -> None:
    project.applied()
    python = project.pointer / "bin" / "python"
    listed = subprocess.run(
        [UV, "pip", "list", "--format", "json", "--no-config", "--python", python],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = {one["name"]: one["version"] for one in json.loads(listed.stdout)}
    assert seen == project.installed
    subprocess.run([UV, "pip", "check", "--no-config", "--python", python], check=True, capture_output=True)
    line = "from importlib.metadata import distribution as d; print(d('torch').read_text('INSTALLER'))"
    assert project.python(line) == "envplan"


def test_a_second_time_there_is_nothing_to_do_and_nobody_is_asked(project: Applied, locked: Locked) -> None:
    project.applied()
    before, store = project.generation, sorted((project.computer / "store").rglob("*"))
    locked.web.forget()
    done = project.apply()
    assert "nothing to do" in done.stdout
    assert not done.stderr
    assert locked.web.log == []
    assert project.generation == before
    assert sorted((project.computer / "store").rglob("*")) == store


def test_nothing_to_do_imports_next_to_nothing(project: Applied) -> None:
    project.applied()
    heavy = "packaging tomllib urllib3 rich virtualenv filelock subprocess platformdirs dataclasses"
    line = (
        "import sys; from pathlib import Path; from envplan.verbs.apply import *;"
        "done = apply(ApplyRequest(), print); assert done.change is None and done.receipt.id;"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", line],
        cwd=project.folder,
        env=project.clean(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_bytecode_that_python_leaves_behind_is_no_change(project: Applied) -> None:
    project.applied()
    project.python("import torch, requests")
    assert list(project.site.glob("torch/__pycache__/*"))
    assert project.applied()["outcome"] == "unchanged"


def test_a_dry_run_says_it_all_and_does_nothing(bare: Applied, locked: Locked) -> None:
    before = beside(bare)
    done = bare.apply("--dry-run")
    assert done.returncode == 0, done.stderr
    assert "+  torch" in done.stdout
    assert "download" in done.stdout
    assert "disk" in done.stdout
    assert beside(bare) == before
    assert locked.web.log == []
    assert bare.applied("--dry-run")["outcome"] == "would-apply"


def test_a_group_comes_and_goes(project: Applied) -> None:
    project.applied()
    more = project.applied("--group", "dev")
    assert [(one["name"], one["kind"]) for one in more["data"]["changes"]] == [("six", "added")]
    assert project.applied("--group", "dev")["outcome"] == "unchanged"
    assert '"six"' in project.envplan("verify", "--json").stdout  # what was asked for with it is imported too
    less = project.applied()
    assert [(one["name"], one["kind"]) for one in less["data"]["changes"]] == [("six", "removed")]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--group", "devv"], "EP100", "envplan apply --group dev"),
        (["--extra", "devv"], "EP100", "envplan apply --extra dev"),
        (["--extra", "zzz"], "EP100", "envplan apply --extra dev"),
        (["--group", CUDA], "EP100", f"envplan apply --variant {CUDA}"),
        (["--variant", "cu119"], "EP229", "envplan apply --variant cu1"),
        (["--python", "2.7"], "EP229", "envplan apply --python"),
        (["--python", "three"], "EP100", "minor version"),
        (["--for", "apple-m2"], "EP402", "--dry-run --for apple-m2"),
        (["--lock", "pylock.other.toml"], "EP111", "pylock.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_is_answered_with_what_can(
    project: Applied, arguments: list[str], code: str, word: str
) -> None:
    done = project.apply(*arguments)
    assert code_of(done) == code, done.stderr
    assert word in done.stderr
    assert beside(project) == ["envplan.toml", "pylock.toml"]


def test_an_extra_that_is_not_there_is_spoken_of_as_an_extra(project: Applied) -> None:
    done = project.apply("--extra", "zzz", "--json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["title"] == "the lock has no extra zzz"
    assert (problem["wanted"][0]["origin"], problem["found"][0]["text"]) == ("--extra", "dev")
    assert "extras are the optional dependencies" in problem["why"][0]["text"]
    assert project.apply(*problem["try"][0].split()[2:]).returncode == 0


def test_a_group_and_an_extra_that_are_not_there_are_both_told(project: Applied) -> None:
    done = project.apply("--extra", "zzz", "--group", "docs")
    assert "no extra zzz" in done.stderr
    assert "no group docs" in done.stderr


def test_each_machine_gets_its_own_variant(project: Applied) -> None:
    answer = project.applied("--dry-run", "--for", "workstation-rtx3090")
    names = {one["name"]: one["after"] for one in answer["data"]["changes"]}
    assert answer["data"]["target"]["variant"] == CUDA
    assert names["torch"] == f"{TORCH}+{CUDA}"
    assert f"nvidia-cublas-{CUDA[:4]}" in names
    assert "driver 535.129.03 (≥ " in answer["data"]["why"]


def test_an_image_is_built_for_a_gpu_that_is_elsewhere(bare: Applied) -> None:
    answer = bare.applied("--for", "workstation-rtx3090")
    assert bare.installed["torch"] == f"{TORCH}+{CUDA}"
    (smoke,) = answer["data"]["verified"]["smoke"]
    assert smoke["status"] == "not-run"


def test_what_cannot_be_proven_is_not_put_to_use_and_the_way_to_look_into_it_works(project: Applied) -> None:
    project.applied()
    before = project.generation
    done = project.apply("--variant", CUDA, "--smoke")  # the index has a torch of three lines
    assert done.returncode == 1
    assert "torch cannot be proven" in done.stderr
    assert project.generation == before
    offered = f"envplan apply --variant {CUDA} --no-smoke"
    assert offered in done.stderr
    assert "envplan verify" not in done.stderr, "that would look at the environment in use"
    project.applied("--variant", CUDA, "--no-smoke")
    assert project.installed["torch"] == f"{TORCH}+{CUDA}"


def test_the_cpu_is_taken_loudly_where_there_is_a_gpu(project: Applied) -> None:
    done = project.apply("--for", "no-driver-rtx3080")
    assert done.returncode == 0
    assert "warning[EP222]" in done.stderr
    assert "RTX 3080" in done.stderr


def test_a_variant_asked_for_overrules_the_choice(project: Applied) -> None:
    done = project.apply("--dry-run", "--variant", CUDA)
    assert f"{CUDA}: asked for; cpu would be chosen" in done.stdout
    assert "warning[EP230]" in done.stderr


def test_a_changed_spec_is_refused_and_the_environment_stays(project: Applied) -> None:
    project.applied()
    before = project.generation
    spec = (project.folder / "envplan.toml").read_text(encoding="utf-8")
    project.spec(spec.replace('requests = "*"', 'requests = "*"\nidna = "*"'))
    done = project.apply()
    assert code_of(done) == "EP226"
    assert "envplan lock" in done.stderr
    assert project.generation == before


def test_an_edited_lock_is_refused_with_its_entry(project: Applied) -> None:
    text = project.file.read_text(encoding="utf-8")
    project.file.write_text(text.replace("/whl/cpu/torch-", "/whl/evil/torch-", 1), encoding="utf-8")
    done = project.apply()
    assert code_of(done) == "EP104"
    assert f"torch {TORCH}+cpu" in done.stderr
    assert beside(project) == ["envplan.toml", "pylock.toml"]


def test_a_lock_is_applied_without_its_spec(project: Applied) -> None:
    (project.folder / "envplan.toml").unlink()
    assert project.applied()["outcome"] == "applied"
    assert project.applied()["outcome"] == "unchanged"


def test_a_comment_in_the_spec_changes_nothing(project: Applied) -> None:
    project.applied()
    with (project.folder / "envplan.toml").open("a", encoding="utf-8") as spec:
        spec.write("# a comment\n")
    before = project.generation
    assert project.applied()["outcome"] == "unchanged"
    assert project.generation == before
    assert "nothing to do" in project.apply().stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda site: (site / "torch" / "__init__.py").unlink(),
        lambda site: (site / "nothing_of_ours.py").write_text("import os\n"),
        lambda site: (site.parents[2] / "bin" / "python").unlink(),
        lambda site: (site.parents[2] / "envplan.files").write_bytes(b""),
    ],
    ids=["deleted", "added", "no python", "no list"],
)
def test_an_environment_that_was_changed_is_built_anew(project: Applied, change: object) -> None:
    project.applied()
    before = project.generation
    change(project.site)  # type: ignore[operator]
    answer = project.applied()
    assert answer["outcome"] == "applied"
    assert answer["problems"], "what was wrong is said"
    assert project.generation != before
    assert project.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"


def _more(project: Applied) -> None:
    (project.site / "torch" / "evil.py").write_text("")


def _linked(project: Applied) -> None:
    (project.site / "torch").rename(project.folder / "torch")
    (project.site / "torch").symlink_to(project.folder / "torch")


@pytest.mark.parametrize("change", [_more, _linked])
def test_what_verify_found_is_mended_by_the_apply_that_it_offers(
    project: Applied, change: Callable[[Applied], None]
) -> None:
    project.applied()
    change(project)
    done = project.envplan("verify")
    assert done.returncode == 1
    assert "try     envplan apply" in done.stderr
    assert project.applied()["outcome"] == "applied"
    assert project.envplan("verify").returncode == 0


def test_the_apply_that_is_offered_makes_the_same_environment_again(project: Applied) -> None:
    """A plain apply would take the group away, and choose another variant."""
    asked = ["--variant", CUDA, "--group", "dev"]
    project.applied(*asked)
    _more(project)
    offered = project.envplan("verify").stderr.rpartition("try     ")[2].split()
    assert offered == ["envplan", "apply", *asked]
    project.applied(*offered[2:])
    assert project.envplan("verify").returncode == 0
    assert project.receipt["target"]["variant"] == CUDA
    assert "six" in project.installed


def test_an_edit_in_one_environment_reaches_no_other(project: Applied) -> None:
    project.applied()
    edited = project.site / "torch" / "__init__.py"
    edited.chmod(0o644)
    edited.write_text("edited = True\n")
    other = _another(project)
    answer = other.applied()
    assert other.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"
    assert any(one["code"] == "EP433" for one in answer["problems"])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda file: file.unlink(), "it is gone"),
        (lambda file: _linked_elsewhere(file), "it is no file any more"),
        (lambda file: os.utime(file, ns=(0, 0)), "it was written to after it was unpacked"),
    ],
    ids=["gone", "a link", "another date"],
)
def test_harm_to_the_store_is_named_and_repaired_while_building(
    project: Applied, harm: Callable[[Path], None], said: str
) -> None:
    project.applied()
    (init,) = (project.computer / "store").glob("trees/*/*/*/torch/__init__.py")
    harm(init)
    other = _another(project)
    answer = other.applied()
    (problem,) = [one for one in answer["problems"] if one["code"] == "EP433"]
    assert said in problem["found"][0]["text"]
    assert other.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"
    built = [path for path in other.folder.glob(".envplan/*/*") if path.is_dir()]
    assert built == [other.folder / other.generation]


def test_permissions_of_the_store_are_put_right_while_building(project: Applied) -> None:
    project.applied()
    file = project.site / "torch" / "__init__.py"
    file.chmod(0o600)
    other = _another(project)
    assert not any(one["code"] == "EP433" for one in other.applied()["problems"])
    assert (other.site / "torch" / "__init__.py").stat().st_mode & 0o777 == 0o444


def test_a_command_that_cannot_be_run_any_more_is_repaired(project: Applied) -> None:
    name, data = wheel("named", "1.0", scripts={"tool": "named:main"})
    (project.folder / name).write_bytes(data)
    project.spec(SPEC.replace("[groups", f'named = {{ path = "{name}" }}\n\n[groups')).locked()
    project.applied()
    (project.pointer / "bin" / "tool").chmod(0o644)
    assert project.envplan("verify", "--files").returncode == 1
    assert project.applied()["outcome"] == "applied"
    assert os.access(project.pointer / "bin" / "tool", os.X_OK)
    assert project.applied()["outcome"] == "unchanged"


def _linked_elsewhere(file: Path) -> None:
    moved = file.with_name("moved.txt")
    file.rename(moved)
    file.symlink_to(moved)


def _another(project: Applied) -> Applied:
    """Take another project, with the same lock and the same store."""
    other = Applied(project.folder.parent / "other", project.computer, project.environ)
    other.folder.mkdir()
    (other.folder / "pylock.toml").write_bytes(project.file.read_bytes())
    return other


def test_a_folder_of_somebody_else_is_left_alone_unless_told(project: Applied) -> None:
    project.pointer.mkdir()
    (project.pointer / "pyvenv.cfg").write_text("home = /usr/bin\n")
    done = project.apply()
    assert done.returncode == 4
    assert "--replace" in done.stderr
    assert (project.pointer / "pyvenv.cfg").read_text() == "home = /usr/bin\n"
    answer = project.applied("--replace")
    moved = Path(answer["data"]["moved"])
    assert (moved / "pyvenv.cfg").read_text() == "home = /usr/bin\n"
    assert project.pointer.is_symlink()


@pytest.mark.parametrize("command", ["apply", "apply --dry-run", "verify", "rollback", "gc", "run -- true"])
def test_a_name_that_no_disk_takes_is_refused(project: Applied, command: str) -> None:
    first, *others = command.split()
    done = project.envplan(first, "--env", "x" * 300, *others)
    assert done.returncode == 4, done.stderr
    assert "file name too long" in done.stderr


def test_environments_may_lie_elsewhere(project: Applied, tmp_path: Path) -> None:
    place = tmp_path / "with a space" / "env"
    place.parent.mkdir()
    project.applied("--env", str(place))
    assert os.access(place / "bin" / "python", os.X_OK)
    assert not project.pointer.exists()
    assert project.applied("--env", str(place))["outcome"] == "unchanged"


def test_git_sees_nothing_of_an_environment_where_links_are_ignored_too(project: Applied) -> None:
    project.applied()
    environ = project.clean()
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True, env=environ)

    def untracked(ignored: str) -> list[str]:
        (project.folder / ".gitignore").write_text(f"{ignored}\n/.gitignore\n", encoding="utf-8")
        line = ["git", "status", "--short", "--untracked-files=all"]
        done = subprocess.run(
            line, cwd=project.folder, check=True, env=environ, capture_output=True, text=True
        )
        return sorted(row.split()[-1] for row in done.stdout.splitlines())

    assert untracked(".venv*") == ["envplan.toml", "pylock.toml"]
    assert untracked(".venv/") == [".venv", "envplan.toml", "pylock.toml"]


def test_bytecode_is_made_on_request(project: Applied) -> None:
    project.applied("--compile")
    assert list(project.site.glob("torch/__pycache__/*.pyc"))
    assert project.applied("--compile")["outcome"] == "unchanged"


def test_a_lock_with_a_name_has_an_environment_of_its_own(project: Applied) -> None:
    project.file.rename(project.folder / "pylock.lab.toml")
    project.applied("--lock", "pylock.lab.toml")
    assert (project.folder / ".venv-lab").is_symlink()
    assert not project.pointer.exists()


def test_a_lock_that_is_no_name_of_a_folder_is_refused(project: Applied) -> None:
    text = project.file.read_text(encoding="utf-8")
    project.file.write_text(text.replace('name = "train"', 'name = "../../train"'), encoding="utf-8")
    (project.folder / "envplan.toml").unlink()
    done = project.apply()
    assert code_of(done) == "EP104"
    assert "not the name of an environment" in done.stderr
