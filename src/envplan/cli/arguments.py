"""The arguments that several commands take, declared once: they mean the same everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from envplan.values.names import normal


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Which spec."""
    parser.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="the spec (default: envplan.toml or pyproject.toml here)",
    )


def add_lock(parser: argparse.ArgumentParser) -> None:
    """Which lock."""
    parser.add_argument(
        "--lock",
        type=Path,
        metavar="FILE",
        help="the lock, pylock.toml or pylock.NAME.toml (default: pylock.toml beside the spec)",
    )


def add_environment(parser: argparse.ArgumentParser) -> None:
    """Which environment, of those that are there."""
    parser.add_argument("--env", type=Path, metavar="PATH", help="the environment (default: .venv here)")


def add_profiles(parser: argparse.ArgumentParser, purpose: str) -> None:
    """For which machines."""
    parser.add_argument(
        "--for",
        dest="profiles",
        action="append",
        default=[],
        metavar="PROFILE",
        help=f"{purpose}: a shipped name or a file; repeatable",
    )


def add_groups(parser: argparse.ArgumentParser) -> None:
    """With which groups; extras are groups in a lock."""
    for option, what in (("--group", "a group of the spec"), ("--extra", "an extra of the project")):
        parser.add_argument(
            option,
            dest=f"{option[2:]}s",
            action="append",
            default=[],
            metavar="NAME",
            help=f"with {what}; repeatable",
        )


def group_names(written: Iterable[str]) -> tuple[str, ...]:
    """Read names of groups in the one spelling that a lock has them in, each once."""
    return tuple(sorted({normal(one.strip()) for one in written}))


def refuse(senseless: object, title: str, cure: str) -> None:
    """Refuse options of which one would be ignored."""
    if senseless:
        from envplan.problems import EnvplanError, Problem

        raise EnvplanError(Problem("EP100", title, cures=(cure,)))
