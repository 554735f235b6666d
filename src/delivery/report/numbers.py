"""Numbers as people read them."""

from __future__ import annotations

from datetime import datetime

_STEPS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
# From here on the second unit is worth a word.
_SHORT = 10


def duration(seconds: float) -> str:
    """Return a duration in its largest unit, with the next one while it is below ten."""
    left = round(seconds)
    for place, (unit, size) in enumerate(_STEPS):
        whole, rest = divmod(left, size)
        if not whole:
            continue
        if place + 1 < len(_STEPS) and whole < _SHORT:
            small, small_size = _STEPS[place + 1]
            if part := rest // small_size:
                return f"{whole} {unit} {part} {small}"
        return f"{whole} {unit}"
    return "0 s"


def share(value: float) -> str:
    """Return a share of one in percent, without decimals that say nothing."""
    return f"{100 * value:.3g} %"


def counted(number: int, thing: str) -> str:
    """Return a number with what it counts."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def moment(time: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return f"{time:%Y-%m-%d %H:%M}"
