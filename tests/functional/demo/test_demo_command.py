"""`envplan demo` on a computer that it may not touch, and that has no network."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from envplan.demo.story import Step, Story, story
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.versions import Python
from envplan.verbs.demo import Told, demo
from tests.support.answers import PROMISED
from tests.support.answers import document as document_of

ROOT = Path(__file__).parents[3]
ENVPLAN = [sys.executable, "-m", "envplan"]
ALONE = [
    sys.executable,
    str(Path(__file__).with_name("alone.py")),
]  # in a network of its own, with loopback only
OF_OTHERS = ("PIP_", "UV_", "ENVPLAN_")
NOWHERE = "http://127.0.0.1:9"

posix = pytest.mark.skipif(sys.platform == "win32", reason="types into a POSIX shell")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@dataclass(frozen=True)
class Computer:
    """A computer with a user who has settings, a store, a home, and a folder for temporary files."""

    root: Path

    @property
    def temporary(self) -> Path:
        return self.root / "temporary"

    @property
    def folder(self) -> Path:
        return self.root / "somewhere"

    def environ(self, **more: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OF_OTHERS)}
        own = {
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.temporary),
            "ENVPLAN_STORE": str(self.root / "store"),
            "ENVPLAN_CONFIG": str(self.root / "config.toml"),
            "ENVPLAN_PROFILE": "old-k80",
            "PIP_INDEX_URL": f"{NOWHERE}/of-the-user",
            "UV_INDEX_URL": f"{NOWHERE}/of-the-user",
            **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), NOWHERE),
        }
        return kept | own | more

    def demo(
        self, *words: str, before: list[str] | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*(before or []), *ENVPLAN, "demo", *words],
            cwd=self.folder,
            env=self.environ(**more),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    def seen(self) -> dict[str, list[Any]]:
        """Everything there is, as it is."""
        files = [one for one in self.root.rglob("*") if one.is_file()]
        return {
            str(one.relative_to(self.root)): [
                one.stat().st_mtime_ns,
                hashlib.sha256(one.read_bytes()).hexdigest(),
            ]
            for one in files
        } | {str(one.relative_to(self.root)): [0, ""] for one in self.root.rglob("*") if one.is_dir()}

    def processes(self) -> list[str]:
        """The command lines of what still runs with this computer's folders around it."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                around = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.temporary).encode() in around and command:
                found.append(command)
        return found


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return made(tmp_path)


