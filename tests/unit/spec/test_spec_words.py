"""A spec from words: what is understood, and what is not."""

from __future__ import annotations

import pytest

from envplan.problems import EnvplanError
from envplan.spec.words.understand import Wishes, understood


def heard(wishes: Wishes) -> str:
    """Write down what was understood, in one line."""
    packages = [
        f"{one}".removesuffix(" *") + (f" ({one.accelerator})" if one.accelerator else "")
        for one in wishes.packages
    ]
    rest = [f"python {python}" for python in wishes.pythons] + [str(one) for one in wishes.platforms]
    return "; ".join([*packages, *rest]) + f" | {wishes.accelerator or '-'}"


UNDERSTOOD = [
    (["torch 2.2 on gpu", "transformers>=4.40"], "torch 2.2; transformers >=4.40 | gpu"),
    (["torch==2.2.1"], "torch ==2.2.1 | -"),
    (["torch 2.2.1+cu121"], "torch 2.2.1+cu121 | -"),
    (["torch 2.2 with cuda 12.1"], "torch 2.2 | cuda==12.1"),
    (["torch on CUDA 12"], "torch | cuda>=12.0,<13.0"),
    (["torch on cuda>=12.1"], "torch | cuda>=12.1"),
    (["torch on cuda12.1"], "torch | cuda==12.1"),
    (["torch on cuda"], "torch | cuda"),
    (["torch on cu121"], "torch | cu121"),
    (["torch on rocm 6.2"], "torch | rocm6.2"),
    (["torch on rocm"], "torch | rocm"),
    (["torch on xpu"], "torch | xpu"),
    (["torch on mps"], "torch | gpu"),
    (["torch 2.2 on cpu"], "torch 2.2 | cpu"),
    (["torch on auto"], "torch | auto"),
    (["pytorch 2.2 gpu"], "torch 2.2 | gpu"),
    (["PyTorch 2.2 on GPU"], "torch 2.2 | gpu"),
    (["torch 2.2 on a gpu with cuda 12.1"], "torch 2.2 | cuda==12.1"),
    (["torch 2.2 on an NVIDIA GPU"], "torch 2.2 | cuda"),
    (["torch on cuda 12.1", "python 3.11"], "torch; python 3.11 | cuda==12.1"),
    (["jax[cuda12]"], "jax[cuda12] | cuda>=12.0,<13.0"),
    (["tensorflow[and-cuda] 2.16"], "tensorflow[and-cuda] 2.16 | cuda"),
    (["torch 2.5 + jax[cuda12] on gpu"], "torch 2.5; jax[cuda12] | gpu"),
    (["numpy<2"], "numpy <2 | -"),
    (["numpy >= 1.26 , < 2 and scipy"], "numpy >= 1.26 , < 2; scipy | -"),
    (["torch 2.2, torchvision and torchaudio on gpu"], "torch 2.2; torchvision; torchaudio | gpu"),
    (["torch torchvision on gpu"], "torch; torchvision | gpu"),
    (["torch 2.2 torchvision 0.17"], "torch 2.2; torchvision 0.17 | -"),
    (["torch", "2.2", "on", "gpu", "numpy"], "torch 2.2; numpy | gpu"),
    (["torch on gpu", "tensorflow 2.16 on cpu"], "torch; tensorflow 2.16 (cpu) | gpu"),
    (["torch on gpu and tensorflow on cpu"], "torch; tensorflow (cpu) | gpu"),
    (["tensorflow on cpu", "torch", "on gpu"], "tensorflow; torch (gpu) | cpu"),
    (["latest torch on gpu"], "torch | gpu"),
    (["torch latest"], "torch | -"),
    (["torch 2.2 with numpy 1.26"], "torch 2.2; numpy 1.26 | -"),
    (["torch on gpu for python 3.11 on linux"], "torch; python 3.11; linux-x86_64 | gpu"),
    (["torch", "torch 2.2"], "torch 2.2 | -"),
    (["sklearn, cv2, PIL"], "scikit-learn; opencv-python; pillow | -"),
    (["python 3.11"], "python 3.11 | -"),
    (["python3.11", "python==3.12"], "python 3.11; python 3.12 | -"),
    (["torch 2.2 cu121 py311"], "torch 2.2; python 3.11 | cu121"),
    (["torch 2.2 py3.11"], "torch 2.2; python 3.11 | -"),
    (["torch on linux and windows"], "torch; linux-x86_64; windows-x86_64 | -"),
    (["torch 2.2 on gpu, python 3.11, linux"], "torch 2.2; python 3.11; linux-x86_64 | gpu"),
    (["torch on wsl2"], "torch; linux-x86_64 | -"),
    (["torch 2.2 or newer on gpu"], "torch >=2.2 | gpu"),
    (["torch at least 2.2"], "torch >=2.2 | -"),
    (["torch older than 2.3, numpy below 2"], "torch <2.3; numpy <2 | -"),
    (["torch on cuda 12.1 or newer"], "torch | cuda>=12.1"),
    (["torch on gpu or cpu"], "torch | auto"),
    (["torch on gpu if available"], "torch | auto"),
    (["PyTorch 2.2 (CUDA 12.1)"], "torch 2.2 | cuda==12.1"),
    (["huggingface transformers"], "huggingface-hub; transformers | -"),
    (
        ["pip install torch==2.2.2 torchvision --index-url https://w.example/whl/cu121"],
        "torch ==2.2.2; torchvision | cu121",
    ),
    (
        ["conda", "install", "pytorch==2.2.0", "pytorch-cuda=12.1", "-c", "pytorch"],
        "torch ==2.2.0 | cuda==12.1",
    ),
    (["uv pip install jax[cuda12]"], "jax[cuda12] | cuda>=12.0,<13.0"),
    ([], " | -"),
]


