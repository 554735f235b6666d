"""What looking after a delivery reads: stored packages, guards of what is stored, roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredPackage:
    """One key of the release store's packages, with all versions of its object.

    ``version_ids`` hold delete markers, too. ``bytes`` are of all versions together, and
    ``stored_at`` is when the newest was stored.
    """

    key: str
    bytes: int
    stored_at: datetime
    version_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BucketGuards:
    """What keeps a bucket's objects; ``encryption`` is S3's word, empty for none."""

    versioned: bool
    encryption: str
    public_blocked: bool


@dataclass(frozen=True, slots=True)
class TrailGuards:
    """Whether a trail records, of all regions, and lets its files be validated."""

    logging: bool
    validated: bool
    all_regions: bool


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role as IAM has it: the documents of its own policies, AWS's by ARN, its trust.

    ``used_at`` is None when IAM knows of no use in its last 400 days, or does not tell.
    """

    name: str
    documents: tuple[Mapping[str, Any], ...]
    managed_by_aws: tuple[str, ...] = ()
    trust: Mapping[str, Any] = field(default_factory=dict)
    used_at: datetime | None = None
