"""The demo as it is told: each command as it is typed, what it answers, and how long that took."""

from __future__ import annotations

import os
import sys
from shlex import quote
from typing import Any

from envplan.cli.views.letters import for_encoding
from envplan.demo.story import Step, Story
from envplan.verbs.demo import Performance, Told

_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Listener:
    """Hears it, and says nothing."""

    listening = True

    def begins(self, told: Story) -> None:
        """Hear that it begins."""

    def comes(self, step: Step) -> None:
        """Hear what comes."""

    def ended(self, told: Told) -> None:
        """Hear how it went."""


class Teller(Listener):
    """Tells it on stdout while it goes on."""

    def __init__(self) -> None:
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self._colour = sys.stdout is not None and sys.stdout.isatty() and not plain

    def begins(self, told: Story) -> None:
        """Say what all this is."""
        lines = [
            "All wheels are stand-ins of a few kB, from an index that envplan serves on this computer alone;",
            "no network is used, and nothing of yours is read or touched.",
        ]
        lines += [f"This computer plays {told.played}: ENVPLAN_PROFILE says so."] if told.played else []
        for line in lines:
            self._say(line, _DIM)

    def comes(self, step: Step) -> None:
        """Write the command as it is typed."""
        self._say("")
        if step.about:
            self._say(f"# {step.about}", _DIM)
        self._say(f"$ {step.line}", _BOLD)

    def ended(self, told: Told) -> None:
        """Write what it answered."""
        if told.output:
            self._say(told.output.rstrip("\n"))
        status = f"exit {told.exit}, " if told.exit else ""
        self._say(f"({status}{told.seconds:.2f} s)", _DIM)

    def _say(self, text: str, style: str = "") -> None:
        """Write it; where nobody can read it any more, main finds out why, and says so."""
        if sys.stdout is None:
            self.listening = False
            return
        text = for_encoding(text, sys.stdout.encoding)
        try:
            sys.stdout.write(f"{style}{text}{_RESET}\n" if style and text and self._colour else f"{text}\n")
            sys.stdout.flush()
        except OSError:
            self.listening = False


def closing(performance: Performance) -> str:
    """Say what is left, and what to type next."""
    story, told = performance.story, performance.told
    lines = [f"\n{len(told)} commands, {sum(one.seconds for one in told):.1f} s"]
    if performance.problems:
        return lines[0]
    applied = any(one.step.words[0] == "apply" for one in told)
    if not story.played:
        why = f"for this computer there are no wheels of torch with Python {story.python}, stand-in or not"
        lines.append(f"nothing was installed: {why}")
    if kept := performance.kept:
        lines += [
            f"all of it is in {kept.folder}; the index is gone, so what needs one has to wait. Look around:",
            "",
            f"  cd {quote(str(kept.project))}",
            *(f"  {_setting(name, value)}" for name, value in kept.settings.items()),
            *(f"  {line}" for line in ("envplan tree", "envplan why numpy", "envplan lock --check")),
        ]
        lines += ["  envplan verify --deep", "  envplan run -- python"] if applied else []
    else:
        lines.append("nothing is left of it. To begin with your own:")
        lines += ["", '  envplan init "torch 2.2 on gpu"', "  envplan plan"]
    return "\n".join(lines)


def _setting(name: str, value: str) -> str:
    return f"$env:{name} = '{value}'" if os.name == "nt" else f"export {name}={quote(value)}"


def demo_json(performance: Performance) -> dict[str, Any]:
    """The shape promised in schemas/output.schema.json."""
    kept = performance.kept
    return {
        "plays": performance.story.played or None,
        "python": str(performance.story.python),
        "kept": str(kept.folder) if kept else None,
        "seconds": round(sum(one.seconds for one in performance.told), 3),
        "steps": [
            {
                "about": one.step.about,
                "command": one.step.line,
                "exit": one.exit,
                "expected": one.step.exit,
                "as_told": not one.wrong,
                "seconds": round(one.seconds, 3),
                "output": one.output,
            }
            for one in performance.told
        ],
    }
