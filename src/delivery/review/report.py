"""The report before an approval: as data, as a page of text, as one line for a notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from delivery.model import (
    FiringAlarm,
    Override,
    ReportSummary,
    ResourceChange,
    plain,
)
from delivery.model.marks import Mark, marks_of

SCHEMA_VERSION = 1
MOST_SUMMARY_CHARACTERS = 400
_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": ">"}
_WORDS = {"Add": "added", "Modify": "changed", "Remove": "removed"}
# A version that is published anew, and an alias that moves on to it, are "replaced" in
# every release of a function; marking them would hide what matters.
_REPLACED_AS_A_MATTER_OF_COURSE = frozenset(
    {"AWS::Lambda::Version", "AWS::ApiGateway::Deployment"}
)


class Finding(StrEnum):
    """What the look ahead found."""

    CHANGES = "changes"
    NO_CHANGES = "no_changes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit that is, or shall be, in an environment."""

    commit: str
    summary: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What a release would change in one environment.

    ``previous`` is None when nothing was released there, and ``release`` its number.
    ``travelling_with`` are the commits of executions since then, newest first, this one left
    out: superseded ones travel with it. ``note`` says why changes are unknown. ``conflicts``
    says what the version that serves needs and the release takes away. ``pins`` are
    functions that were moved by hand and not reconciled. ``firing`` are
    alarms that the shift would watch, ``override`` why it may pass them.
    """

    environment: str
    stack: str
    creates: bool
    execution: str
    made_at: datetime
    revision: Revision
    finding: Finding
    changes: tuple[ResourceChange, ...] = ()
    previous: Revision | None = None
    release: int | None = None
    travelling_with: tuple[Revision, ...] = ()
    reports: tuple[ReportSummary, ...] = ()
    note: str = ""
    conflicts: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    firing: tuple[FiringAlarm, ...] = ()
    override: Override | None = None

    @property
    def shifts(self) -> bool:
        """Whether an alias moves to another version, as far as is known."""
        moves = any(
            each.type == "AWS::Lambda::Alias" and each.action == "Modify"
            for each in self.changes
        )
        return moves or self.finding is Finding.UNKNOWN

    @property
    def stopped(self) -> bool:
        """Whether CodeDeploy would stop the shift at once."""
        return bool(self.firing) and self.shifts and self.override is None

    @property
    def marked(self) -> list[tuple[ResourceChange, tuple[Mark, ...]]]:
        """Return the changes that need a second look, with their marks."""
        pairs = ((each, noteworthy(each)) for each in self.changes)
        return [(change, marks) for change, marks in pairs if marks]

    @property
    def commit_range(self) -> str:
        """Return the range as git writes it, or the one commit when it is the first."""
        new = self.revision.commit[:8]
        return f"{self.previous.commit[:8]}..{new}" if self.previous else new


def noteworthy(change: ResourceChange) -> tuple[Mark, ...]:
    """Return a change's marks, without those that every release has."""
    marks = marks_of(change)
    if change.type in _REPLACED_AS_A_MATTER_OF_COURSE:
        return tuple(each for each in marks if each is Mark.DATA)
    return marks


def summary_of(review: Review) -> str:
    """Return one line of at most 400 characters for the approval's notice."""
    parts = [
        f"{review.environment}: {review.commit_range}"
        + (f" {review.revision.summary}" if review.revision.summary else ""),
        *([f"REFUSED: {len(review.conflicts)} conflicts"] if review.conflicts else []),
        *([f"REFUSED: pinned: {', '.join(review.pins[:3])}"] if review.pins else []),
        *_what_alarms_say(review),
        _what_changes(review),
        *_what_needs_a_look(review),
        *_what_was_tested(review),
    ]
    line = " ".join(" | ".join(parts).split())
    if len(line) <= MOST_SUMMARY_CHARACTERS:
        return line
    return f"{line[: MOST_SUMMARY_CHARACTERS - 1]}…"


def _what_alarms_say(review: Review) -> Iterator[str]:
    """Name firing alarms, and whether the shift heeds them."""
    names = ", ".join(map(str, review.firing[:3]))
    if review.override is not None:
        yield f"PAST ALARMS: {review.override}" + (f"; firing: {names}" * bool(names))
    elif review.stopped:
        yield f"ALARM FIRES: {names}; the shift would be stopped at once"
    elif names:
        yield f"alarm fires: {names}"


def _what_changes(review: Review) -> str:
    match review.finding:
        case Finding.NO_CHANGES:
            return "no changes to the stack"
        case Finding.UNKNOWN:
            return f"CHANGES NOT KNOWN: {review.note}"
        case Finding.CHANGES if review.creates:
            return f"creates the stack, {len(review.changes)} resources"
        case Finding.CHANGES:
            return counted(review.changes)


def counted(changes: tuple[ResourceChange, ...]) -> str:
    """Return how many resources are added, changed and removed."""
    counts = [
        f"{count} {word}"
        for action, word in _WORDS.items()
        if (count := sum(each.action == action for each in changes))
    ]
    others = sum(each.action not in _WORDS for each in changes)
    if others:
        counts.append(f"{others} decided while it deploys")
    return ", ".join(counts) if counts else "outputs or settings of the stack only"


def _what_needs_a_look(review: Review) -> Iterator[str]:
    """Name what needs a second look, the worst first; a creation has nothing to lose."""
    if review.creates:
        return
    for mark in Mark:
        names = [each.logical_id for each, marks in review.marked if mark in marks]
        if names:
            more = f" +{len(names) - 3}" if len(names) > 3 else ""
            yield f"{mark.value.upper()}: {', '.join(names[:3])}{more}"


