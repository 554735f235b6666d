"""Put changes and events into lines, for every screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from delivery.model import ResourceChange, StackEvent

_MOST_WIDENED = 12
_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": ">", "Dynamic": "?"}


def event_line(event: StackEvent) -> str:
    """Return one line for an event: status, resource, and the reason if it failed."""
    what = f"{event.logical_id}  {event.type}"
    name = "the stack" if event.of_the_stack_itself else what
    reason = f"  {event.reason}" if event.reason and event.failed else ""
    return f"{event.status:<28} {name}{reason}"


def change_lines(
    title: str,
    changes: Sequence[ResourceChange],
    widened: Sequence[str],
    *,
    brief: bool,
) -> Iterator[tuple[str, str]]:
    """Yield a change set as lines, each after the style that it has in colour."""
    yield "bold", title
    for change in worth_showing(changes, brief=brief):
        yield _change_style(change), f"  {change_line(change)}"
    for line in widened_lines(widened):
        yield "bold red", f"  {line}"
    yield "default", f"  {summary_line(changes)}"


def _change_style(change: ResourceChange) -> str:
    if danger_of(change).isupper() or change.deletes or change.replaces:
        return "bold red"
    return {"Add": "green", "Modify": "yellow"}.get(change.action, "default")


def change_line(change: ResourceChange) -> str:
    """Return one line for a change; what replaces or deletes says so in capitals."""
    sign = _SIGNS.get(change.action, "?")
    parts = [f"{sign} {change.logical_id}  {change.type}"]
    if change.properties and change.action == "Modify":
        parts.append(f"({', '.join(change.properties)})")
    if danger := danger_of(change):
        parts.append(f"  {danger}")
    return " ".join(parts)


def widened_lines(widened: Sequence[str]) -> list[str]:
    """Return what would be allowed that was not, as far as somebody reads it."""
    lines = [f"! ALLOWS MORE: {each}" for each in widened[:_MOST_WIDENED]]
    if more := len(widened) - len(lines):
        lines.append(f"! ALLOWS MORE: and {more} others; diff shows all of them")
    return lines


def worth_showing(
    changes: Sequence[ResourceChange], *, brief: bool
) -> Sequence[ResourceChange]:
    """Return the changes to show one by one; a brief screen shows the dangerous ones."""
    return [each for each in changes if danger_of(each) or not brief]


def danger_of(change: ResourceChange) -> str:
    """Return what makes a change dangerous, or nothing."""
    if change.action == "Remove":
        return "DELETES IT" if change.deletes else "leaves it behind, unmanaged"
    if not change.replaces:
        return ""
    word = "REPLACES IT" if change.replacement == "True" else "MAY REPLACE IT"
    return f"{word}, DELETES THE OLD ONE" if change.deletes else word


def summary_line(changes: Sequence[ResourceChange]) -> str:
    """Count the changes by kind."""
    if not changes:
        return "No resource changes; outputs or settings of the stack do."
    words = {"Add": "added", "Modify": "changed", "Remove": "removed"}
    counts = [
        f"{count} {word}"
        for action, word in words.items()
        if (count := sum(each.action == action for each in changes))
    ]
    others = sum(each.action not in words for each in changes)
    if others:
        counts.append(f"{others} other")
    dangerous = sum(bool(danger_of(each)) for each in changes)
    tail = f"; {dangerous} of them need a second look" if dangerous else ""
    return f"{', '.join(counts)}{tail}."
