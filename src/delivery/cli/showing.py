"""The work of ``status``: an execution as lines of text, once or again and again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime


from awsrules.statuses import ActionStatus, ExecutionStatus
from delivery.cli.fitting import echo, fit
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.flows.notices import notice_warnings
from delivery.flows.status import watch_status
from delivery.model import StageState
from delivery.operate.status import Failure, Status, seconds_between

_MARKS = {
    ExecutionStatus.SUCCEEDED: "✓",
    ExecutionStatus.FAILED: "✗",
    ExecutionStatus.IN_PROGRESS: "▸",
    ExecutionStatus.NOT_STARTED: "·",
}


def show_status(settings: Settings, *, watch: bool, execution_id: str) -> int:
    """Print the status once, or follow it; return the exit code."""
    tools = Tools(settings)
    reader = tools.status_reader()
    if not watch:
        status = _warned(tools, reader.read_with_failures(execution_id))
        _print(status, settings, tools.now_there())
        return 0
    statuses = watch_status(
        reader, tools.clock, execution_id, poll_seconds=tools.poll_seconds
    )
    last = _warned(tools, _follow(statuses, tools.now_there))
    _print(last, settings, tools.now_there())
    return 0 if last.succeeded else 1


def _warned(tools: Tools, status: Status) -> Status:
    """Add who will not be notified."""
    found = notice_warnings(tools.stacks, tools.subscriptions)
    return replace(status, warnings=(*status.warnings, *found))


def _follow(statuses: Iterable[Status], now: Callable[[], datetime]) -> Status:
    """Show each status until the last, which is returned."""
    if sys.stderr.isatty():
        return _follow_live(statuses, now)
    last: Status | None = None
    for current in statuses:
        for line in changed_lines(last, current):
            echo(line, err=True)
        last = current
    if last is None:
        raise RuntimeError("watching yields at least one status")
    return last


def _follow_live(statuses: Iterable[Status], now: Callable[[], datetime]) -> Status:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    last: Status | None = None
    console = Console(stderr=True)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        for current in statuses:
            last = current
            shown = "\n".join(live_lines(current, *console.size, now()))
            live.update(Text(shown, no_wrap=True, overflow="ellipsis"))
    if last is None:
        raise RuntimeError("watching yields at least one status")
    return last


def live_lines(current: Status, width: int, height: int, now: datetime) -> list[str]:
    """Return what fits on a screen: stages that are over are folded, where it is small."""
    for shown in (current, _folded(current)):
        lines = fit("\n".join(status_lines(shown, now)), width).split("\n")
        if len(lines) < height:
            return lines
    return lines[: height - 1]


def _folded(current: Status) -> Status:
    """Leave out the actions of stages that are over and well."""
    stages = tuple(
        replace(each, actions=()) if each.status is ExecutionStatus.SUCCEEDED else each
        for each in current.stages
    )
    return replace(current, stages=stages)


def changed_lines(before: Status | None, now: Status) -> Iterator[str]:
    """Yield a line for each stage whose status is new, and for each new question."""
    known = {each.name: each.status for each in before.stages} if before else {}
    for stage in now.stages:
        if stage.status is not known.get(stage.name, ExecutionStatus.NOT_STARTED):
            yield f"{stage.name}: {stage.status.value}"
    asked = {each.stage for each in before.approvals} if before else set()
    for approval in now.approvals:
        if approval.stage not in asked:
            yield f"  waits for a decision: {approval.approve_command}"


def _print(current: Status, settings: Settings, now: datetime) -> None:
    if settings.as_json:
        print_result(current.as_data())
        return
    echo("\n".join(status_lines(current, now)))


def status_lines(current: Status, now: datetime) -> list[str]:
    """Return a status as lines of text; what runs took the time until ``now``."""
    lines = list(_head_lines(current))
    for stage in current.stages:
        lines.extend(_stage_lines(stage, now))
    for failure in current.failures:
        lines.extend(failure_lines(failure))
    for approval in current.approvals:
        lines += ["", f"{approval.stage} waits for a decision:"]
        lines += [f"  {each}" for each in (approval.note, approval.link) if each]
        lines += [f"  {approval.approve_command}", f"  {approval.reject_command}"]
    lines += [f"Warning: {each}" for each in current.warnings]
    return lines


def _head_lines(current: Status) -> Iterator[str]:
    execution = current.execution
    if execution is None:
        yield f"{current.pipeline}: no execution yet."
        return
    yield f"{current.pipeline}  {execution.status.value}  {execution.id}"
    summary = execution.commit_summary.splitlines()
    branch = f" on {current.branch}" if current.branch else ""
    if execution.commit:
        headline = f": {summary[0]}" if summary else ""
        yield f"  {execution.commit[:8]}{branch}{headline}"


def _stage_lines(stage: StageState, now: datetime) -> Iterator[str]:
    mark = _MARKS.get(stage.status, "•")
    closed = "" if stage.inbound_enabled else f"  (closed: {stage.inbound_reason})"
    yield f"{mark} {stage.name:<20} {stage.status.value}{closed}"
    if stage.status is ExecutionStatus.NOT_STARTED:
        return
    for action in stage.actions:
        running = action.status is ActionStatus.IN_PROGRESS
        ended = now if running else action.changed_at
        seconds = seconds_between(action.started_at, ended)
        took = (
            f"{seconds:6.0f} s"
            if seconds is not None and action.status is not ActionStatus.NOT_STARTED
            else ""
        )
        yield f"    {action.name:<22} {action.status.value:<12} {took}".rstrip()


def failure_lines(failure: Failure) -> Iterator[str]:
    """Yield a failure as lines: what, why, what helps, what next."""
    yield ""
    yield f"{failure.stage}/{failure.action} failed."
    yield f"  Why:  {failure.cause}"
    for test in failure.tests:
        yield f"        test {test}"
    for detail in failure.details:
        yield f"        {detail}"
    if failure.url:
        yield f"  Log:  {failure.url}"
    if failure.next_step:
        yield f"  Next: {failure.next_step}"