def _what_was_tested(review: Review) -> Iterator[str]:
    counts = [each for each in review.reports if each.line_coverage_percent is None]
    if counts:
        passed = sum(each.passed for each in counts)
        failed = sum(each.failed for each in counts)
        yield f"tests: {passed} passed, {failed} failed"
    for each in review.reports:
        if each.line_coverage_percent is not None:
            yield f"coverage {each.line_coverage_percent:.0f}%"


def as_text(review: Review) -> str:
    """Return the report as a page of text."""
    verb = "create" if review.creates else "change"
    lines = [
        f"What release {review.commit_range} would {verb} in {review.environment}",
        "",
        f"Execution   {review.execution}",
        f"Stack       {review.stack}",
        f"Made        {review.made_at:%Y-%m-%d %H:%M:%S} UTC",
        "",
        *_commit_lines(review),
        "",
        *_conflict_lines(review),
        *_pin_lines(review),
        *_alarm_lines(review),
        *_change_lines(review),
        "",
        *_test_lines(review),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _commit_lines(review: Review) -> Iterator[str]:
    yield "Commits"
    yield f"  {_revision(review.revision)}"
    for each in review.travelling_with:
        yield f"  {_revision(each)}"
    if review.previous is None:
        yield f"  Nothing was released to {review.environment} before."
    else:
        yield f"  since release {review.release}: {_revision(review.previous)}"


def _conflict_lines(review: Review) -> Iterator[str]:
    if review.conflicts:
        yield "Refused: the version that serves needs what this release takes away"
        yield from (f"  {each}" for each in review.conflicts)
        yield ""


def _pin_lines(review: Review) -> Iterator[str]:
    if review.pins:
        yield "Refused: functions were moved by hand; a deployment would fail or undo it"
        yield from (f"  {each}" for each in review.pins)
        yield f"  ./rollback.py {review.environment} --reconcile resolves it"
        yield ""


def _alarm_lines(review: Review) -> Iterator[str]:
    if not review.firing and review.override is None:
        return
    yield "Alarms"
    yield from (f"  {each.logical_id} fires ({each.name})" for each in review.firing)
    if review.override is not None:
        yield f"  Ignored for this release: {review.override}"
    elif review.stopped:
        yield "  CodeDeploy would stop the shift at once, and the stack roll back. Wait"
        yield "  until it is quiet, or, for a release that mends it:"
        yield "  ./deploy_pipeline.py start --past-alarm --reason TEXT"
    yield ""


def _revision(revision: Revision) -> str:
    when = f" ({revision.at:%Y-%m-%d %H:%M} UTC)" if revision.at else ""
    return f"{revision.commit[:12]} {revision.summary}".rstrip() + when


def _change_lines(review: Review) -> Iterator[str]:
    yield f"Changes: {_what_changes(review)}"
    for change in sorted(review.changes, key=_worst_first):
        yield f"  {_change(change)}"


def _worst_first(change: ResourceChange) -> tuple[int, str, str]:
    """Put what needs a second look first, then by type and name."""
    worst = min((list(Mark).index(each) for each in noteworthy(change)), default=99)
    return worst, change.type, change.logical_id


def _change(change: ResourceChange) -> str:
    text = f"{_SIGNS.get(change.action, '?')} {change.logical_id} ({change.type})"
    if change.properties and change.action == "Modify":
        text += f": {', '.join(change.properties)}"
    marks = ", ".join(each.value.upper() for each in noteworthy(change))
    return f"{text}  <- {marks}" if marks else text


def _test_lines(review: Review) -> Iterator[str]:
    yield "Tests"
    if not review.reports:
        yield "  No report was published."
    for each in review.reports:
        if each.line_coverage_percent is not None:
            yield f"  {each.name}: {each.line_coverage_percent:.1f} % of lines covered"
        else:
            yield (
                f"  {each.name}: {each.passed} passed, {each.failed} failed, "
                f"{each.skipped} skipped"
            )


def as_data(review: Review) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    data: dict[str, Any] = plain(
        {
            "schema": SCHEMA_VERSION,
            "environment": review.environment,
            "stack": review.stack,
            "creates": review.creates,
            "execution": review.execution,
            "made_at": review.made_at,
            "commit_range": review.commit_range,
            "revision": _revision_data(review.revision),
            "previous": review.previous and _revision_data(review.previous),
            "previous_release": review.release,
            "travelling_with": [
                _revision_data(each) for each in review.travelling_with
            ],
            "finding": review.finding,
            "note": review.note,
            "conflicts": review.conflicts,
            "pins": review.pins,
            "shifts": review.shifts,
            "firing": [each.name for each in review.firing],
            "override": review.override
            and {"reason": review.override.reason, "by": review.override.by},
            "summary": summary_of(review),
            "changes": [_change_data(each) for each in review.changes],
            "reports": [
                {
                    "name": each.name,
                    "passed": each.passed,
                    "failed": each.failed,
                    "skipped": each.skipped,
                    "line_coverage_percent": each.line_coverage_percent,
                }
                for each in review.reports
            ],
        }
    )
    return data


def _revision_data(revision: Revision) -> dict[str, Any]:
    return {
        "commit": revision.commit,
        "summary": revision.summary,
        "at": revision.at,
    }


def _change_data(change: ResourceChange) -> dict[str, Any]:
    return {
        "logical_id": change.logical_id,
        "type": change.type,
        "action": change.action,
        "replacement": change.replacement,
        "policy_action": change.policy_action,
        "properties": list(change.properties),
        "marks": list(noteworthy(change)),
    }
