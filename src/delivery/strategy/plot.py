"""Plots as SVG text: a shift over time, and strategies side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from delivery.drawing import svg, svg_box, svg_line, svg_text
from delivery.strategy.model import Prediction, Schedule
from delivery.strategy.words import number

_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 44
_ROW = 26
_LABELS = 230

Point = tuple[float, float]


def shift_plot(prediction: Prediction) -> str:
    """Draw the share of traffic that the new version gets, and the chance to be stopped.

    Time runs from the first step to a little after the last.
    """
    schedule = prediction.schedule
    end = _end(schedule)
    shares = _share_points(schedule, end)
    stopped = _stopped_points(prediction, end)
    parts = [
        *_grid(end),
        _line(shares, end, "share"),
        _line(stopped, end, "stopped"),
        _key(),
    ]
    title = f"{schedule.name}: share of traffic and chance of being stopped, over time"
    return svg(_WIDTH, _HEIGHT, title, parts)


def comparison_plot(predictions: Sequence[Prediction]) -> str:
    """Draw the requests that fail under each strategy as bars, on a log scale."""
    most = max(each.requests_failed for each in predictions)
    height = _ROW * len(predictions) + 8
    parts = [
        part
        for row, each in enumerate(predictions)
        for part in _bar(each, row, most, configured=row == 0)
    ]
    return svg(_WIDTH, height, "Requests that fail, by strategy, log scale", parts)


def _end(schedule: Schedule) -> float:
    return max(schedule.duration_seconds * 1.05, 600.0)


def _share_points(schedule: Schedule, end: float) -> list[Point]:
    points: list[Point] = [(0.0, 0.0)]
    for step in schedule.steps:
        points += [(step.at_seconds, points[-1][1]), (step.at_seconds, step.weight)]
    return [*points, (end, points[-1][1])]


def _stopped_points(prediction: Prediction, end: float) -> list[Point]:
    """Add up the chances of the moments; a step at each."""
    points: list[Point] = [(0.0, 0.0)]
    for seconds, chance in sorted(prediction.seen):
        before = points[-1][1]
        points += [(seconds, before), (seconds, before + chance)]
    return [*points, (end, points[-1][1])]


def _line(points: Sequence[Point], end: float, css: str) -> str:
    spots = " ".join(f"{_x(s, end):.1f},{_y(share):.1f}" for s, share in points)
    return f'<polyline class="{css}" points="{spots}"/>'


def _x(seconds: float, end: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / end


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * min(share, 1.0)


def _grid(end: float) -> list[str]:
    lines = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        lines.append(svg_line(_LEFT, y, _WIDTH - _RIGHT, y, "grid"))
        lines.append(svg_text(_LEFT - 8, y + 4, f"{share:.0%}", anchor="end"))
    for minute in _ticks(end / 60):
        x = _x(minute * 60, end)
        lines.append(
            svg_text(x, _HEIGHT - _BOTTOM + 18, f"{minute:g}", anchor="middle")
        )
    return lines


def _ticks(minutes: float) -> list[float]:
    """Choose at most ten round minutes."""
    rough = minutes / 10
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    return [step * n for n in range(int(minutes / step) + 1)]


def _key() -> str:
    y = _HEIGHT - 6
    return "".join(
        [
            svg_box(_LEFT, y - 9, 10, 10, "share-box"),
            svg_text(_LEFT + 16, y, "share of traffic on the new version"),
            svg_box(_LEFT + 260, y - 9, 10, 10, "stopped-box"),
            svg_text(_LEFT + 276, y, "chance that an alarm has stopped it"),
            svg_text(_WIDTH - _RIGHT, y, "minutes", anchor="end"),
        ]
    )


def _bar(
    prediction: Prediction, row: int, most: float, *, configured: bool
) -> list[str]:
    y = 4 + row * _ROW
    room = _WIDTH - _LABELS - 90
    length = room * math.log1p(prediction.requests_failed) / math.log1p(max(most, 1.0))
    css = "bar configured" if configured else "bar"
    return [
        svg_text(_LABELS - 8, y + 15, prediction.schedule.name, anchor="end"),
        svg_box(_LABELS, y + 2, max(length, 1), _ROW - 8, css),
        svg_text(_LABELS + length + 6, y + 15, number(prediction.requests_failed)),
    ]
