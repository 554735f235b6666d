"""What keeps the amount low: whether the templates have it, and what a month saves by it.

A saving is the difference of two estimates, one without the lever and one with it, after
the free tier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from delivery.cost.facts import Action, Bucket, Facts, Function, Holds, Pushes
from delivery.cost.model import Lever

LONGEST_ARTIFACT_DAYS = 30
_SMALL, _NEXT = "BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM"

Costs = Callable[[Facts], Decimal]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A lever: how to see it in the facts, and the facts with it and without it."""

    key: str
    title: str
    held: Callable[[Facts], bool]
    evidence: Callable[[Facts], str]
    on: Callable[[Facts], Facts]
    off: Callable[[Facts], Facts]


def find_levers(facts: Facts, costs: Costs) -> tuple[Lever, ...]:
    """Look at each lever. ``costs`` estimates a month, in USD, after the free tier."""
    return tuple(
        Lever(
            key=kind.key,
            title=kind.title,
            held=kind.held(facts),
            evidence=kind.evidence(facts),
            saves=costs(kind.off(facts)) - costs(kind.on(facts)),
        )
        for kind in _KINDS
    )


def _with_actions(facts: Facts, change: Callable[[Action], Action]) -> Facts:
    actions = tuple(map(change, facts.pipeline.actions))
    return replace(facts, pipeline=replace(facts.pipeline, actions=actions))


def _with_buckets(facts: Facts, change: Callable[[Bucket], Bucket]) -> Facts:
    def changed(buckets: tuple[Bucket, ...]) -> tuple[Bucket, ...]:
        return tuple(map(change, buckets))

    foundation = replace(facts.foundation, buckets=changed(facts.foundation.buckets))
    environments = tuple(
        replace(each, buckets=changed(each.buckets)) for each in facts.environments
    )
    return replace(facts, foundation=foundation, environments=environments)


# --- A cache of dependencies ------------------------------------------------------------


def _installing(facts: Facts) -> list[Action]:
    return [each for each in facts.pipeline.actions if each.cached or each.installs]


def _all_cached(facts: Facts) -> bool:
    found = _installing(facts)
    return bool(found) and all(each.cached for each in found)


def _cache_evidence(facts: Facts) -> str:
    found = _installing(facts)
    cached = sum(each.cached for each in found)
    return f"{cached} of {len(found)} actions that install have a cache"


def _cached(each: Action) -> Action:
    return replace(each, cached=each.cached or each.installs, installs=False)


def _uncached(each: Action) -> Action:
    return replace(each, cached=False, installs=each.cached or each.installs)


# --- The life of artifacts --------------------------------------------------------------


def _artifacts(facts: Facts) -> Bucket | None:
    return facts.foundation.bucket(Holds.ARTIFACTS)


def _expires_soon(facts: Facts) -> bool:
    bucket = _artifacts(facts)
    days = bucket.expires_days if bucket else None
    return days is not None and days <= LONGEST_ARTIFACT_DAYS


def _life_evidence(facts: Facts) -> str:
    bucket = _artifacts(facts)
    if bucket is None:
        return "no bucket is known to hold artifacts"
    if bucket.expires_days is None:
        return f"{bucket.logical_id} keeps artifacts for ever"
    more = f", versions {bucket.noncurrent_days} more" if bucket.versioned else ""
    return (
        f"{bucket.logical_id} expires artifacts after {bucket.expires_days} days{more}"
    )


def _lifetime(days: int | None) -> Callable[[Bucket], Bucket]:
    def changed(each: Bucket) -> Bucket:
        if each.holds is not Holds.ARTIFACTS:
            return each
        return replace(each, expires_days=days, noncurrent_days=days)

    return changed


def _with_lifetime(facts: Facts) -> Facts:
    if _expires_soon(facts):
        return facts
    return _with_buckets(facts, _lifetime(LONGEST_ARTIFACT_DAYS))


# --- Builds of one branch ---------------------------------------------------------------


def _one_branch(facts: Facts) -> bool:
    return facts.pipeline.pushes is not None and facts.pipeline.pushes.of_one_branch