@pytest.mark.parametrize(("words", "meaning"), UNDERSTOOD, ids=[" / ".join(w) for w, _ in UNDERSTOOD])
def test_words_have_their_meaning(words: list[str], meaning: str) -> None:
    assert heard(understood(words)) == meaning


NOT_UNDERSTOOD = [
    (["make me a sandwich"], "make"),
    (["torch on toaster"], "toaster"),
    (["torch on rtx 3090"], "rtx"),
    (["torch version two"], "two"),
    (["torch frobnicate"], "frobnicate"),
    (["torch 2.2 on gpu please"], "please"),
    (["torch on"], "on"),
    (["???"], "???"),
    (["-r/etc/passwd"], "-r/etc/passwd"),
    (["torch;rm -rf /"], "/"),
    (["torch\0"], "torch\\x00"),
    (["t\u043erch"], "t\u043erch"),
    (["2.2"], "2.2"),
    (["python"], "python"),
    (["python>=3.10"], ">=3.10"),
    (["torch 2.x"], "2.x"),
    (["torch 2.2", "torch 2.3"], "2.3"),
    (["torch==2.2.1==3"], "==3"),
    (["torch[a b]"], "a b"),
    (["torch on gpu on cpu"], "cpu"),
    (["requirements.txt"], "requirements.txt"),
    (["torch with cudnn 8"], "cudnn"),
    (["flash attention 2"], "attention"),
    (["torch on an m1"], "m1"),
    (["torch for blackwell"], "blackwell"),
    (["pip install -r requirements.txt"], "requirements.txt"),
    (["jax[cuda12] on cpu"], "jax[cuda12]"),
    (["git+https://git.example/x"], "git+https://git.example/x"),
    (["torch " + "x" * 100_000], "x" * 59 + "…"),
]


@pytest.mark.parametrize(("words", "part"), NOT_UNDERSTOOD, ids=[part for _, part in NOT_UNDERSTOOD])
def test_what_is_not_understood_is_shown_with_examples(words: list[str], part: str) -> None:
    with pytest.raises(EnvplanError) as caught:
        understood(words)
    problems = caught.value.problems
    assert all(problem.code == "EP106" for problem in problems)
    assert part in [one.text for problem in problems for one in problem.found]
    assert all(
        cure.startswith(("envplan init", "envplan plan --spec"))
        for problem in problems
        for cure in problem.cures
    )
    assert all(problem.cures for problem in problems)


def test_a_sentence_does_not_become_a_list_of_packages() -> None:
    with pytest.raises(EnvplanError):
        understood(["torch runs very fast"])


def test_the_published_name_of_a_package_is_said() -> None:
    (note,) = understood(["pytorch"]).notes
    assert (note.severity, note.title) == ("note", "pytorch is published as torch")


def test_a_password_in_the_words_is_not_repeated() -> None:
    with pytest.raises(EnvplanError) as caught:
        understood(["git+https://me:hunter2@git.example/x", "torch @ https://me:hunter2@x.example"])
    assert "hunter2" not in str([problem.as_json() for problem in caught.value.problems])


@pytest.mark.parametrize(
    ("words", "accelerator"),
    [
        ("cpu only torch", "cpu"),
        ("torch cpu-only", "cpu"),
        ("torch without a GPU", "cpu"),
        ("torch with no gpu", "cpu"),
        ("torch no gpu", "cpu"),
        ("torch on my gpu", "gpu"),
        ("torch on apple silicon", "gpu"),
        ("latest pytorch with gpu support", "gpu"),
        ("torch with cuda support", "cuda"),
        ("torch with cuda support, numpy", "cuda"),
    ],
)
def test_what_people_say_around_an_accelerator(words: str, accelerator: str) -> None:
    wishes = understood([words])
    assert str(wishes.accelerator) == accelerator
    assert wishes.packages[0].name == "torch"


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("torch2.2", 'envplan init "torch 2.2"'),
        ("torch-2.2.1 on gpu", 'envplan init "torch 2.2.1"'),
        ("torch for RTX 3090", 'envplan init "torch 2.2 on gpu"'),
        ("torch with RTX3090", 'envplan init "torch 2.2 on gpu"'),
        ("torch with a100", 'envplan init "torch 2.2 on gpu"'),
    ],
)
def test_a_version_or_a_gpu_is_never_taken_for_a_package(words: str, cure: str) -> None:
    with pytest.raises(EnvplanError) as raised:
        understood([words])
    assert raised.value.problems[0].cures[0] == cure


def test_torch_for_something_names_no_package() -> None:
    with pytest.raises(EnvplanError):
        understood(["torch for inference"])
