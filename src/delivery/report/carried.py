"""Which commits each release brought that no release of its environment had brought before.

A commit counts once, with the first release that reaches it: what a superseded execution was
started for travels with the execution that overtook it, and comes here with its release. A
squash-merged branch is one commit, the only one that the release reaches; its own commits are
in no release, and count nowhere. A merge commit changes nothing of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delivery.model import CommitLog, CommitTimes
from delivery.report.history import Released


@dataclass(frozen=True, slots=True)
class Carried:
    """The new commits of one release, or ``unknown``: why they cannot be told."""

    commits: tuple[CommitTimes, ...] = ()
    unknown: str = ""


ROLLBACK = "rollback"
NO_REPOSITORY = "there is no git repository here"
FIRST = "no release came before the first one"
OWN_MISSING = "its commit is not in this clone"
BEFORE_MISSING = "the commit of the release before it is not in this clone"
CUT = "this clone is shallow and ends before the release before it"


def new_to_the_environment(releases: Sequence[Released]) -> list[Released]:
    """Return the releases, oldest first, that brought a commit not released before.

    A rollback brings none, nor does the same or an older commit that is deployed again.
    """
    seen: set[str] = set()
    found: list[Released] = []
    for release in releases:
        if release.kind != ROLLBACK and release.commit not in seen:
            found.append(release)
            seen.add(release.commit)
    return found


def carried_by(
    releases: Sequence[Released], log: CommitLog | None
) -> Mapping[int, Carried]:
    """Return what each release of a new commit carried, by its number.

    ``releases`` are all of an environment, oldest first. ``log`` holds what those of
    interest reach and the ones before them do not; a release whose commits are not in it
    because it is older carries nothing.
    """
    found: dict[int, Carried] = {}
    released: set[str] = set()
    before: Released | None = None
    for release in new_to_the_environment(releases):
        if log is None:
            found[release.number] = Carried(unknown=NO_REPOSITORY)
            continue
        new = _reached(release.commit, log, released)
        unknown = _why_unknown(release, before, log, new)
        changes = tuple(log.commits[each] for each in new)
        found[release.number] = Carried(
            () if unknown else tuple(each for each in changes if not each.merges),
            unknown,
        )
        released.update(new)
        before = release
    return found


def _why_unknown(
    release: Released,
    before: Released | None,
    log: CommitLog,
    new: Sequence[str],
) -> str:
    if before is None:
        return FIRST
    if release.commit not in log.present:
        return OWN_MISSING
    if before.commit not in log.present:
        return BEFORE_MISSING
    if log.cut & set(new):
        return CUT
    return ""


def _reached(commit: str, log: CommitLog, released: set[str]) -> list[str]:
    """Return the commits that ``commit`` reaches through the log, without those released."""
    waiting, seen = [commit], set[str]()
    found: list[str] = []
    while waiting:
        each = waiting.pop()
        if each in seen or each in released or each not in log.commits:
            continue
        seen.add(each)
        found.append(each)
        waiting.extend(log.commits[each].parents)
    return found
