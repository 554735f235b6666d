"""A report's facts as lines and cells, for text and page alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from delivery.model import ShiftRun
from delivery.report.carried import Carried
from delivery.report.changes import Change
from delivery.report.dora import Metric
from delivery.report.facts import ReleasedFacts, Report, StackUpdate
from delivery.report.history import Released
from delivery.report.money import Money
from delivery.report.numbers import counted, duration, moment
from delivery.report.pipeline import PipelineFacts

# <stack>-<function's logical id>DeploymentGroup-<random>
_SAM_GROUP = re.compile(r".*-(?P<function>[A-Za-z0-9]+)DeploymentGroup-[A-Z0-9]+")
NOT_KNOWN = "not known"
NOT_RECORDED = "not recorded in this period"
UPDATE_HEADER = ("BEGAN (UTC)", "TOOK", "OUTCOME", "RELEASE", "EXECUTION", "WHY")
SHIFT_HEADER = (
    "BEGAN (UTC)",
    "TOOK",
    "STATUS",
    "DEPLOYMENT",
    "FUNCTION",
    "STEPS",
    "WHY",
)
CHANGE_HEADER = (
    "AT (UTC)",
    "COMMIT",
    "RELEASE",
    "OUTCOME",
    "RECOVERED IN",
    "REWORK",
    "WHY",
)
COST_HEADER = ("USD A MONTH", "BEFORE", "AFTER")
RELEASE_HEADER = ("RELEASE", "COMMIT", "DEPLOYED (UTC)", "KIND", "STATE", "COMMITS")


def pipeline_lines(found: Report) -> Iterator[str]:
    """Yield what the pipeline did, a line a fact."""
    facts = found.pipeline
    if facts is None:
        yield f"Executions: {NOT_KNOWN}, there is no pipeline"
        return
    outcomes = ", ".join(
        f"{number} {name}" for name, number in facts.outcomes.items() if number
    )
    total = counted(len(facts.executions), "execution")
    yield f"{total}: {outcomes}" if outcomes else "No execution began in this period."
    yield f"Median duration: {_median(facts.duration, facts.durations, 'success', 'successes')}"
    yield (
        "Median wait for an approval: "
        f"{_median(facts.approval_wait, facts.approvals, 'decision', 'decisions')}"
    )
    yield f"Failed most: {most_failed(facts)}"


def most_failed(facts: PipelineFacts) -> str:
    """Return the stages in which most executions failed."""
    if not facts.most_failed:
        return "no stage failed"
    executions = counted(facts.most_failures, "execution")
    return f"{' and '.join(facts.most_failed)} ({executions})"


def _median(value: timedelta | None, number: int, one: str, many: str) -> str:
    if value is None:
        return f"{NOT_KNOWN} (0 {many})"
    return (
        f"{duration(value.total_seconds())} ({number} {one if number == 1 else many})"
    )


def released_line(found: ReleasedFacts) -> str:
    """Return what became of one environment's releases, in a line."""
    states = ", ".join(f"{number} {state}" for state, number in found.states.items())
    live = f"; release {found.live} serves" if found.live else ""
    back = len([each for each in found.taken_back if not each.drill])
    drills = len(found.taken_back) - back
    text = f"{found.environment}: {counted(len(found.releases), 'release')}"
    text += f" ({states})" if states else ""
    text += f", {counted(back, 'rollback')}" if back else ""
    text += f", {counted(drills, 'move')} of drills" if drills else ""
    return text + live


def update_row(update: StackUpdate) -> tuple[str, ...]:
    """Return the cells of one update of the stack."""
    took = (update.ended_at - update.began_at).total_seconds()
    return (
        moment(update.began_at),
        duration(took) if update.outcome != "running" else "-",
        update.outcome,
        str(update.release or "-"),
        update.execution[:8],
        update.why,
    )


def shift_row(shift: ShiftRun) -> tuple[str, ...]:
    """Return the cells of one traffic shift."""
    return (
        moment(shift.began_at),
        shift_took(shift),
        shift.status.value,
        shift.id,
        function_of(shift.group),
        shift.configuration.removeprefix("CodeDeployDefault."),
        shift.error,
    )


def function_of(group: str) -> str:
    """Return the function that a deployment group of SAM's making is for, else the group.

    Source: AWS SAM Developer Guide, "Generated CloudFormation resources".
    """
    found = _SAM_GROUP.fullmatch(group)
    return found["function"] if found else group


def shift_took(shift: ShiftRun) -> str:
    """Return how long a traffic shift took, or why that cannot be told."""
    if shift.ended_at is None:
        return NOT_KNOWN if shift.status.settled else "not over"
    return duration((shift.ended_at - shift.began_at).total_seconds())


def release_row(release: Released, carried: Carried | None) -> tuple[str, ...]:
    """Return the cells of one release; ``carried`` only where it is counted."""
    return (
        str(release.number),
        f"{release.commit[:8]} {release.summary[:60]}".strip(),
        moment(release.deployed_at),
        release.kind,
        release.state,
        _commits(carried),
    )


def _commits(carried: Carried | None) -> str:
    if carried is None:
        return "-"
    return NOT_KNOWN if carried.unknown else str(len(carried.commits))


def change_row(change: Change) -> tuple[str, ...]:
    """Return the cells of one deployment of a change."""
    took = change.recovery
    return (
        moment(change.at),
        change.commit[:8],
        str(change.release or "-"),
        ("failed" if change.failed else "good") if change.judged else NOT_KNOWN,
        duration(took.total_seconds()) if took is not None else "-",
        "yes" if change.rework else "no",
        change.why,
    )


def value_of(metric: Metric) -> str:
    """Return a metric's value, or that it is not known."""
    return NOT_KNOWN if metric.value is None else metric.value


def rests_on(metric: Metric) -> str:
    """Return how many observations a metric rests on."""
    return counted(metric.observations, metric.measure.of)


def band_of(metric: Metric) -> str:
    """Return a metric's band, or why it has none."""
    why = f": {metric.without_band}" if metric.without_band else ""
    return f"{metric.band}{why}"


def taken_back_lines(found: ReleasedFacts) -> Iterator[str]:
    """Yield what was taken back, newest first."""
    for each in reversed(found.taken_back):
        to = f" to release {each.to_release}" if each.to_release else ""
        what = f"{each.function} of release" if each.function else "release"
        drill = ", a drill" if each.drill else ""
        reason = f": {each.reason}" if each.reason else ""
        yield f"{moment(each.at)} UTC, {what} {each.release}{to}{drill}{reason}"


def about_cost(money: Money) -> str:
    """Say what an estimate stands on."""
    return (
        f"Estimated with public prices of {money.region}, before and after the account's "
        f"free tier, for {counted(int(money.releases), 'release')} a month; "
        "./deploy_pipeline.py cost shows each line and assumption."
    )


def cost_rows(money: Money) -> list[tuple[str, ...]]:
    """Return the cells of each part, and of the whole."""
    parts = [(each.name, each.before, each.after) for each in money.parts]
    whole = ("together", money.before, money.after)
    return [(name, f"{b:,.2f}", f"{a:,.2f}") for name, b, a in (*parts, whole)]
