"""What the ledger and the stack say of where a rollback goes, and of one before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from delivery.ledger.events import (
    Deployed,
    Deployment,
    Event,
    Reconciled,
    RolledBack,
)
from delivery.ledger.facts import deployed_versions
from delivery.ledger.releases import Release
from delivery.model import StackContents, same_content
from delivery.rollback.moves import Wanted


def wanted_versions(release: Release, contents: StackContents) -> Mapping[str, Wanted]:
    """Return the versions that a release wants, by function.

    Where the stack holds a revision of the same content, its version is meant: a rollback
    that was killed after it re-applied the stack published the old code under a new number.
    """
    published = deployed_versions(contents.resources)
    parameters = contents.stack.parameters
    wanted: dict[str, Wanted] = {}
    for name, each in release.deployed.functions.items():
        held = parameters.get(f"{each.logical_id}Revision", "")
        same = each.revision and (
            each.revision == held or same_content(each.revision, held)
        )
        version = published.get(name, each.version) if same else each.version
        wanted[name] = Wanted(version, each.code_sha256)
    return wanted


def last_rollback(events: Sequence[Event]) -> RolledBack | None:
    """Return the rollback that no deployment of the pipeline has followed, or None."""
    for event in reversed(events):
        match event.fact:
            case RolledBack() as back:
                return back
            case Deployed(kind=kind) if kind is not Deployment.ROLLBACK:
                return None
    return None


def begun_rollback(events: Sequence[Event]) -> int | None:
    """Return the release that a rollback was to bring back whose stack did not follow."""
    for event in reversed(events):
        match event.fact:
            case RolledBack(to_release=number):
                return number
            case Reconciled():
                return None
            case Deployed(kind=kind) if kind is not Deployment.ROLLBACK:
                return None
    return None
