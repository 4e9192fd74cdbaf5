"""The NVIDIA ladder: look for signs, ask what there is to ask, and make one story of the answers."""

from __future__ import annotations

from collections.abc import Callable

from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.nvidia import problems
from envplan.machine.probe.nvidia.asked import ask
from envplan.machine.probe.nvidia.signs import Signs
from envplan.machine.probe.nvidia.source import LIBCUDA, NVML, SMI, Account
from envplan.machine.probe.nvidia.story import Story, tell
from envplan.machine.probe.nvidia.visible import counts
from envplan.machine.probe.rungs import Found, Rung, Unreadable
from envplan.values.versions import Compute

Known = Callable[[str], Compute | None]


def climb(host: Host, signs: Signs, *, known: Known | None, thorough: bool, container: bool) -> Gpus:
    """Ask the sources that are there; all of them when thorough, else until the story is complete."""
    if thorough:
        asked = _all((NVML, LIBCUDA, SMI), host, signs, container)
    else:
        asked = _all((NVML,), host, signs, container)
        if not _complete(asked[0]):
            asked += _all((LIBCUDA, SMI), host, signs, container)
        elif counts(host.environ):  # GPUs chosen by number: only libcuda knows how CUDA counts
            asked += _all((LIBCUDA,), host, signs, container)
    story = tell(
        Story(
            host=host,
            signs=signs,
            accounts=tuple(rung.outcome.value for rung in asked if isinstance(rung.outcome, Found)),
            failures=tuple(rung.outcome.problem for rung in asked if isinstance(rung.outcome, Unreadable)),
            container=container,
        ),
        known,
    )
    return Gpus(
        driver=story.nvidia,
        gpus=tuple(story.gpus),
        hidden=tuple(story.hidden),
        unreadable=tuple(story.unreadable),
        warnings=tuple(story.warnings),
        rungs=(*signs.rungs, *asked),
    )


def _complete(rung: Rung) -> bool:
    match rung.outcome:
        case Found(Account() as account):
            return bool(
                account.driver
                and account.devices
                and not account.broken
                and all(device.compute for device in account.devices)
            )
        case _:
            return False


def _all(names: tuple[str, ...], host: Host, signs: Signs, container: bool) -> list[Rung]:
    """Ask several at once: each waits on a child, and together they take as long as the slowest."""
    import threading

    rungs: dict[str, Rung] = {}

    def one(name: str) -> None:
        try:
            rungs[name] = ask(name, host, signs, container=container)
        except Exception as error:  # a thread's exception would be lost, and with it the GPU
            failure = problems.Failure(name, "ask", None, f"{type(error).__name__}: {error}")
            rungs[name] = Rung(
                name, "", Unreadable(problems.explain(failure, host, signs, container=container))
            )

    threads = [threading.Thread(target=one, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [rungs[name] for name in names]
