"""What a release is when it is handed on: whole, unchanged, and told where its code lies there."""

from delivery.promote.archive import zipped
from delivery.promote.artifact import Artifact, read_artifact
from delivery.promote.handover import Handover
from delivery.promote.localize import commit_in, localize, refuse_unmovable
from delivery.promote.packages import Package, checked_content, packages_of
from delivery.promote.receivers import Receiver, receivers_of

__all__ = [
    "Artifact",
    "Handover",
    "Package",
    "Receiver",
    "checked_content",
    "commit_in",
    "localize",
    "packages_of",
    "read_artifact",
    "receivers_of",
    "refuse_unmovable",
    "zipped",
]
