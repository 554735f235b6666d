"""Pictures of a report: executions over time, releases, traffic shifts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from awsrules.statuses import DeploymentStatus
from delivery.drawing import svg, svg_box, svg_dot, svg_line, svg_text
from delivery.model import Execution, ShiftRun
from delivery.report.facts import ReleasedFacts
from delivery.report.history import Period
from delivery.report.money import Money
from delivery.report.numbers import moment
from delivery.report.pipeline import OUTCOMES, outcome_of
from delivery.report.words import shift_took

_WIDTH = 760
_LEFT, _RIGHT = 110, 16
_TOP, _ROW = 14, 34
_BARS = 160
_AXIS = 24
_KEY = 24
# As many columns as can be told apart.
_MOST_COLUMNS = 31
# As many shifts as a page shows at a glance.
MOST_SHIFTS = 40


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
        css = each.verdict or "unjudged"
        title = (
            f"release {each.number}, {each.kind}, {each.commit[:8]}, {each.state}, "
            f"{moment(each.deployed_at)} UTC"
        )
        yield svg_dot(axis.x(each.deployed_at), y, 5, css, title=title)
    for back in facts.taken_back:
        what = back.function or "rolled back"
        title = (
            f"{what} from release {back.release}: {back.reason}, {moment(back.at)} UTC"
        )
        yield svg_box(axis.x(back.at) - 2, y - 13, 4, 26, "back", title=title)


def shifts_picture(shifts: Sequence[ShiftRun]) -> str:
    """Draw how long each of the newest shifts took, oldest first, by how it ended."""
    newest = shifts[-MOST_SHIFTS:]
    longest = max((_seconds(each) for each in newest), default=0.0) or 1.0
    parts: list[str] = []
    for row, each in enumerate(newest):
        parts.extend(_shift_bar(each, _TOP + 22 * row, _seconds(each) / longest))
    bottom = _TOP + 22 * len(newest)
    parts.extend(_key(tuple(dict.fromkeys(_COLOURS.values())), bottom + 14))
    return svg(_WIDTH, bottom + _KEY, "How long each traffic shift took", parts)


# What is not over has no colour of its own.
_COLOURS = {
    DeploymentStatus.SUCCEEDED: "succeeded",
    DeploymentStatus.FAILED: "failed",
    DeploymentStatus.STOPPED: "stopped",
    DeploymentStatus.IN_PROGRESS: "running",
}


def _shift_bar(shift: ShiftRun, y: float, part: float) -> Iterator[str]:
    length = max((_WIDTH - _LEFT - _RIGHT - 70) * part, 2)
    css = _COLOURS.get(shift.status, "running")
    title = " ".join([shift.id, shift.group, shift.status.value, shift.error]).strip()
    yield svg_text(_LEFT - 8, y + 12, f"{shift.began_at:%m-%d %H:%M}", anchor="end")
    yield svg_box(_LEFT, y, length, 16, css, title=title)
    yield svg_text(_LEFT + length + 6, y + 12, shift_took(shift))


def _seconds(shift: ShiftRun) -> float:
    end = shift.ended_at or shift.began_at
    return (end - shift.began_at).total_seconds()


def _key(
    names: Sequence[str], y: float, words: dict[str, str] | None = None
) -> Iterator[str]:
    """Yield what each colour means."""
    for place, name in enumerate(names):
        x = _LEFT + 120 * place
        yield svg_box(x, y - 9, 10, 10, name)
        yield svg_text(x + 15, y, (words or {}).get(name, name))


def cost_picture(money: Money) -> str:
    """Draw each part of a month's cost: what is paid, before what the free tier takes off."""
    most = max((each.before for each in money.parts), default=0) or 1
    unit = (_WIDTH - _LEFT - _RIGHT) / float(most)
    parts: list[str] = []
    for row, each in enumerate(money.parts):
        y = _TOP + _ROW * row
        title = f"{each.name}: {each.after:,.2f} USD, {each.before:,.2f} before"
        parts.append(svg_text(_LEFT - 12, y + 14, each.name, anchor="end"))
        for amount, css in ((each.before, "bar"), (each.after, "share-box")):
            wide = float(amount) * unit
            parts.append(svg_box(_LEFT, y, wide, _ROW - 14, css, title=title))
    bottom = _TOP + _ROW * len(money.parts)
    words = {"share-box": "to pay", "bar": "in the free tier"}
    parts.extend(_key(("share-box", "bar"), bottom + 8, words))
    return svg(_WIDTH, bottom + _KEY, "Cost of a month by stack", parts)
