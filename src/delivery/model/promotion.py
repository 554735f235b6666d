"""What a place that takes releases in is made of."""

from __future__ import annotations

from dataclasses import dataclass

# The source action of a place's pipeline, the object it reads, and the variable that holds
# the hash of the artifact.
PROMOTION_ACTION = "Promotion"
PROMOTED_KEY = "promoted/release.zip"
ARTIFACT_SHA256 = "ArtifactSha256"


@dataclass(frozen=True, slots=True)
class PlaceStores:
    """The buckets of a place, by name."""

    releases: str
    artifacts: str
