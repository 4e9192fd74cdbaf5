"""A spec from words: torch 2.2 on gpu."""

from __future__ import annotations

import re
from collections.abc import Sequence

from envplan.documents.reading import nearest
from envplan.problems import EnvplanError, Problem
from envplan.spec.grammar.accelerators import SAID
from envplan.spec.grammar.names import PUBLISHED_AS
from envplan.spec.model import Accelerator, Requirement
from envplan.spec.sections import PLATFORMS_SAID
from envplan.spec.words.hearing import Hearing, Statement
from envplan.spec.words.phrasing import installed, plainly
from envplan.spec.words.tokens import Token, phrases, tokens
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.records import dataclass
from envplan.values.versions import Python

_ACCELERATOR = re.compile(
    r"[cg]pus?|cuda[0-9.]*|cu[0-9.]{2,5}|rocm[0-9.]*|xpu|auto|nvidia|amd|radeon|intel|mps|metal|apple"
)
_FILLING = {"a", "an", "the", "any", "my", "our", "only", "version", "release", "series"}
# What may stand behind an accelerator, and adds nothing to it.
_BEHIND = {"only", "support", "silicon", "acceleration", "card", "cards", "enabled"}
# The names of GPUs: torch with RTX 3090 asks for no package called rtx.
_HARDWARE = re.compile(
    r"[rg]tx(?:-?[0-9]{3,4}(?:ti)?)?|geforce|tesla|quadro|[abhv][0-9]{3}|a[14]0|l4|l40s?|t4|p100|k80|m[1-4]0"
    r"|m[1-5](?:-(?:pro|max|ultra))?|blackwell|hopper|ada|ampere|turing|volta|pascal|maxwell|kepler|jetson"
)
_PYTHON = re.compile(r"python([0-9.]*)|(?:py|cp)([23][0-9.]+)")
_FILE = re.compile(r".+\.(?:txt|toml|yml|ipynb|lock)|environment\.yaml|setup\.(?:py|cfg)")
_SPEC_FILE = re.compile(r".+\.txt|pyproject\.toml")
# They come with the packages that need them, or with the system: no package of that name is meant.
_COMES_ALONG = {"cudnn", "nccl", "cublas", "driver", "drivers"}
# torch2.2 and torch-2.2 would be names of packages, though of none that anybody means.
_JOINED = re.compile(r"(?i)([a-z][a-z-]*?[a-z])[-_]?v?([0-9]+\.[0-9][0-9.]*)")
_UNKNOWN = "?"  # a word that was refused; a number after it is part of it
_NEWEST = {"latest", "newest"}
_NO_PACKAGE = {
    *(*_FILLING, *_NEWEST, "i", "we", "me", "my", "want", "need", "please", "install", "use", "some", "or"),
    *("not", "run", "runs", "make", "build", "create", "give", "get"),
}

# Names that are packages beyond doubt, so that "torch torchvision" needs no comma. Any other word in that
# place may be a sentence, and a sentence must not become a list of strangers' packages.
_KNOWN = {
    *(
        *PUBLISHED_AS,
        *PUBLISHED_AS.values(),
        "accelerate",
        "bitsandbytes",
        "cupy",
        "cupy-cuda12x",
        "datasets",
    ),
    *(
        "diffusers",
        "einops",
        "flash-attn",
        "flax",
        "gradio",
        "ipykernel",
        "jax",
        "jaxlib",
        "jupyter",
        "keras",
    ),
    *(
        "lightning",
        "matplotlib",
        "numpy",
        "onnx",
        "onnxruntime",
        "onnxruntime-gpu",
        "optax",
        "pandas",
        "peft",
    ),
    *(
        "pytest",
        "pytorch-lightning",
        "safetensors",
        "scipy",
        "seaborn",
        "sentencepiece",
        "timm",
        "tokenizers",
    ),
    *("torchmetrics", "torchtext", "tqdm", "transformers", "triton", "vllm", "wandb", "xformers"),
}


