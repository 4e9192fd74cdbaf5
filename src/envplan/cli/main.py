"""The entry point: find the command, run it, print its answer, return its exit code."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence

from envplan import __version__
from envplan.cli.answer import Answer
from envplan.cli.commands.catalogue import COMMANDS
from envplan.problems import EnvplanError, Problem, Said

_USAGE = 2
_INTERRUPTED = 130

_EXAMPLES = """\
examples:
  envplan init "torch 2.2 on gpu" transformers     write envplan.toml
  envplan plan                                     what this machine can run
  envplan plan --for datacenter-a100 --for laptop-rtx3060
  envplan probe --save profiles/this.toml          write this machine down
  envplan explain EP203                            what a code means

exit codes: 0 done, 1 the answer is no, 2 bad input, 3 network or solver, 4 this machine, 70 a bug in envplan
"""


class _UsageError(Exception):
    """Arguments that make no sense; carries the parser's words."""


class _Parser(argparse.ArgumentParser):
    """argparse, but its errors become problems like all others."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise _UsageError(f"{message}\0{self.prog}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run envplan; the console script."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    command = next((word for word in arguments if not word.startswith("-")), "")
    try:
        answer = _run(arguments)
    except _UsageError as error:
        answer = _refused(_usage_problem(str(error)))
    except EnvplanError as error:
        answer = Answer("refused", problems=error.problems, exit=error.exit)
    except KeyboardInterrupt:
        answer = Answer("interrupted", problems=(_interrupted(),), exit=_INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:
        if os.environ.get("ENVPLAN_TRACEBACK"):
            raise
        answer = _refused(_bug(error))
    try:
        _print(answer, command, as_json)
    except BrokenPipeError:
        return _reader_left()
    except UnicodeEncodeError:  # a terminal that knows only ASCII still gets every word
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        _print(answer, command, as_json)
    return answer.exit


def _run(arguments: list[str]) -> Answer:
    parser = _Parser(
        prog="envplan",
        description="One committed lockfile. Any machine. The right GPU wheels, proven.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"envplan {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, line in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=line,
            description=line[0].upper() + line[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name == named:
            module = importlib.import_module(f"envplan.cli.commands.{name}")
            module.arguments(command)
            command.add_argument("--json", action="store_true", help="answer as JSON on stdout")
            command.set_defaults(run=module.run)
    if named is not None and named not in COMMANDS:
        raise _UsageError(f"unknown command: {named}\0envplan")
    options = parser.parse_args(arguments)
    if named is None:
        parser.print_help()
        return Answer("helped")
    answer: Answer = options.run(options)
    return answer


def _print(answer: Answer, command: str, as_json: bool) -> None:
    if as_json:
        document = {
            "envplan": 1,
            "command": command,
            "outcome": answer.outcome,
            "exit": answer.exit,
            "data": answer.data,
            "problems": [problem.as_json() for problem in answer.problems],
        }
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    if answer.text:
        sys.stdout.write(answer.text.rstrip("\n") + "\n")
        sys.stdout.flush()
    if answer.problems:
        from envplan.cli.views.problems import problems_text

        colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        sys.stderr.write(problems_text(answer.problems, colour=colour) + "\n")
        sys.stderr.flush()


def _refused(problem: Problem) -> Answer:
    return Answer("refused", problems=(problem,), exit=problem.exit)


def _usage_problem(words: str) -> Problem:
    from envplan.documents import nearest

    message, _, program = words.partition("\0")
    unknown = message.removeprefix("unknown command: ")
    if unknown != message:
        meant = nearest(unknown, COMMANDS)
        return Problem(
            "EP100",
            f"there is no command {unknown!r}",
            why=(Said(f"the commands are {', '.join(COMMANDS)}"),),
            cures=(f"envplan {meant}" if meant else "envplan --help",),
        )
    return Problem("EP100", message, wanted=(Said(program),), cures=(f"{program} --help",))


def _interrupted() -> Problem:
    return Problem("EP901", "interrupted", why=(Said("nothing was changed; the old environment is intact"),))


def _bug(error: Exception) -> Problem:
    return Problem(
        "EP900",
        "a bug in envplan",
        found=(Said(f"{type(error).__name__}: {error}"),),
        why=(Said("this should not be possible; nothing was changed"),),
        cures=("ENVPLAN_TRACEBACK=1 envplan ...   (the same command again, and report what it prints)",),
    )


def _reader_left() -> int:
    """Whoever read our output has gone (`envplan plan | head`); leave without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