def made(root: Path) -> Computer:
    for name in ("home/.config/pip", "store/index", "temporary", "somewhere"):
        (root / name).mkdir(parents=True)
    (root / "home" / ".config" / "pip" / "pip.conf").write_text("[global]\nindex-url = nonsense\n")
    (root / "home" / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    (root / "store" / "index" / "page").write_text("of the user")
    (root / "config.toml").write_text("[mirrors]\ndefault = 'http://user.example/simple'\n")
    return Computer(root)


@dataclass(frozen=True)
class Performed:
    """How it went, and the computer before and after."""

    output: str
    code: int
    alone: bool
    before: dict[str, list[Any]]
    after: dict[str, list[Any]]
    cpu: float

    @property
    def steps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.output)["data"]["steps"]
        return found


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Performed:
    """One performance for all that only look at it, with no network where that can be had."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder if worker_id == "master" else folder.parent  # of all workers
    file = folder / "performed.json"
    with FileLock(folder / "performed.lock"):
        if not file.exists():
            file.write_text(json.dumps(perform(made(tmp_path_factory.mktemp("computer")))), encoding="utf-8")
    return Performed(**json.loads(file.read_text(encoding="utf-8")))


def perform(computer: Computer) -> dict[str, Any]:
    alone = subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode == 0
    before, used = computer.seen(), cpu()
    done = computer.demo("--json", before=ALONE if alone else None)
    used = cpu() - used
    return vars(Performed(done.stdout, done.returncode, alone, before, computer.seen(), used))


def cpu() -> float:
    """What ended children have used; Windows does not tell."""
    used = os.times()
    return used.children_user + used.children_system


class TestPerformed:
    """One performance, looked at from all sides."""

    def test_it_goes_from_words_to_an_environment_and_to_a_conflict(self, performed: Performed) -> None:
        commands = [shlex.split(step["command"])[1] for step in performed.steps]
        assert commands[:5] == ["init", "plan", "lock", "lock", "apply"]
        assert commands[5:8] == ["run", "verify", "apply"]
        assert commands[8:] == ["add", "plan", "explain", "add", "lock", "apply"]

    def test_every_step_did_what_it_should(self, performed: Performed) -> None:
        assert performed.code == 0, performed.output
        PROMISED.validate(json.loads(performed.output))
        for step in performed.steps:
            assert step["as_told"], step
            assert step["exit"] == step["expected"]
        refused = [step["command"] for step in performed.steps if step["exit"] == 1]
        assert len(refused) == 2  # a machine that cannot, and the conflict

    def test_it_shows_one_answer_for_each_of_five_machines(self, performed: Performed) -> None:
        output = performed.steps[1]["output"]
        for machine in ("workstation-rtx3090", "datacenter-a100-470", "laptop-rtx3060", "apple-m2"):
            assert f"\n{machine} " in output
        assert "left out: " in output

    def test_it_needs_no_network(self, performed: Performed) -> None:
        if not performed.alone:
            pytest.skip("a network of one's own takes Linux, and root or user namespaces")
        assert performed.code == 0

    def test_nothing_of_the_user_is_touched_and_nothing_is_left(self, performed: Performed) -> None:
        assert performed.after == performed.before

    def test_nothing_of_the_user_is_seen(self, performed: Performed) -> None:
        assert "user.example" not in performed.output
        assert "of-the-user" not in performed.output
        assert "EP310" not in performed.output

    def test_it_takes_less_than_twenty_seconds(self, performed: Performed) -> None:
        """Of a processor: others may be at work on this computer, too."""
        assert performed.cpu < 20


@pytest.mark.parametrize(
    ("platform", "python"),
    [
        ("windows-x86_64", Python(3, 12)),
        ("linux-x86_64", Python(3, 13)),
        ("linux-aarch64", Python(3, 14)),
        ("macos-x86_64", Python(3, 11)),
    ],
    ids=str,
)
def test_what_is_told_on_other_computers_can_be_locked(platform: str, python: Python) -> None:
    """Up to the lock all that matters is what a computer says it is."""

    class Hearing:
        listening = True

        def begins(self, told: Story) -> None:
            pass

        def comes(self, step: Step) -> None:
            pass

        def ended(self, told: Told) -> None:
            assert not told.wrong, (told.step.line, told.wrong, told.output)

    tale = story(Platform.parse(platform), python)
    steps = tuple(step for step in tale.steps[:5] if step.words[0] in ("init", "plan", "lock"))
    performance = demo(Hearing(), tale=replace(tale, steps=steps))
    assert not performance.problems
    assert len(performance.told) == len(steps)


@pytest.mark.parametrize(
    ("moment", "how", "code"),
    [
        ("$ envplan init", "SIGINT", 130),
        ("$ envplan lock", "SIGHUP", 129),
        ("$ envplan apply", "SIGTERM", 143),
    ],
)
@linux
def test_who_interrupts_it_leaves_nothing_behind(
    computer: Computer, moment: str, how: str, code: int
) -> None:
    before = computer.seen()
    process = subprocess.Popen(
        [*ENVPLAN, "demo"],
        cwd=computer.folder,
        env=computer.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith(moment):
            break
    time.sleep(0.3)
    process.send_signal(signal.Signals[how])
    _, told = process.communicate(timeout=30)
    assert process.returncode == code
    assert "interrupted" in told
    assert "Traceback" not in told
    assert computer.seen() == before
    assert computer.processes() == []


@linux
def test_a_reader_that_leaves_ends_it_and_nothing_is_left(computer: Computer) -> None:
    before = computer.seen()
    line = shlex.join([*ENVPLAN, "demo"]) + " | head -n 3"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=computer.folder,
        env=computer.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""
    assert computer.seen() == before
    assert computer.processes() == []


def test_a_broken_installation_is_told_and_nothing_is_left(computer: Computer, tmp_path: Path) -> None:
    """The solver's package is another one than expected."""
    broken = tmp_path / "broken"
    (broken / "first" / "uv").mkdir(parents=True)
    (broken / "first" / "uv" / "__init__.py").write_text(
        "def find_uv_bin():\n    raise FileNotFoundError('uv')\n"
    )
    (broken / "sitecustomize.py").write_text(f"import sys\nsys.path.insert(0, {str(broken / 'first')!r})\n")
    before = computer.seen()
    document = document_of(computer.demo("--json", PYTHONPATH=str(broken)))
    assert (document["outcome"], document["exit"]) == ("failed", 1)
    assert [problem["code"] for problem in document["problems"]] == ["EP690"]
    last = document["data"]["steps"][-1]
    assert (last["command"], last["as_told"]) == ("envplan lock", False)
    assert "EP352" in last["output"]
    assert computer.seen() == before


@posix
def test_a_terminal_that_knows_few_letters_gets_every_word(computer: Computer) -> None:
    line = shlex.join([*ENVPLAN, "demo"]) + " | head -n 60"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=computer.folder,
        env=computer.environ(PYTHONIOENCODING="ascii"),
        capture_output=True,
        check=False,
    )
    assert b"\\xb7" in done.stdout  # the dot in the table of five machines
    assert done.stderr == b""


def test_a_computer_without_room_for_it_is_told_so(computer: Computer) -> None:
    (computer.root / "file").write_text("")
    done = computer.demo("--json", "--keep", str(computer.root / "file" / "demo"))
    document = document_of(done)
    assert document["exit"] == 4
    assert document["problems"][0]["code"] == "EP401"


class TestKept:
    """What --keep leaves can be looked around in."""

    @posix
    def test_it_lies_where_it_was_asked_for_and_what_is_said_to_type_works(self, computer: Computer) -> None:
        done = computer.demo("--keep", "play ground")
        assert done.returncode == 0, done.stderr
        assert '$ envplan init "torch 2.' in done.stdout
        assert "\n$ envplan lock --check\npylock.toml is in order" in done.stdout
        assert "\x1b" not in done.stdout
        typed = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
        start = next(n for n, line in enumerate(typed) if line.startswith("cd "))
        lines = [line for line in typed[start:] if line != "envplan run -- python"]
        script = "\n".join(["set -e", f'envplan() {{ {shlex.join(ENVPLAN)} "$@"; }}', *lines])
        tried = subprocess.run(
            ["sh", "-c", script],
            cwd=computer.folder,
            env=computer.environ(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert tried.returncode == 0, tried.stdout + tried.stderr
        assert {one.name for one in computer.folder.iterdir()} == {"play ground"}
        assert list(computer.temporary.iterdir()) == []

    def test_a_folder_with_something_in_it_is_refused(self, computer: Computer) -> None:
        (computer.folder / "mine").mkdir()
        (computer.folder / "mine" / "thesis.txt").write_text("all of it")
        before = computer.seen()
        document = document_of(computer.demo("--json", "--keep", "mine"))
        assert (document["exit"], document["problems"][0]["code"]) == (2, "EP100")
        assert document["problems"][0]["try"] == ["envplan demo --keep mine-demo"]
        assert computer.seen() == before
