"""One HTML page of all environments, with plots, that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from delivery.strategy.assess import Assessment, FunctionAssessment
from delivery.strategy.model import Severity, ShiftFinding
from delivery.strategy.plot import comparison_plot, shift_plot
from delivery.strategy.words import (
    ALARM_HEADER,
    PREDICTION_HEADER,
    advice,
    alarm_row,
    chance,
    prediction_row,
    steps,
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #ffffff;
  --line: #d9dee5; --share: #2463b0; --stopped: #b3541e; --bar: #8fa3bd; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b4;
  --paper: #14181f; --line: #333c48; --share: #6ea8ee; --stopped: #e8935c;
  --bar: #5c6f88; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; } h3 { margin-top: 1.5rem; }
p.soft, caption { color: var(--soft); text-align: left; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
tr.configured td { font-weight: 600; }
svg { width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--ink); } .grid { stroke: var(--line); }
.share, .stopped { fill: none; stroke-width: 2; }
.share { stroke: var(--share); } .share-box { fill: var(--share); }
.stopped { stroke: var(--stopped); } .stopped-box { fill: var(--stopped); }
.bar { fill: var(--bar); } .bar.configured { fill: var(--share); }
.error { color: var(--stopped); font-weight: 600; }
"""


def page(found: Iterable[Assessment]) -> str:
    """Return the page as text."""
    sections = "\n".join(_environment(each) for each in found)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Traffic shifts</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        "<h1>What a bad release would do</h1>\n"
        f"{sections}\n</body>\n</html>\n"
    )


def _environment(assessment: Assessment) -> str:
    weakest = assessment.weakest
    parts = [f"<h2>{escape(assessment.environment)}</h2>", _findings(assessment)]
    if weakest is None:
        parts.append("<p>No function shifts by a schedule that is known.</p>")
        return "\n".join(parts)
    parts += [_summary(assessment, weakest), *_pictures(weakest)]
    rows = [prediction_row(each) for each in weakest.predictions]
    parts.append(_table("Strategies compared", PREDICTION_HEADER, rows, first=True))
    parts.append(f"<p>{escape(advice(weakest, assessment.traffic))}</p>")
    parts += [_function(each) for each in assessment.functions if each.shift.enabled]
    return "\n".join(parts)


def _summary(assessment: Assessment, weakest: FunctionAssessment) -> str:
    traffic = assessment.traffic
    return (
        f'<p class="soft">Predicted for {escape(weakest.shift.logical_id)}, the function '
        f"that is protected least: {traffic.requests_per_second:g} requests a second, "
        f"{chance(traffic.error_rate)} of them fail in the bad release and "
        f"{chance(traffic.baseline_error_rate)} in a good one. Where no alarm stops it, a "
        f"person recovers {traffic.response_minutes:g} minutes after the shift.</p>"
    )


def _pictures(weakest: FunctionAssessment) -> list[str]:
    return [
        shift_plot(weakest.predictions[0]),
        "<h3>Requests that fail</h3>",
        comparison_plot(weakest.predictions),
    ]


def _function(function: FunctionAssessment) -> str:
    shift = function.shift
    how = steps(shift.schedule) if shift.schedule else shift.problem
    hooks = ", ".join(shift.hooks) or "none"
    rows = [alarm_row(each) for each in function.alarms]
    return (
        f"<h3>{escape(shift.logical_id)}: {escape(shift.kind)}</h3>\n"
        f"<p>Steps: {escape(how)}. Hooks: {escape(hooks)}.</p>\n"
        + _table("Alarms that its deployment watches", ALARM_HEADER, rows)
    )


def _findings(assessment: Assessment) -> str:
    if not assessment.findings:
        return "<p>Nothing keeps its alarms from firing.</p>"
    items = "".join(_finding(each) for each in assessment.findings)
    return f"<ul>{items}</ul>"


def _finding(finding: ShiftFinding) -> str:
    css = "error" if finding.severity is Severity.ERROR else "warning"
    return (
        f'<li><span class="{css}">{finding.severity.value}</span> '
        f"{escape(finding.message)} {escape(finding.next_step)}</li>"
    )


def _table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    first: bool = False,
) -> str:
    heads = "".join(f"<th>{escape(each.capitalize())}</th>" for each in header)
    body = "".join(
        f"<tr{_mark(number, first=first)}>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for number, row in enumerate(rows)
    )
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _mark(number: int, *, first: bool) -> str:
    return ' class="configured"' if first and number == 0 else ""
