"""A report as plain data for JSON; its schema is docs/schemas/report.json."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from delivery.report.carried import Carried
from delivery.report.changes import Change
from delivery.model import ShiftRun
from delivery.report import bands
from delivery.report.dora import Metric
from delivery.report.facts import ReleasedFacts, Report, StackUpdate
from delivery.report.history import Released, TakenBack
from delivery.report.measures import SOURCE
from delivery.report.money import Money
from delivery.report.pipeline import PipelineFacts, outcome_of


def report_data(found: Report, money: Money | None) -> dict[str, Any]:
    """Return the whole report."""
    return {
        "since": _time(found.period.since),
        "until": _time(found.period.until),
        "environment": found.environment,
        "notes": list(found.notes),
        "pipeline": found.pipeline and _pipeline(found.pipeline),
        "environments": [_released(each, found) for each in found.releases],
        "stack_updates": [_update(each) for each in found.updates],
        "traffic_shifts": [_shift(each) for each in found.shifts],
        "dora": {
            "source": SOURCE,
            "bands": bands.SOURCE,
            "metrics": [_metric(each) for each in found.dora.metrics],
            "deployments": [_change(each) for each in found.dora.changes],
        },
        "cost": money and _money(money),
    }


def _pipeline(facts: PipelineFacts) -> dict[str, Any]:
    return {
        "outcomes": dict(facts.outcomes),
        "median_duration_seconds": _seconds(facts.duration),
        "durations": facts.durations,
        "median_approval_wait_seconds": _seconds(facts.approval_wait),
        "approvals": facts.approvals,
        "most_failed_stages": list(facts.most_failed),
        "most_failures": facts.most_failures,
        "executions": [
            {
                "execution": each.id,
                "commit": each.commit,
                "outcome": outcome_of(each),
                "started_at": each.started_at and _time(each.started_at),
                "changed_at": each.changed_at and _time(each.changed_at),
            }
            for each in facts.executions
        ],
    }


def _released(facts: ReleasedFacts, found: Report) -> dict[str, Any]:
    own = facts.environment == found.environment
    return {
        "environment": facts.environment,
        "live": facts.live,
        "states": dict(facts.states),
        "releases": [
            _release(each, found.carried.get(each.number) if own else None)
            for each in facts.releases
        ],
        "taken_back": [_taken_back(each) for each in facts.taken_back],
    }


def _release(release: Released, carried: Carried | None) -> dict[str, Any]:
    known = carried is not None and not carried.unknown
    return {
        "release": release.number,
        "execution": release.execution,
        "commit": release.commit,
        "kind": release.kind,
        "state": release.state,
        "deployed_at": _time(release.deployed_at),
        "commits": [each.id for each in carried.commits] if carried and known else None,
        "commits_unknown": carried.unknown if carried else "",
    }


def _taken_back(back: TakenBack) -> dict[str, Any]:
    return {
        "at": _time(back.at),
        "release": back.release,
        "to_release": back.to_release or None,
        "function": back.function,
        "drill": back.drill,
        "reason": back.reason,
    }


def _update(update: StackUpdate) -> dict[str, Any]:
    running = update.outcome == "running"
    return {
        "execution": update.execution,
        "release": update.release,
        "began_at": _time(update.began_at),
        "ended_at": None if running else _time(update.ended_at),
        "outcome": update.outcome,
        "why": update.why,
    }


def _shift(shift: ShiftRun) -> dict[str, Any]:
    return {
        "deployment": shift.id,
        "group": shift.group,
        "configuration": shift.configuration,
        "status": shift.status.value,
        "began_at": _time(shift.began_at),
        "ended_at": shift.ended_at and _time(shift.ended_at),
        "error": shift.error,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "metric": metric.measure.key,
        "name": metric.measure.name,
        "definition": metric.measure.definition,
        "number": metric.number,
        "unit": metric.measure.unit,
        "value": metric.value,
        "observations": metric.observations,
        "observed": metric.measure.of,
        "band": metric.band,
        "without_band": metric.without_band,
        "notes": list(metric.notes),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "at": _time(change.at),
        "commit": change.commit,
        "execution": change.execution,
        "release": change.release or None,
        "failed": change.failed if change.judged else None,
        "why": change.why,
        "recovered_at": change.recovered_at and _time(change.recovered_at),
        "rework": change.rework,
    }


def _money(money: Money) -> dict[str, Any]:
    return {
        "currency": "USD",
        "prices_region": money.region,
        "releases": int(money.releases),
        "sections": [
            {"section": each.name, **_amounts(each.before, each.after)}
            for each in money.parts
        ],
        **_amounts(money.before, money.after),
    }


def _amounts(before: Decimal, after: Decimal) -> dict[str, str]:
    """Return amounts as ``cost`` writes them, with six digits."""
    return {
        "before_free_tier": f"{before:.6f}",
        "after_free_tier": f"{after:.6f}",
    }


def _time(moment: datetime) -> str:
    return moment.isoformat()


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()
