"""Hand a release to other places, all of them at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from delivery.errors import DeliveryError
from delivery.ports import HomePackages, Place, Places, Screen
from delivery.promote import (
    Artifact,
    Handover,
    Package,
    Receiver,
    checked_content,
    commit_in,
    localize,
    packages_of,
    refuse_unmovable,
    zipped,
)
from delivery.promote.packages import PACKAGES
from delivery.report.numbers import counted

_MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What became of one place.

    ``packages`` counts what the release needs there, ``lacking`` what of it was not there
    before. ``execution`` is the place's own, empty where none was started.
    """

    receiver: Receiver
    packages: int = 0
    lacking: int = 0
    artifact_sha256: str = ""
    execution: str = ""
    error: DeliveryError | None = None

    def as_data(self) -> dict[str, Any]:
        """Return plain data for ``promote --output json``."""
        error = self.error
        return {
            "role_arn": self.receiver.role_arn,
            "account": self.receiver.account,
            "region": self.receiver.region,
            "packages": self.packages,
            "packages_lacking": self.lacking,
            "artifact_sha256": self.artifact_sha256 or None,
            "execution": self.execution or None,
            "error": error
            and {"what": error.what, "why": error.why, "next_step": error.next_step},
        }


@dataclass(frozen=True, slots=True)
class Load:
    """What goes to each place: the artifact, and its packages with their content."""

    artifact: Artifact
    packages: Mapping[Package, bytes]


@dataclass(frozen=True, slots=True)
class Promoter:
    """Hands releases on from the release store ``home``."""

    home: str
    own: HomePackages
    places: Places
    screen: Screen

    def promote(
        self,
        handover: Handover,
        artifact: Artifact,
        receivers: Sequence[Receiver],
        *,
        dry_run: bool = False,
    ) -> list[HandedOn]:
        """Hand ``artifact`` to each place; a dry run looks, and puts and starts nothing.

        What fails in one place stops no other: its error is in what is returned. Run
        again, only what is missing is put, and no execution is started twice.

        Raises:
            BadInput: when the artifact cannot be handed on, or a package is not what the
                build put there; nothing was changed anywhere.
        """
        load = self._load(artifact)

        def hand_on(receiver: Receiver) -> HandedOn:
            try:
                return self._hand_on(handover, load, receiver, dry_run=dry_run)
            except DeliveryError as error:
                failed = error
            except Exception as error:  # a defect of ours in one place stops no other
                failed = _defect(error)
            self.screen.warn(f"{receiver}: {failed.what}")
            return HandedOn(receiver, error=failed)

        with ThreadPoolExecutor(min(_MOST_AT_ONCE, len(receivers))) as pool:
            return list(pool.map(hand_on, receivers))

    def _load(self, artifact: Artifact) -> Load:
        """Read what goes along, and hold it against what the build wrote down."""
        refuse_unmovable(artifact, home=self.home)
        packages = packages_of(artifact.files[PACKAGES], home=self.home)
        content = {
            each: checked_content(each, self.own.read(each.bucket, each.key))
            for each in packages
        }
        self.screen.say(
            "The artifact and its packages are those that the execution built: "
            f"{counted(len(artifact.files), 'file')}, "
            f"{counted(len(packages), 'package')}."
        )
        return Load(artifact, content)

    def _hand_on(
        self, handover: Handover, load: Load, receiver: Receiver, *, dry_run: bool
    ) -> HandedOn:
        place = self.places.at(
            receiver.role_arn, region=receiver.region, session=handover.token
        )
        local = localize(load.artifact, home=self.home, place=place.stores().releases)
        lacking = {
            package: content
            for package, content in load.packages.items()
            if not place.has_package(package.key, package.sha256)
        }
        execution = "" if dry_run else self._release(handover, local, lacking, place)
        if execution:
            self.screen.say(f"{receiver}: execution {execution} has started.")
        return HandedOn(
            receiver, len(load.packages), len(lacking), local.sha256, execution
        )

    def _release(
        self,
        handover: Handover,
        local: Artifact,
        lacking: Mapping[Package, bytes],
        place: Place,
    ) -> str:
        """Put all that a place lacks, its release last, and start it there."""
        for package, content in lacking.items():
            place.put_package(package.key, content)
        return place.start(
            place.put_release(zipped(local)),
            variables=handover.variables(local.sha256, commit_in(local)),
            token=handover.token,
        )


def _defect(error: Exception) -> DeliveryError:
    return DeliveryError(
        "The tool met something it did not expect.",
        why=f"{type(error).__name__}: {error}",
        next_step="Run it again; what was handed on is not handed on twice.",
    )