def _branch_evidence(facts: Facts) -> str:
    pushes = facts.pipeline.pushes
    if pushes is None:
        return "no pipeline"
    named = ", ".join(pushes.branches) or "every branch"
    return f"{pushes.by} lets {named} start it"


def _started_by(pushes: Pushes) -> Callable[[Facts], Facts]:
    def changed(facts: Facts) -> Facts:
        return replace(facts, pipeline=replace(facts.pipeline, pushes=pushes))

    return changed


# --- The size of what runs --------------------------------------------------------------


def _sizes(facts: Facts) -> list[str]:
    return sorted({each.compute for each in facts.pipeline.actions if each.compute})


def _sized(size: str) -> Callable[[Facts], Facts]:
    def changed(each: Action) -> Action:
        return replace(each, compute=size) if each.compute else each

    return lambda facts: _with_actions(facts, changed)


def _memories(facts: Facts) -> dict[str, int]:
    """Return the most memory of a function, by environment."""
    return {
        each.section: max(f.memory_megabytes for f in each.functions)
        for each in facts.environments
        if each.functions
    }


def _memory_differs(facts: Facts) -> bool:
    found = _memories(facts).values()
    return len(found) < 2 or min(found) < max(found)


def _memory_evidence(facts: Facts) -> str:
    found = [f"{name} {size} MB" for name, size in _memories(facts).items()]
    return ", ".join(found) or "no functions"


def _with_most_memory(facts: Facts) -> Facts:
    most = max(_memories(facts).values(), default=0)

    def changed(each: Function) -> Function:
        return replace(each, memory_megabytes=max(each.memory_megabytes, most))

    environments = tuple(
        replace(each, functions=tuple(map(changed, each.functions)))
        for each in facts.environments
    )
    return replace(facts, environments=environments)


# --- Keys of buckets --------------------------------------------------------------------


def _encrypted(facts: Facts) -> list[Bucket]:
    found = [bucket for stack in facts.stacks for bucket in stack.buckets]
    return [each for each in found if each.own_key]


def _key_evidence(facts: Facts) -> str:
    found = _encrypted(facts)
    held = sum(each.bucket_key for each in found)
    return f"{held} of {len(found)} buckets under a key of ours have a bucket key"


def _keyed(on: bool) -> Callable[[Facts], Facts]:
    def changed(each: Bucket) -> Bucket:
        return replace(each, bucket_key=on)

    return lambda facts: _with_buckets(facts, changed)


def _same(facts: Facts) -> Facts:
    return facts


_KINDS = (
    _Kind(
        "dependency-cache",
        "Dependencies are cached",
        _all_cached,
        _cache_evidence,
        on=lambda facts: _with_actions(facts, _cached),
        off=lambda facts: _with_actions(facts, _uncached),
    ),
    _Kind(
        "artifact-lifecycle",
        f"Artifacts live {LONGEST_ARTIFACT_DAYS} days",
        _expires_soon,
        _life_evidence,
        on=_with_lifetime,
        off=lambda facts: _with_buckets(facts, _lifetime(None)),
    ),
    _Kind(
        "one-branch",
        "Builds on the main branch only",
        _one_branch,
        _branch_evidence,
        on=_started_by(Pushes(("main",), "a trigger")),
        off=_started_by(Pushes((), "a trigger")),
    ),
    _Kind(
        "small-builds",
        "Builds on the smallest machine",
        lambda facts: _sizes(facts) in ([], [_SMALL]),
        lambda facts: ", ".join(_sizes(facts)) or "no builds",
        on=_sized(_SMALL),
        off=_sized(_NEXT),
    ),
    _Kind(
        "memory-by-environment",
        "Memory by environment",
        _memory_differs,
        _memory_evidence,
        on=_same,
        off=_with_most_memory,
    ),
    _Kind(
        "bucket-keys",
        "Buckets ask KMS seldom",
        lambda facts: all(each.bucket_key for each in _encrypted(facts)),
        _key_evidence,
        on=_keyed(True),
        off=_keyed(False),
    ),
)
