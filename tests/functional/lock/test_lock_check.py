"""`lock --check`: what stands in the file is what was locked, and what the spec asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w

from tests.functional.lock.conftest import BIG, Made, Project, code_of, new_project

Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    """Replace the first of it that stands in the file."""

    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


def rub_out(pattern: str, new: str = "") -> Edit:
    def edit(text: str) -> str:
        changed, count = re.subn(pattern, new, text, count=1, flags=re.DOTALL)
        assert count, pattern
        return changed

    return edit


def of(name: str, edit: Edit) -> Edit:
    """Change the entry of one package only."""

    def narrowed(text: str) -> str:
        start = text.index(f'[[packages]]\nname = "{name}"')
        end = text.find("[[packages]]", start + 1)
        return text[:start] + edit(text[start:end]) + text[end:]

    return narrowed


def twin(text: str) -> str:
    """The entry of pandas once more, in another spelling."""
    start = text.index('[[packages]]\nname = "pandas"')
    entry = text[start : text.index("[[packages]]", start + 1)]
    return text.replace(entry, entry + entry.replace('"pandas"', '"Pandas"', 1))


HASH = r'hashes = \{ sha256 = "([0-9a-f]{64})" \}'
EDITS = {
    "a foreign host": ("filelock", rub_out(r'url = "https://[^/"]+', 'url = "https://files.evil.example')),
    "a look-alike host": (
        "torch",
        rub_out(r'url = "https://[^/"]+', 'url = "https://download.pytorch.org.evil.example'),
    ),
    "a host in Cyrillic": ("torch", rub_out(r'url = "https://.', 'url = "https://\u0440')),
    "no encryption": ("filelock", rub_out(r'url = "https:', 'url = "http:')),
    "a user in the address": ("filelock", rub_out(r'url = "https://', 'url = "https://me:secret@')),
    "a file of another project": ("filelock", rub_out(r'name = "filelock-', 'name = "fi1elock-')),
    "an address of another file": ("filelock", rub_out(r"/filelock-([^/]*whl)", r"/fileblock-\1")),
    "a file of another version": ("filelock", rub_out(r"filelock-3\.\d+", "filelock-9.9")),
    "another version": ("filelock", rub_out(r'\nversion = "[^"]+"', '\nversion = "9.9"')),
    "no hash": ("pandas", rub_out(rf", {HASH}", "")),
    "an empty hash": ("pandas", rub_out(HASH, "hashes = {}")),
    "a weak hash": ("pandas", rub_out(HASH, f'hashes = {{ md5 = "{"0" * 32}" }}')),
    "a weak hash beside": ("pandas", rub_out(HASH, rf'hashes = {{ md5 = "{"0" * 32}", sha256 = "\1" }}')),
    "a short hash": ("pandas", rub_out(r'sha256 = "[0-9a-f]{10}', 'sha256 = "')),
    "another hash": ("pandas", rub_out(r'sha256 = "[0-9a-f]{64}', f'sha256 = "{"ab" * 32}')),
    "another size": ("pandas", rub_out(r"size = \d+", "size = 12345678")),
    "a size of nothing": ("pandas", rub_out(r"size = \d+", "size = 0")),
    "no marker": ("triton", rub_out(r"\nmarker = [^\n]*")),
    "a wider marker": ("triton", rub_out(r"\nmarker = [^\n]*", "\nmarker = \"sys_platform == 'linux'\"")),
    "an unknown group": ("triton", rub_out(r"'cu\d+' in", "'cu999' in")),
    "a need that is gone": ("pandas", rub_out(r'    \{ name = "numpy" \},\n')),
    "another index": ("filelock", rub_out(r'index = "[^"]+"', 'index = "https://evil.example/simple"')),
    "an unknown key": ("filelock", swap("requires-python", 'note = "hello"\nrequires-python')),
}


@pytest.fixture
def copy(big: Made, tmp_path: Path) -> Project:
    """The big lock and its spec in a folder of their own, and no index anywhere."""
    project = new_project(tmp_path, {}).spec(BIG)
    project.file.write_bytes(big.project.file.read_bytes())
    return project


def edit(project: Project, how: Edit) -> None:
    before = project.file.read_text(encoding="utf-8")
    after = how(before)
    assert after != before
    project.file.write_text(after, encoding="utf-8")


def refused(project: Project) -> str:
    """Check it, which has to fail; nothing was repaired in secret. What was said."""
    before = project.file.read_bytes()
    done = project.lock("--check")
    assert done.returncode in (1, 2), (done.stdout, done.stderr)
    assert project.file.read_bytes() == before
    return done.stderr


def test_a_fresh_lock_is_accepted_without_any_index(copy: Project) -> None:
    done = copy.lock("--check")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_it_is_accepted_under_another_locale_and_from_another_folder(copy: Project, tmp_path: Path) -> None:
    copy.environ = {"LC_ALL": "C", "PYTHONHASHSEED": "3", "TZ": "Asia/Tokyo"}
    done = copy.lock("--check", "--spec", str(copy.folder / "envplan.toml"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


LAYOUTS: dict[str, Callable[[str], bytes]] = {
    "lines as Windows ends them": lambda text: text.replace("\n", "\r\n").encode(),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "indented": lambda text: text.replace("\n", "\n  ").encode(),
    "written by another tool": lambda text: tomli_w.dumps(tomllib.loads(text)).encode(),
    "another offset of time": lambda text: text.replace("T12:00:00Z", "T14:00:00+02:00").encode(),
}


@pytest.mark.parametrize("how", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_another_layout_is_no_edit(copy: Project, how: Callable[[str], bytes]) -> None:
    before = copy.file.read_text(encoding="utf-8")
    copy.file.write_bytes(how(before))
    assert copy.file.read_bytes() != before.encode()
    done = copy.lock("--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("rows", [b"a = [", b"\xff\xfe", b"[[family]]\nnames = 3\n"])
def test_rows_of_one_s_own_that_cannot_be_read_are_told(copy: Project, rows: bytes) -> None:
    (copy.folder / "catalog.d").mkdir()
    (copy.folder / "catalog.d" / "mine.toml").write_bytes(rows)
    done = copy.lock("--check")
    assert (done.returncode, code_of(done)) == (2, "EP103"), done.stderr
    assert "mine.toml" in done.stderr


@pytest.mark.parametrize(("name", "how"), EDITS.values(), ids=EDITS.keys())
def test_an_entry_that_was_touched_is_named(copy: Project, name: str, how: Edit) -> None:
    edit(copy, of(name, how))
    assert name in refused(copy)


def test_a_name_twice_in_two_spellings_is_refused(copy: Project) -> None:
    edit(copy, twin)
    assert "Pandas" in refused(copy)


def test_letters_that_only_look_like_others_are_shown(copy: Project) -> None:
    edit(copy, of("torch", swap('name = "torch"', 'name = "t\u043erch"')))
    assert "U+043E" in refused(copy)


def test_an_entry_that_is_gone_is_noticed(copy: Project) -> None:
    edit(copy, rub_out(r'\[\[packages\]\]\nname = "tzdata".*?(?=\[\[packages)'))
    assert "pylock.toml" in refused(copy)


def test_two_entries_in_another_order_are_noticed(copy: Project) -> None:
    def moved(text: str) -> str:
        first = text.index("[[packages]]")
        second, third = (text.index("[[packages]]", first + 1), 0)
        third = text.index("[[packages]]", second + 1)
        return text[:first] + text[second:third] + text[first:second] + text[third:]

    edit(copy, moved)
    assert "pylock.toml" in refused(copy)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('pandas = "*"', 'pandas = ">=2"'),
        ('pandas = "*"', 'pandas = "*"\nscipy = "*"'),
        ('pandas = "*"\n', ""),
        ('python = "3.11"', 'python = "3.12"'),
        (', "macos-arm64"', ""),
    ],
    ids=["a version", "one more", "one less", "another Python", "fewer platforms"],
)
def test_a_spec_that_changed_is_noticed(copy: Project, old: str, new: str) -> None:
    copy.spec(BIG.replace(old, new))
    assert "spec" in refused(copy)


def test_a_spec_that_says_the_same_in_other_words_is_accepted(copy: Project) -> None:
    copy.spec(
        "# A remark.\n" + BIG.replace('pandas = "*"', 'pandas = "*"   # and another').replace("\n\n", "\n")
    )
    assert copy.lock("--check").returncode == 0


@pytest.mark.parametrize("profile", ["apple-intel", "ci-linux-arm"])
def test_a_machine_that_the_lock_does_not_serve_is_named(copy: Project, profile: str) -> None:
    done = copy.lock("--check", "--for", profile)
    assert done.returncode in (1, 2), done.stderr
    assert profile in done.stderr


def test_a_machine_that_it_serves_is_accepted(copy: Project) -> None:
    done = copy.lock("--check", "--for", "workstation-rtx3090", "--for", "ci-linux")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", ["", "not = [toml", "\x00", 'lock-version = "1.0"\n', "[" * 5000])
def test_what_is_no_lock_at_all_is_refused(copy: Project, text: str) -> None:
    copy.file.write_text(text, encoding="utf-8")
    assert "pylock.toml" in refused(copy)


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("\nschema = 1\n", "\nschema = 2\n", "made by a newer envplan"),
        ('lock-version = "1.0"', 'lock-version = "1.1"', "not a lock of version 1.0"),
    ],
)
def test_a_lock_of_later_days_is_not_called_edited(copy: Project, old: str, new: str, title: str) -> None:
    copy.file.write_text(copy.file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = copy.lock("--check")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error[EP104] {title}\n")
    assert done.stderr.count("EP104") == 1
    assert done.stderr.rstrip().endswith("envplan lock --upgrade")


def test_a_merge_that_is_not_finished_is_called_so(copy: Project) -> None:
    text = copy.file.read_text(encoding="utf-8")
    marked = text.replace("[[packages]]", "<<<<<<< HEAD\n[[packages]]", 1) + "=======\n>>>>>>> other\n"
    copy.file.write_text(marked, encoding="utf-8")
    done, again = copy.lock("--check"), copy.lock()
    assert (done.returncode, again.returncode) == (2, 2)
    assert "a merge that is not finished: <<<<<<< HEAD" in done.stderr
    for said in (done.stderr, again.stderr):
        assert "git checkout --ours -- pylock.toml && envplan lock" in said


def test_a_lock_that_is_missing_is_said_as_everywhere(copy: Project) -> None:
    copy.file.rename(copy.folder / "pylock.old.toml")
    done = copy.lock("--check", "--lock", "pylock.lab.toml")
    assert (done.returncode, code_of(done)) == (2, "EP111"), done.stderr
    assert "other locks: pylock.old.toml" in done.stderr
    assert "envplan lock --lock pylock.lab.toml" in done.stderr
    assert code_of(copy.lock("--check")) == "EP111"
    assert not copy.file.exists()


def test_a_folder_in_the_place_of_a_lock_is_said_as_everywhere(copy: Project) -> None:
    copy.file.unlink()
    copy.file.mkdir()
    done = copy.lock("--check")
    assert (done.returncode, code_of(done)) == (2, "EP111"), done.stderr
    assert "it is a folder, not a file" in done.stderr


def test_a_spec_that_asks_for_more_is_an_answer_and_no_broken_lock(copy: Project) -> None:
    copy.spec(BIG.replace('pandas = "*"', 'pandas = "<2"\nscipy = "*"'))
    done = copy.lock("--check")
    assert (done.returncode, code_of(done)) == (1, "EP226"), done.stderr
    assert "EP104" not in done.stderr


def test_what_is_offered_to_be_typed_names_the_files_that_were_typed(copy: Project) -> None:
    copy.file.rename(copy.folder / "pylock.lab.toml")
    (copy.folder / "envplan.toml").rename(copy.folder / "lab spec.toml")
    copy.folder.joinpath("lab spec.toml").write_text(
        BIG.replace("transformers", "requests"), encoding="utf-8"
    )
    done = copy.lock("--check", "--spec", "lab spec.toml", "--lock", "pylock.lab.toml")
    assert code_of(done) == "EP226"
    assert "try     envplan lock --spec 'lab spec.toml' --lock pylock.lab.toml\n" in done.stderr
