"""Read what is to be broken on purpose: ``production:errors=30%``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from delivery.errors import BadInput
from delivery.model import Injection

_LONGEST_SECONDS = 60.0
_HOOKS = ("pre", "post")
# Metrics of AWS/Lambda and of AWS/ApiGateway that a version's release can lose.
LOSABLE = (
    *("Invocations", "Errors", "Duration", "Throttles"),
    *("Count", "4XXError", "5XXError", "Latency"),
)
# Each kind: how its value looks, and what it does.
ALLOWED: Mapping[str, tuple[str, str]] = {
    "errors": ("errors=30%", "this share of calls fails"),
    "latency": ("latency=13s", "each call takes so much longer (s or ms)"),
    "throttling": ("throttling=50%", "this share of calls is refused"),
    "memory": ("memory[=20%]", "calls run out of memory"),
    "hook": ("hook=pre|post", "the traffic hook fails"),
    "alarm": ("alarm=NAME", "the alarm fires already"),
    "metric": ("metric=NAME", f"the metric is lost: {', '.join(LOSABLE)}"),
}


def read_injections(
    texts: Sequence[str], environments: Sequence[str]
) -> list[Injection]:
    """Read ``ENVIRONMENT:KIND[=VALUE]``, each.

    Raises:
        BadInput: for an environment, a kind or a value that is not allowed; it names what is.
    """
    return [_read(text, environments) for text in texts]


def _read(text: str, environments: Sequence[str]) -> Injection:
    environment, colon, rest = text.strip().partition(":")
    if not colon or environment not in environments:
        raise _refused(
            text, f"Before the colon stands one of {', '.join(environments)}."
        )
    kind, _, value = rest.partition("=")
    reader = _READERS.get(kind)
    if reader is None:
        raise _refused(text, f"There is no fault {kind!r}.")
    try:
        settings = reader(value.strip())
    except ValueError as error:
        raise _refused(text, f"{error}.") from error
    return Injection(environment, kind, settings, text.strip())


def _rate(value: str) -> dict[str, Any]:
    number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    if not 0 < number <= 1:
        raise ValueError(f"{value!r} is not a share above 0 and up to 100%")
    return {"rate": number}


def _rate_or_all(value: str) -> dict[str, Any]:
    return _rate(value or "100%")


def _seconds(value: str) -> dict[str, Any]:
    number, unit = value, 1.0
    if value.endswith("ms"):
        number, unit = value.removesuffix("ms"), 1000.0
    seconds = float(number.removesuffix("s")) / unit
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise ValueError(f"{value!r} is not a time up to {_LONGEST_SECONDS:g} s")
    return {"seconds": seconds}


def _hook(value: str) -> dict[str, Any]:
    if value not in _HOOKS:
        raise ValueError(f"{value!r} is neither {' nor '.join(_HOOKS)}")
    return {"name": value}


def _alarm(value: str) -> dict[str, Any]:
    if not value:
        raise ValueError("The alarm's name, or its logical id, is missing")
    return {"name": value}


def _metric(value: str) -> dict[str, Any]:
    if value not in LOSABLE:
        raise ValueError(f"{value!r} is not one of {', '.join(LOSABLE)}")
    return {"name": value}


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "errors": _rate,
    "latency": _seconds,
    "throttling": _rate,
    "memory": _rate_or_all,
    "hook": _hook,
    "alarm": _alarm,
    "metric": _metric,
}


def _refused(text: str, why: str) -> BadInput:
    forms = "\n".join(f"{form:<16} {says}" for form, says in ALLOWED.values())
    return BadInput(
        f"{text!r} is nothing that can be injected.",
        why=why,
        next_step=f"Give ENVIRONMENT:KIND[=VALUE], such as production:errors=30%:\n{forms}",
    )
