"""The entry point: find the command, run it, print its answer, return its exit code."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from envplan import __version__
from envplan.cli.answer import Answer
from envplan.cli.commands.catalogue import COMMANDS
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.values.records import replace

_INTERRUPTED = 130

_EXAMPLES = """\
examples:
  envplan init "torch 2.2 on gpu" transformers     write envplan.toml
  envplan plan                                     what this machine can run
  envplan plan --for datacenter-a100 --for laptop-rtx3060
  envplan lock                                     pin everything, for every machine, in one file
  envplan apply                                    install what of it fits this machine
  envplan probe --save this.toml                   write this machine down
  envplan explain EP203                            what a code means

exit codes: 0 done, 1 the answer is no, 2 bad input, 3 network or solver, 4 this machine, 70 a bug in envplan,
130 interrupted (143: told to end by another program, 129: its terminal was closed)
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
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in options
    command = next((word for word in arguments if not word.startswith("-")), "")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # who knows only ASCII still gets every word
            stream.reconfigure(errors="backslashreplace")
    answer = _answer(arguments)
    try:
        _print(answer, command, as_json)
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:  # a full disk, or a closed stdout
        return _unheard(error)
    finally:
        _silence(sys.stderr)
    return answer.exit


def _answer(arguments: list[str]) -> Answer:
    """Run the command; whatever happens in it becomes an answer."""
    try:
        return _run(arguments)
    except _UsageError as error:
        return _refused(_usage_problem(str(error)))
    except KeyboardInterrupt as error:
        return _interrupted(error)
    except Exception as error:
        if interrupt := _interrupt_behind(error):
            return _interrupted(interrupt)
        if os.environ.get("ENVPLAN_TRACEBACK") and not isinstance(error, EnvplanError):
            raise
        from envplan.cli.limits import limit_behind

        if limit := limit_behind(error, arguments):
            return _refused(limit)
        if isinstance(error, EnvplanError):
            return Answer("refused", problems=error.problems, exit=error.exit)
        return _refused(_bug(error))


def _run(arguments: list[str]) -> Answer:
    named = next((word for word in arguments if not word.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        raise _UsageError(f"unknown command: {named}\0envplan")
    parser, commands = _parsers(named)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise _UsageError(_unknown_words(unknown, commands.get(named or "", parser)))
    if named is None:
        return Answer("helped", text=parser.format_help(), data={"commands": dict(COMMANDS)})
    return _told(options, arguments)


def _parsers(named: str | None) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """Make the parser, and that of the command that is named; else those of all commands."""
    parser = _Parser(
        prog="envplan",
        description="One committed lockfile. Any machine. The right GPU wheels, proven.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON on stdout")
    parser.add_argument("--version", action="version", version=f"envplan {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, line in COMMANDS.items():
        if named not in (None, name):
            continue  # the parsers of all commands take 5 ms, and one is asked
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
            # Suppressed, lest its default undo a --json that stands before the command.
            command.add_argument(
                "--json", action="store_true", default=argparse.SUPPRESS, help="answer as JSON on stdout"
            )
            command.set_defaults(run=module.run)
    return parser, commands.choices


def _told(options: argparse.Namespace, arguments: Sequence[str]) -> Answer:
    """Run a command that was understood; what it says to type next is for the same files."""
    if {"spec", "lock", "env"} & vars(options).keys():
        _refuse_nowhere()
    try:
        answer: Answer = options.run(options)
    except EnvplanError as error:
        from envplan.cli.cures import retyped

        raise EnvplanError(*retyped(error.problems, options, arguments)) from error
    if answer.problems:
        from envplan.cli.cures import retyped

        answer = replace(answer, problems=retyped(answer.problems, options, arguments))
    return answer


def _refuse_nowhere() -> None:
    """Refuse to look for files in a folder that was deleted while the shell stood in it."""
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes 2 ms to import
    except FileNotFoundError:
        problem = Problem("EP105", "the folder that this shell stands in is gone", cures=("cd ..",))
        raise EnvplanError(problem) from None


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
        _say(json.dumps(document, indent=2))  # in ASCII, which is the same in every encoding
        return
    if answer.text:
        _say(answer.text)
    _tell(answer.problems)


def _say(text: str) -> None:
    if sys.stdout is None:  # closed before we began
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    sys.stdout.write(text.rstrip("\n") + "\n")
    sys.stdout.flush()


def _tell(problems: Sequence[Problem]) -> None:
    """Write problems; where stderr takes nothing, the exit code still tells."""
    if not problems or sys.stderr is None:
        return
    from envplan.cli.views.problems import problems_text

    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    with contextlib.suppress(OSError):
        sys.stderr.write(problems_text(problems, colour=sys.stderr.isatty() and not plain) + "\n")
        sys.stderr.flush()


def _refused(problem: Problem) -> Answer:
    return Answer("refused", problems=(problem,), exit=problem.exit)


def _usage_problem(words: str) -> Problem:
    from envplan.documents import nearest

    message, program, meant_option = [*words.split("\0"), ""][:3]
    unknown = message.removeprefix("unknown command: ")
    if unknown != message:
        meant = nearest(unknown, COMMANDS)
        return Problem(
            "EP100",
            f"there is no command {unknown!r}",
            why=(Said(f"the commands are {', '.join(COMMANDS)}"),),
            cures=(f"envplan {meant}" if meant else "envplan --help",),
        )
    meant_cure = (f"{program} {meant_option}",) if meant_option else ()
    return Problem("EP100", message, wanted=(Said(program),), cures=(*meant_cure, f"{program} --help"))


def _unknown_words(unknown: list[str], parser: argparse.ArgumentParser) -> str:
    """Say which words were not understood, and the option that was probably meant."""
    from envplan.documents import nearest

    known = [option for option in parser.format_usage().split() if option.startswith("[--")]
    near = [nearest(word.split("=")[0], [option.strip("[]") for option in known]) for word in unknown]
    meant = next((option for option in near if option), "")
    return f"not understood: {' '.join(unknown)}\0{parser.prog}\0{meant}"


def _interrupt_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """Find Ctrl-C behind an error: Python 3.11 makes a RuntimeError of one within __set_name__."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error


def _interrupted(interrupt: KeyboardInterrupt) -> Answer:
    why = "each file is as it was before, or as it was asked for; the old environment is intact"
    problem = Problem("EP901", "interrupted", why=(Said(why),))
    return Answer("interrupted", problems=(problem,), exit=getattr(interrupt, "exit", _INTERRUPTED))


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
    _silence(sys.stdout)
    return 1


def _unheard(error: OSError) -> int:
    """The answer could not be given; whatever the command did stays done."""
    _silence(sys.stdout)
    problem = Problem("EP401", "the answer cannot be written to stdout", why=(Said(reason_of(error)),))
    _tell((problem,))
    return problem.exit


def _silence(stream: TextIO | None) -> None:
    """Lead a stream that takes nothing nowhere: Python flushes it at the end, and would exit with 120."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
