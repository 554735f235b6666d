"""Pictures of a report: executions over time, releases, traffic shifts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.drawing import svg, svg_box, svg_dot, svg_line, svg_text
from delivery.model import Execution
from delivery.report.facts import ReleasedFacts, Shift, state_of
from delivery.report.history import Period
from delivery.report.numbers import duration, moment
from delivery.report.pipeline import OUTCOMES, outcome_of

_WIDTH = 760
_LEFT, _RIGHT = 110, 16
_TOP, _ROW = 14, 34
_BARS = 160
_AXIS = 24
_KEY = 24
# As many columns as can be told apart.
_MOST_COLUMNS = 31


@dataclass(frozen=True, slots=True)
class Axis:
    """Time from left to right."""

    period: Period

    def x(self, at: datetime) -> float:
        """Return where a moment lies; what is outside lies at the edge."""
        part = (at - self.period.since) / (self.period.until - self.period.since)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(part, 0.0), 1.0)

    def labels(self, y: float) -> Iterator[str]:
        """Yield five dates below a picture."""
        length = self.period.until - self.period.since
        for quarter in range(5):
            at = self.period.since + length * quarter / 4
            form = "%Y-%m-%d" if length > timedelta(days=4) else "%m-%d %H:%M"
            anchor = {0: "start", 4: "end"}.get(quarter, "middle")
            yield svg_text(self.x(at), y, f"{at:{form}}", anchor=anchor)


def executions_picture(executions: Sequence[Execution], period: Period) -> str:
    """Draw how many executions began in each column of time, by how they ended."""
    axis, columns = Axis(period), min(_MOST_COLUMNS, max(round(period.days), 1))
    counts = _by_column(executions, period, columns)
    most = max((sum(each.values()) for each in counts.values()), default=0) or 1
    wide = (_WIDTH - _LEFT - _RIGHT) / columns
    floor = _TOP + _BARS
    parts = [
        svg_line(_LEFT, floor, _WIDTH - _RIGHT, floor, "grid"),
        svg_line(_LEFT, _TOP, _WIDTH - _RIGHT, _TOP, "grid"),
        svg_text(_LEFT - 8, floor + 4, "0", anchor="end"),
        svg_text(_LEFT - 8, _TOP + 4, str(most), anchor="end"),
        *axis.labels(floor + 18),
    ]
    for column, found in counts.items():
        left = _LEFT + column * wide
        parts.extend(_stack(found, left, wide, floor, _BARS / most))
    parts.extend(_key(OUTCOMES, floor + _AXIS + 16))
    title = "Executions of the pipeline over time, by how they ended"
    return svg(_WIDTH, floor + _AXIS + _KEY, title, parts)


def _by_column(
    executions: Sequence[Execution], period: Period, columns: int
) -> dict[int, Counter[str]]:
    counts: dict[int, Counter[str]] = {}
    length = (period.until - period.since) / columns
    for each in executions:
        if each.started_at is not None:
            column = min(int((each.started_at - period.since) / length), columns - 1)
            counts.setdefault(column, Counter())[outcome_of(each)] += 1
    return counts


def _stack(
    found: Counter[str], left: float, wide: float, floor: float, unit: float
) -> Iterator[str]:
    y = floor
    for outcome in OUTCOMES:
        if number := found[outcome]:
            y -= number * unit
            title = f"{number} {outcome}"
            yield svg_box(
                left + 1, y, max(wide - 2, 1), number * unit, outcome, title=title
            )


def releases_picture(found: Sequence[ReleasedFacts], period: Period) -> str:
    """Draw each environment's releases on a line of time, and what was taken back."""
    axis = Axis(period)
    parts: list[str] = []
    for row, facts in enumerate(found):
        parts.extend(_release_line(facts, axis, _TOP + _ROW * row + 8))
    bottom = _TOP + _ROW * len(found)
    parts.extend(axis.labels(bottom + 8))
    parts.extend(
        _key(("verified", "failed", "unjudged", "back"), bottom + _AXIS + 8, _WORDS)
    )
    return svg(_WIDTH, bottom + _AXIS + _KEY, "Releases of each environment", parts)


_WORDS = {"unjudged": "no verdict", "back": "rolled back"}


def _release_line(facts: ReleasedFacts, axis: Axis, y: float) -> Iterator[str]:
    yield svg_text(_LEFT - 12, y + 4, facts.environment, anchor="end")
    yield svg_line(_LEFT, y, _WIDTH - _RIGHT, y, "grid")
    for each in facts.releases:
        state = state_of(each, facts.taken_back)
        css = each.verdict or "unjudged"
        title = (
            f"release {each.number}, {each.kind}, {each.commit[:8]}, {state}, "
            f"{moment(each.deployed_at)} UTC"
        )
        yield svg_dot(axis.x(each.deployed_at), y, 5, css, title=title)
    for back in facts.taken_back:
        what = back.function or "rolled back"
        title = (
            f"{what} from release {back.release}: {back.reason}, {moment(back.at)} UTC"
        )
        yield svg_box(axis.x(back.at) - 2, y - 13, 4, 26, "back", title=title)


def shifts_picture(shifts: Sequence[Shift], period: Period) -> str:
    """Draw how long each shift took, oldest first, by how it ended."""
    longest = max((_seconds(each) for each in shifts), default=0.0) or 1.0
    room = _WIDTH - _LEFT - _RIGHT - 70
    parts: list[str] = []
    for row, each in enumerate(shifts):
        y, length = _TOP + 22 * row, room * _seconds(each) / longest
        parts.append(
            svg_text(_LEFT - 8, y + 12, f"{each.began_at:%m-%d %H:%M}", anchor="end")
        )
        parts.append(
            svg_box(_LEFT, y, max(length, 2), 16, each.outcome, title=_told(each))
        )
        took = "running" if each.outcome == "running" else duration(_seconds(each))
        parts.append(svg_text(_LEFT + length + 6, y + 12, took))
    bottom = _TOP + 22 * len(shifts)
    parts.extend(_key(("complete", "failed", "running"), bottom + 14))
    return svg(_WIDTH, bottom + _KEY, "How long each traffic shift took", parts)


def _seconds(shift: Shift) -> float:
    return (shift.ended_at - shift.began_at).total_seconds()


def _told(shift: Shift) -> str:
    release = f"release {shift.release}" if shift.release else "no release"
    return f"{shift.outcome}, {release}, execution {shift.execution[:8]}"


def _key(
    names: Sequence[str], y: float, words: dict[str, str] | None = None
) -> Iterator[str]:
    """Yield what each colour means."""
    for place, name in enumerate(names):
        x = _LEFT + 120 * place
        yield svg_box(x, y - 9, 10, 10, name)
        yield svg_text(x + 15, y, (words or {}).get(name, name))
