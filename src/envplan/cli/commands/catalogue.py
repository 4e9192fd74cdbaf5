"""Every command and its one line of help, so that --help imports none of them."""

from __future__ import annotations

# name: (module under envplan.cli.commands, one line)
COMMANDS: dict[str, str] = {
    "init": "write envplan.toml from words",
    "add": "add packages to the spec",
    "remove": "remove packages from the spec",
    "probe": "say what this machine can run",
    "plan": "choose versions and variants for this machine, or for others",
    "explain": "explain a problem code",
}
