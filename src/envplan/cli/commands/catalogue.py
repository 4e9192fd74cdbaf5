"""Every command and its one line of help, so that --help imports none of them."""

from __future__ import annotations

# By the name of the module under envplan.cli.commands.
COMMANDS: dict[str, str] = {
    "init": "write envplan.toml from words",
    "add": "add packages to the spec",
    "remove": "remove packages from the spec",
    "probe": "say what this machine can run",
    "plan": "choose versions and variants for this machine, or for others",
    "lock": "write exact versions and hashes for every machine into one file",
    "apply": "install what the lock has for this machine, proven before it is used",
    "verify": "say whether the environment is whole, and works here",
    "run": "run a command in the environment, as it is",
    "rollback": "go back to the environment of before",
    "gc": "remove old generations of the environment",
    "bundle": "write a lock and its wheels into one file, for machines without a network",
    "cache": "say what the store holds, check it, and delete what nobody uses",
    "why": "say who needs a package of the lock, and why in this build",
    "tree": "draw what one target of the lock takes",
    "diff": "say what one lock changes against another",
    "explain": "explain a problem code",
    "demo": "see it work, in seconds and without a network",
}
