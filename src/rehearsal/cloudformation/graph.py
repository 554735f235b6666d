"""Do work in the order of its dependencies, everything that is free at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

# Most of a resource's time is waiting: fifty aliases shift side by side.
_WORKERS = 64


def run(
    names: Iterable[str],
    needs: Mapping[str, frozenset[str]],
    work: Callable[[str], bool],
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, bool]:
    """Call ``work`` for each name after those it needs; a name whose need failed is left.

    Once ``stopped`` says so nothing new begins; what has begun is awaited.

    Returns:
        for each name that began, whether its work succeeded.
    """
    waiting = list(names)
    wanted = set(waiting)
    outcome: dict[str, bool] = {}
    running: dict[Future[bool], str] = {}
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="resource") as pool:
        while True:
            if not stopped():
                for name in free(waiting, needs, wanted, outcome):
                    waiting.remove(name)
                    running[pool.submit(work, name)] = name
            if not running:
                return outcome
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                outcome[running.pop(future)] = future.result()


def free(
    waiting: Iterable[str],
    needs: Mapping[str, frozenset[str]],
    wanted: set[str],
    outcome: Mapping[str, bool],
) -> list[str]:
    """List those of ``waiting`` whose needs, as far as they are wanted, have succeeded."""
    return [
        name
        for name in waiting
        if all(
            outcome.get(need, False)
            for need in needs.get(name, frozenset()) & wanted
            if need != name
        )
    ]


def reverse(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Turn the arrows around: what is removed before what."""
    users: dict[str, set[str]] = {name: set() for name in needs}
    for name, wanted in needs.items():
        for need in wanted:
            users.setdefault(need, set()).add(name)
    return {name: frozenset(found) for name, found in users.items()}
