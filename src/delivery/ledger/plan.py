"""Decide what is still to be recorded of an execution: nothing, when it all was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from delivery.errors import Refused
from delivery.ledger.events import (
    Deployed,
    Deployment,
    Fact,
    Failed,
    Kind,
    TrafficComplete,
    Verified,
)
from delivery.ledger.facts import Traffic
from delivery.ledger.releases import Release


@dataclass(frozen=True, slots=True)
class Step:
    """The next event to write; ``release`` is None when the event begins one."""

    fact: Fact
    release: int | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What the recorder saw of one execution in one environment."""

    execution: str
    deployed: Deployed
    traffic: Traffic
    by: str = ""
    reason: str = ""


def next_step(
    releases: Sequence[Release], observed: Observed, outcome: Kind
) -> Step | None:
    """Return the one event to write next, or None when everything is recorded.

    ``releases`` are newest first. One event at a time, so that a writer who lost a race
    looks again before it writes the next.

    Raises:
        Refused: when a later execution was deployed to the environment meanwhile.
    """
    release = _release_of(releases, observed)
    if release is None:
        return Step(_with_kind(observed.deployed, releases))
    if outcome is Kind.DEPLOYED:
        return None
    if observed.traffic.complete and release.traffic_complete_at is None:
        return Step(TrafficComplete(observed.traffic.versions), release.number)
    if outcome is Kind.FAILED and release.verdict is not Kind.FAILED:
        return Step(Failed(observed.by, observed.reason), release.number)
    # A verification says nothing about a version that does not serve.
    if (
        outcome is Kind.VERIFIED
        and observed.traffic.complete
        and release.verdict is not Kind.VERIFIED
    ):
        return Step(Verified(observed.by), release.number)
    return None


def _release_of(releases: Sequence[Release], observed: Observed) -> Release | None:
    """Return what was recorded of this deployment before, or None."""
    newest = releases[0] if releases else None
    if newest is None or newest.execution != observed.execution:
        _refuse_when_overtaken(releases, observed.execution)
        return None
    if not newest.deployed.same_release_as(observed.deployed):
        return None
    return newest


def _refuse_when_overtaken(releases: Sequence[Release], execution: str) -> None:
    if all(each.execution != execution for each in releases):
        return
    newest = releases[0]
    raise Refused(
        f"Execution {execution} is not what {newest.environment} holds any more.",
        why=f"Release {newest.number} of execution {newest.execution} came after it.",
        next_step=f"./deploy_pipeline.py releases {newest.environment}",
    )


def _with_kind(deployed: Deployed, releases: Sequence[Release]) -> Deployed:
    if deployed.kind is Deployment.ROLLBACK:
        return deployed
    if not releases:
        return replace(deployed, kind=Deployment.FIRST)
    if releases[0].deployed.same_release_as(deployed):
        return replace(deployed, kind=Deployment.UNCHANGED)
    return replace(deployed, kind=Deployment.UPDATE)
