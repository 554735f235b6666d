"""A delivery to look after: ledgers, stacks, functions with versions, packages, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from delivery_fakes import (
    FakeAccount,
    FakePipelines,
    FakeScreen,
    FakeStacks,
    make_stack,
)
from release_fakes import (
    BUCKET,
    REGION,
    SCOPE,
    START,
    FakeDeployedStacks,
    FakeReleaseStore,
    LedgerBuilder,
    make_contents,
)

from delivery.errors import Refused
from delivery.flows.cleaning import Cleaner
from delivery.ledger.events import FunctionVersion, StoredTemplate
from delivery.model import (
    AliasRoute,
    BucketGuards,
    HeldRole,
    RunningShift,
    StoredPackage,
    TrailGuards,
    VersionNow,
)

FUNCTION = "mra-analyze"
STACK = "medical-record-analysis-lambda-production"
LATER = START + timedelta(days=365)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class FakeVersions:
    """One account's functions: what is published, and where aliases lead."""

    published: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, list[AliasRoute]] = field(default_factory=dict)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    dies_at: int | None = None

    def versions(self, function: str) -> list[VersionNow]:
        numbers = sorted(self.published.get(function, []), key=int, reverse=True)
        return [VersionNow(function, each, f"code-{each}") for each in numbers]

    def routes(self, function: str) -> list[AliasRoute]:
        return list(self.aliases.get(function, []))

    def delete(self, function: str, version: str) -> None:
        if self.dies_at == len(self.deleted):
            raise Killed
        for each in self.routes(function):
            if version in {each.version, *each.weights}:
                raise Refused(f"Lambda: {each.alias} references {version}.")
        self.published[function].remove(version)
        self.deleted.append((function, version))


@dataclass
class FakePackages:
    """Packages by key."""

    found: dict[str, StoredPackage] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def add(self, name: str, *, at: datetime = START) -> str:
        key = f"packages/{name}"
        self.found[key] = StoredPackage(key, 1_000_000, at, ("v1",))
        return key

    def all(self) -> list[StoredPackage]:
        return [self.found[key] for key in sorted(self.found)]

    def delete(self, package: StoredPackage) -> None:
        del self.found[package.key]
        self.deleted.append(package.key)


@dataclass
class FakeShifts:
    """Deployments that have not ended."""

    under_way: list[RunningShift] = field(default_factory=list)

    def running(self, stack_id: str) -> list[RunningShift]:
        return self.under_way


@dataclass
class FakeGuards:
    """How keys, buckets and trails are set; all as they should be."""

    rotating: bool = True
    buckets: BucketGuards = BucketGuards(True, "aws:kms", True)
    trails: TrailGuards = TrailGuards(True, True, True)

    def key_rotates(self, key_id: str) -> bool:
        return self.rotating

    def bucket(self, name: str) -> BucketGuards:
        return self.buckets

    def trail(self, arn: str) -> TrailGuards:
        return self.trails


@dataclass
class FakeRoles:
    """Roles by name."""

    found: dict[str, HeldRole] = field(default_factory=dict)

    def role(self, name: str) -> HeldRole | None:
        return self.found.get(name)


@dataclass
class Delivery:
    """Production with one function, and all that clean-up looks at."""

    store: FakeReleaseStore = field(default_factory=FakeReleaseStore)
    stacks: FakeStacks = field(default_factory=FakeStacks)
    deployed: FakeDeployedStacks = field(default_factory=FakeDeployedStacks)
    versions: FakeVersions = field(default_factory=FakeVersions)
    packages: FakePackages = field(default_factory=FakePackages)
    shifts: FakeShifts = field(default_factory=FakeShifts)
    pipelines: FakePipelines = field(default_factory=FakePipelines)
    screen: FakeScreen = field(default_factory=FakeScreen)
    keep: int = 2

    def __post_init__(self) -> None:
        self.ledger = LedgerBuilder(self.store, SCOPE)
        self.holds("1", "")

    def release(
        self,
        version: str,
        content: str = "",
        *,
        good: bool = True,
        traffic: bool = True,
    ) -> int:
        """Release a version whose package is named like its content; it serves then."""
        content = content or f"content-{version.zfill(2)}"
        key = self.packages.add(content)
        text = f"CodeUri: s3://{BUCKET}/{key}\n"
        number = self.ledger.release(
            content,
            version,
            good=good,
            traffic=traffic,
            execution=f"execution-{self.ledger.releases}",
            template=self.stored(text),
            functions={
                FUNCTION: FunctionVersion("AnalyzeFunction", "live", version, "code")
            },
        )
        self.publish(version)
        self.holds(version, text)
        self.route(version)
        return number

    def stored(self, text: str) -> StoredTemplate:
        """Keep a template as the recorder does."""
        digest = sha256(text.encode()).hexdigest()
        key = f"releases/{digest}/packaged.yaml"
        self.store.put_new(key, text.encode())
        return StoredTemplate(BUCKET, key, "v1", digest)

    def publish(self, version: str) -> None:
        """Publish a version that no release needs to know of."""
        known = self.versions.published.setdefault(FUNCTION, [])
        if version not in known:
            known.append(version)

    def route(self, version: str, **weights: float) -> None:
        """Let the alias lead to a version, and by ``v3=0.1`` to others."""
        shares = {name.removeprefix("v"): share for name, share in weights.items()}
        self.versions.aliases[FUNCTION] = [
            AliasRoute(FUNCTION, "live", version, shares)
        ]

    def holds(self, version: str, template: str) -> None:
        """Let the stack hold a version and a template."""
        stack = make_stack(STACK)
        self.stacks.stacks[STACK] = stack
        contents = make_contents(versions={FUNCTION: version}, template=template)
        self.deployed.found[STACK] = replace(contents, stack=stack)

    def cleaner(self) -> Cleaner:
        """Return what cleans up here."""
        return Cleaner(
            FakeAccount(),
            REGION,
            self.stacks,
            self.deployed,
            self.versions,
            self.versions,
            self.shifts,
            self.pipelines,
            self.store,
            self.packages,
            self.screen,
            "pipeline",
            {"production": self.keep},
        )

    def plan(self, before: datetime = LATER):
        """Plan a clean-up of everything that is older than ``before``."""
        return self.cleaner().plan(before=before)


def role(
    name: str, *actions: str, resources: Sequence[str] = ("arn:x",), **more
) -> HeldRole:
    """Build a role whose one statement, Own, allows actions."""
    statement: Mapping[str, object] = {
        "Sid": "Own",
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    return HeldRole(name, ({"Statement": [statement]},), **more)