@dataclass(frozen=True)
class Wishes:
    """What the words ask for."""

    packages: tuple[Requirement, ...] = ()
    pythons: tuple[Python, ...] = ()
    accelerator: Accelerator | None = None
    platforms: tuple[Platform, ...] = ()
    notes: tuple[Problem, ...] = ()


def understood(
    words: Sequence[str], *, accelerator: Accelerator | None = None, command: str = "init"
) -> Wishes:
    """Understand words; an accelerator given beforehand is that of the whole environment."""
    hearing = Hearing(statements=[Statement((), accelerator)] if accelerator else [], command=command)
    for phrase in phrases(installed(words, _ACCELERATOR.fullmatch)):
        hearing.phrase = phrase
        _Phrase(hearing).hear(list(tokens(plainly(phrase))) or list(tokens(phrase)))
    whole = hearing.settle()
    if hearing.problems:
        raise EnvplanError(*hearing.problems)
    return Wishes(
        packages=tuple(hearing.packages.values()),
        pythons=tuple(hearing.pythons),
        accelerator=whole,
        platforms=tuple(hearing.platforms),
        notes=tuple(hearing.notes),
    )


class _Phrase:
    """One phrase being heard, token by token."""

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing
        self.package: str | None = None  # what a version would belong to
        self.counted: str | None = None  # cuda, rocm or python, waiting for its number
        self.joint: str | None = None  # "on", "with": what stands behind it is no sentence of its own
        self.before: list[str] = []  # packages that an accelerator would be said of
        self.behind = False  # whether an accelerator stands right before this
        self.said = False  # whether an accelerator was said in this phrase
        self.open = True  # whether any name may stand here

    def hear(self, parts: list[Token]) -> None:
        """Hear it all."""
        for token, following in zip(parts, [*parts[1:], None], strict=True):
            match token.kind:
                case "separator":
                    self._expect(package=None, opened=True)
                case "joint":
                    self._expect(package=None, opened=token.text.lower() in ("with", "using"))
                    self.joint = token.text
                case "version" | "comparison":
                    self._number(token)
                case "requirement":
                    self._requirement(token)
                case "word":
                    self._word(token.text, following)
        self._expect(package=None, opened=False)
        if self.joint and parts[-1].kind == "joint":
            self.hearing.refuse(self.joint, f"nothing stands after {self.joint!r}")

    def _expect(self, *, package: str | None, opened: bool) -> None:
        """Close what stood before; cuda without a number is any CUDA."""
        counted, self.counted = self.counted, None
        if counted == "python":
            self.hearing.refuse(
                "python", "python without a version", cures=[self.hearing.typed("python 3.11")]
            )
        elif counted and counted != _UNKNOWN:
            self._accelerator(counted)
        self.package, self.open = package, opened

    def _number(self, token: Token) -> None:
        counted, self.counted = self.counted, None
        if counted == "python":
            self.hearing.take_python(token.text)
        elif counted == _UNKNOWN:
            return
        elif counted:
            self._accelerator(f"cuda=={token.text}" if counted == "cuda" else f"{counted}{token.text}")
        elif self.package:
            self.hearing.take_version(self.package, token.text)
        else:
            why = "a number stands after the name it belongs to"
            self.hearing.refuse(token.text, f"{token.text!r} belongs to no package", why)

    def _requirement(self, token: Token) -> None:
        name = token.name.lower()
        self._expect(package=None, opened=False)
        if name == "python":
            self.joint = None
            self.hearing.take_python(re.sub(r"^==?\s*(?=[0-9])", "", token.version))
        elif name in ("cuda", "rocm") and not token.extras:
            self._accelerator(f"{name}{token.version}")
        else:
            self._package(token.name, token.extras, token.version)

    def _word(self, text: str, following: Token | None) -> None:
        word = text.lower()
        if (word in _FILLING and (self.package or self.joint)) or (word in _NEWEST and following):
            return
        if word in _NEWEST and self.package:
            return
        behind, self.behind = self.behind or self.counted in ("cuda", "rocm"), False
        if word in _BEHIND and behind:
            return
        package, opened = self.package, self.open
        self._expect(package=None, opened=False)
        if python := _PYTHON.fullmatch(word):
            self._python(python[1] or python[2] or "")
        elif joined := _JOINED.fullmatch(text) if not _ACCELERATOR.fullmatch(word) else None:
            self._refuse_joined(text, joined[1], joined[2])
        elif _ACCELERATOR.fullmatch(word):
            self._accelerator_word(word)
        elif word in PLATFORM_NAMES or word in PLATFORMS_SAID:
            self.joint = None
            self.hearing.take_platform(PLATFORMS_SAID.get(word, word))
        elif self._may_be_name(word, following, opened, package):
            self._package(text, "", "")
        else:
            self._refuse(text, package)

    def _may_be_name(self, word: str, following: Token | None, opened: bool, package: str | None) -> bool:
        if word in _NO_PACKAGE | _COMES_ALONG or (self.joint and not opened):
            return False
        if _HARDWARE.fullmatch(word) or _FILE.fullmatch(word):
            return False
        if opened or word in _KNOWN:
            return True
        # "flash attention 2" is no list; "flash 1 attention 2" is one.
        alone = package is None or package in _KNOWN or self.hearing.packages[package].asked != "*"
        return alone and following is not None and following.kind in ("version", "comparison")

    def _package(self, name: str, extras: str, version: str) -> None:
        taken = self.hearing.take_package(name, extras, version)
        self.joint = None
        self.package = taken
        self.before += [taken] if taken else []

    def _python(self, number: str) -> None:
        self.joint = None
        if number:
            written = re.sub(r"^([23])([0-9]{1,2})$", r"\1.\2", number)  # py311
            self.hearing.take_python(written)
        else:
            self.counted = "python"

    def _accelerator_word(self, word: str) -> None:
        self.joint = None
        if word in ("cuda", "rocm"):
            self.counted = word
        else:
            self._accelerator(word.rstrip("s") if word in ("gpus", "cpus") else SAID.get(word, word))

    def _accelerator(self, text: str) -> None:
        self.joint = None
        self.hearing.take_accelerator(text, tuple(self.before), again=self.said and not self.before)
        self.before, self.said, self.behind = [], True, True

    def _refuse_joined(self, text: str, name: str, version: str) -> None:
        self.joint = None
        self.hearing.refuse(
            text,
            f"{text!r} is a name and a version in one",
            why="a space stands between them, or a comparison",
            cures=[self.hearing.typed(f"{name} {version}")],
        )

    def _refuse(self, text: str, package: str | None) -> None:
        joint, self.joint = self.joint, None
        self.counted = _UNKNOWN
        if _HARDWARE.fullmatch(text.lower()):
            self.hearing.refuse(
                text,
                why="a spec names no certain GPU, so that it holds for every machine; say gpu here, "
                "and name the machine when planning, with --for",
                cures=[self.hearing.typed("torch 2.2 on gpu")],
            )
        elif text.lower() in _COMES_ALONG:
            why = "cuDNN and the like come with the packages that need them; the driver comes with the system"
            self.hearing.refuse(text, f"{text} is no package to ask for", why)
        elif _FILE.fullmatch(text.lower()):
            cures = [f"envplan plan --spec {text}"] if _SPEC_FILE.fullmatch(text.lower()) else []
            self.hearing.refuse(text, f"{text} is a file, not a package", cures=cures)
        elif joint:
            near = nearest(text, ["gpu", "cpu", "cuda", "rocm", "xpu", "linux", "windows", "macos", "python"])
            self.hearing.refuse(
                text,
                why=f"after {joint!r} stands gpu, cpu, cuda 12.1, cu121, rocm, xpu, python 3.11 or linux; "
                "a certain machine is named when planning, with --for",
                cures=[self.hearing.typed(f"torch 2.2 {joint} {near}")] if near else [],
            )
        else:
            self.hearing.refuse(text, why="packages have a comma or 'and' between them" if package else "")
