"""`envplan init WORDS`: a spec from words."""

from __future__ import annotations

import argparse

from envplan.cli.answer import Answer

_EXAMPLES = """\
examples:
  envplan init "torch 2.2 on gpu" "transformers>=4.40"
  envplan init "torch, torchvision and torchaudio on cuda 12.1" "python 3.11"
  envplan init "torch 2.2 on gpu" "tensorflow 2.16 on cpu"
  envplan init --python 3.11 --accelerator auto torch numpy
  envplan init                                       an empty one to fill in
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "words", nargs="*", metavar="WORDS", help='packages and the rest, such as "torch 2.2 on gpu"'
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="X.Y",
        help="the Python, such as 3.11; may be repeated",
    )
    parser.add_argument("--accelerator", metavar="WORD", help="auto, gpu, cpu, cuda, cu121, rocm, xpu")
    parser.add_argument("--name", help="the name of the environment (default: that of the folder)")
    parser.add_argument(
        "--output", metavar="FILE", default="envplan.toml", help="where to write it (default: envplan.toml)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite the file that is there")
    parser.epilog = _EXAMPLES


def run(options: argparse.Namespace) -> Answer:
    """Write the spec, and show it."""
    from pathlib import Path
    from shlex import quote

    from envplan.documents.reading import printable
    from envplan.spec import SPEC_FILE
    from envplan.spec.rendering import spec_json
    from envplan.verbs.init import init

    written = init(
        options.words,
        Path(options.output),
        force=options.force,
        pythons=options.python,
        accelerator=options.accelerator,
        name=options.name,
    )
    following = "envplan plan" if written.spec.packages else "envplan add torch"
    if written.file.name != SPEC_FILE or written.file.parent.name:
        following += f" --spec {printable(quote(str(written.file)))}"
    text = f"wrote {printable(str(written.file))}\n\n{written.text}\nnext: {following}"
    data = {"file": str(written.file), "spec": spec_json(written.spec)}
    return Answer("written", text=text, data=data, problems=written.notes)
