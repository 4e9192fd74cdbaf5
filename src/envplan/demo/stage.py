"""Where the story is told: a folder of its own, in which nothing of the user's is seen, or touched."""

from __future__ import annotations

import os
import signal
import site
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from envplan.documents.opening import kind_of
from envplan.documents.reading import shown
from envplan.documents.writing import CODE
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.store.paths import discard
from envplan.values.records import dataclass

PROJECT = "train"

_ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_STEERING = ("PIP_", "UV_", "ENVPLAN_", "VIRTUALENV_", "XDG_")
_HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")
# Nobody listens on port 9: what would leave this computer comes to nothing at once.
_NETWORK = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
    "NO_PROXY": "127.0.0.1",
}


@dataclass(frozen=True)
class Stage:
    """A folder with a project, and all that commands need besides."""

    folder: Path

    @property
    def project(self) -> Path:
        """Where commands are typed."""
        return self.folder / PROJECT

    @property
    def settings(self) -> dict[str, str]:
        """Tell envplan to keep to this folder."""
        return {
            "ENVPLAN_CONFIG": str(self.folder / "config.toml"),
            "ENVPLAN_STORE": str(self.folder / "store"),
        }

    def set_up(self, mirrors: Mapping[str, str]) -> None:
        """Make the folders, and lead every index to the one of the demo."""
        for name in (PROJECT, "home", "temporary"):
            (self.folder / name).mkdir()
        lines = [f'"{prefix}" = "{address}"' for prefix, address in mirrors.items()]
        (self.folder / "config.toml").write_text("\n".join(["[mirrors]", *lines, ""]), encoding="utf-8")

    def environ(self, played: str, around: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return what commands find around them: the user's own, without what would steer them."""
        kept = {key: value for key, value in around.items() if not key.upper().startswith(_STEERING)}
        kept.pop("NETRC", None)
        kept |= dict.fromkeys(_HOMES, str(self.folder / "home"))
        kept |= dict.fromkeys(_TEMPORARY, str(self.folder / "temporary"))
        kept |= _NETWORK
        if os.name != "nt":  # where these are the same names
            kept |= {key.lower(): value for key, value in _NETWORK.items()}
        if site.ENABLE_USER_SITE:  # envplan itself may be installed below the home that is hidden here
            kept["PYTHONUSERBASE"] = site.getuserbase()
        kept |= self.settings
        return kept | {"PYTHONIOENCODING": "utf-8", **({"ENVPLAN_PROFILE": played} if played else {})}


@contextmanager
def stage(keep: Path | None) -> Iterator[Stage]:
    """Make a stage; what is not to be kept is gone afterwards, however this is left."""
    if keep is not None:
        yield Stage(_made(keep))
        return
    folder = _temporary()
    try:
        yield Stage(folder)
    finally:
        with _undisturbed():
            discard(folder)


def _made(keep: Path) -> Path:
    """Make the folder that is to be kept; one that is there already must be empty."""
    folder = Path(os.path.realpath(keep))
    try:
        kind = kind_of(folder)
        if kind != "nothing" and (kind != "a folder" or any(folder.iterdir())):
            raise EnvplanError(
                Problem(
                    "EP100",
                    f"the demo cannot be kept in {shown(str(keep))}",
                    found=(Said("a folder that is not empty" if kind == "a folder" else kind, str(folder)),),
                    cures=(f"envplan demo --keep {quote(str(keep))}-demo",),
                )
            )
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unwritable(str(keep), error) from None
    return folder


def _temporary() -> Path:
    try:
        return Path(os.path.realpath(tempfile.mkdtemp(prefix="envplan-demo-")))
    except OSError as error:
        raise _unwritable("a folder for the demo", error) from None


def _unwritable(what: str, error: Exception) -> EnvplanError:
    return EnvplanError(
        Problem(CODE, f"{shown(what)} cannot be made", why=(Said(reason_of(error)),), cures=("df -h",))
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let who presses Ctrl-C once more wait these milliseconds."""
    if threading.current_thread() is not threading.main_thread():  # no other may say what signals do
        yield
        return
    usual = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
