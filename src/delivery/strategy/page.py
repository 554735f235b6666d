"""One HTML page of all environments, with plots, that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from delivery.drawing import html_page, html_table
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


def page(found: Iterable[Assessment]) -> str:
    """Return the page as text."""
    sections = (_environment(each) for each in found)
    return html_page("Traffic shifts", "What a bad release would do", sections)


def _environment(assessment: Assessment) -> str:
    weakest = assessment.weakest
    parts = [f"<h2>{escape(assessment.environment)}</h2>", _findings(assessment)]
    if weakest is None:
        parts.append("<p>No function shifts by a schedule that is known.</p>")
        return "\n".join(parts)
    parts += [_summary(assessment, weakest), *_pictures(weakest)]
    rows = [prediction_row(each) for each in weakest.predictions]
    parts.append(html_table("Strategies compared", PREDICTION_HEADER, rows, marked={0}))
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
        + html_table("Alarms that its deployment watches", ALARM_HEADER, rows)
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
