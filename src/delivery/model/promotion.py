"""What a place that takes releases in is made of."""

from __future__ import annotations

from dataclasses import dataclass

# The source action of a place's pipeline, the object it reads, and the variables that hold
# the hash of the artifact and the commit that it was built of.
PROMOTION_ACTION = "Promotion"
PROMOTED_KEY = "promoted/release.zip"
ARTIFACT_SHA256 = "ArtifactSha256"
COMMIT_ID = "CommitId"
# What a variable holds that nobody gave; it may not be empty.
NOT_GIVEN = "none"


@dataclass(frozen=True, slots=True)
class PlaceStores:
    """The buckets of a place, by name."""

    releases: str
    artifacts: str
