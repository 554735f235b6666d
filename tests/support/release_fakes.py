"""Fakes and builders for the release ledger: a bucket, stacks with contents, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from awsrules.statuses import StackStatus
from delivery.ledger.codec import encode, hash_of
from delivery.ledger.events import (
    Commit,
    Deployed,
    Deployment,
    Event,
    Fact,
    Failed,
    FunctionVersion,
    Scope,
    StoredTemplate,
    TrafficComplete,
    Verified,
)
from delivery.model import (
    AliasRoute,
    ReportSummary,
    Stack,
    StackContents,
    StackResource,
    StoredObject,
)

ACCOUNT = "123456789012"
REGION = "us-east-1"
SCOPE = Scope(ACCOUNT, REGION, "production")
BUCKET = "mra-releases"
START = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
OPERATOR = "arn:aws:iam::123456789012:user/operator"


@dataclass
class FakeReleaseStore:
    """A versioned bucket; ``rivals`` put objects just before the next conditional put."""

    objects: dict[str, list[bytes]] = field(default_factory=dict)
    rivals: list[tuple[str, bytes]] = field(default_factory=list)
    lose_answers: int = 0
    reads: int = 0

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def touched(self, prefix: str) -> list[str]:
        return [key for key in self.keys(prefix) if len(self.objects[key]) > 1]

    def read(self, keys: Sequence[str]) -> list[bytes]:
        self.reads += len(keys)
        return [self.objects[key][-1] for key in keys]

    def put_new(self, key: str, content: bytes) -> StoredObject | None:
        if self.rivals and key.startswith("ledger/"):
            rival_key, rival = self.rivals.pop(0)
            self.objects.setdefault(rival_key, []).append(rival)
        if key in self.objects:
            return None
        stored = self.put(key, content)
        if self.lose_answers and key.startswith("ledger/"):
            # The put was done and its answer lost; the client's own retry then finds it.
            self.lose_answers -= 1
            return None
        return stored

    def put(self, key: str, content: bytes) -> StoredObject:
        self.objects.setdefault(key, []).append(content)
        return self._stored(key)

    def find(self, key: str) -> StoredObject | None:
        return self._stored(key) if key in self.objects else None

    def url(self, stored: StoredObject) -> str:
        return f"https://{stored.bucket}.s3.{REGION}.amazonaws.com/{stored.key}"

    def page(self, key: str) -> str:
        return (
            f"https://{REGION}.console.aws.amazon.com/s3/object/{BUCKET}?prefix={key}"
        )

    def _stored(self, key: str) -> StoredObject:
        return StoredObject(BUCKET, key, f"v{len(self.objects[key])}")


@dataclass
class FakeDeployedStacks:
    """Stacks by name; every version's code has the hash ``code-<version>``."""

    found: dict[str, StackContents] = field(default_factory=dict)

    def contents(self, name_or_id: str) -> StackContents | None:
        return self.found.get(name_or_id)

    def code_sha256(self, function: str, version: str) -> str:
        return f"code-{function}-{version}"


@dataclass
class FakeReports:
    """What each report says, by ARN."""

    found: dict[str, ReportSummary] = field(default_factory=dict)

    def summaries(self, report_arns: Sequence[str]) -> list[ReportSummary]:
        return [self.found[arn] for arn in report_arns]


def alias_arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:live"


def make_contents(
    environment: str = "production",
    *,
    status: str = "UPDATE_COMPLETE",
    template: str = "Resources: {}\n",
    versions: dict[str, str] | None = None,
    parameters: dict[str, str] | None = None,
) -> StackContents:
    """Build a stack with one function, alias and version for each of ``versions``."""
    name = f"medical-record-analysis-lambda-{environment}"
    versions = versions or {"mra-analyze": "7"}
    resources: list[StackResource] = []
    for function, version in versions.items():
        logical_id = f"{function.removeprefix('mra-').capitalize()}Function"
        function_arn = alias_arn(function).removesuffix(":live")
        resources += [
            StackResource(logical_id, "AWS::Lambda::Function", function),
            StackResource(
                f"{logical_id}Version",
                "AWS::Lambda::Version",
                f"{function_arn}:{version}",
            ),
            StackResource(
                f"{logical_id}Alias", "AWS::Lambda::Alias", alias_arn(function)
            ),
        ]
    resources.append(StackResource("Deploy1", "AWS::ApiGateway::Deployment", "d1"))
    stack = Stack(
        name,
        f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1",
        StackStatus(status),
        parameters=parameters or {"Environment": environment},
    )
    return StackContents(
        stack, template, tuple(resources), {"team": "records"}, "arn:role"
    )


def make_route(function: str = "mra-analyze", version: str = "7", **weights: float):
    shares = {name.removeprefix("v"): share for name, share in weights.items()}
    return AliasRoute(function, "live", version, shares)


def make_deployed(commit: str = "c0ffee01", version: str = "7", **more) -> Deployed:
    """Build the facts of a deployment; ``commit`` decides its template too."""
    facts = Deployed(
        kind=Deployment.UPDATE,
        commit=Commit(commit, START, "Mend it"),
        stack_id="arn:stack",
        template=StoredTemplate(
            BUCKET, f"releases/{commit}/packaged.yaml", "v1", commit
        ),
        parameters={"Environment": "production"},
        functions={
            "mra-analyze": FunctionVersion(
                "AnalyzeFunction", "live", version, f"code-{version}", f"rev-{version}"
            )
        },
    )
    return replace(facts, **more)


@dataclass
class LedgerBuilder:
    """Writes events as the recorder would, one minute apart."""

    store: FakeReleaseStore = field(default_factory=FakeReleaseStore)
    scope: Scope = SCOPE
    events: list[Event] = field(default_factory=list)

    @property
    def releases(self) -> int:
        """Return how many releases there are."""
        return sum(isinstance(each.fact, Deployed) for each in self.events)

    def add(
        self, fact: Fact, *, release: int = 0, execution: str = "execution-1"
    ) -> Event:
        number = len(self.events) + 1
        previous = hash_of(encode(self.events[-1])) if self.events else ""
        event = Event(
            scope=self.scope,
            sequence=number,
            at=START + timedelta(minutes=number),
            release=self.releases + 1 if isinstance(fact, Deployed) else release,
            execution=execution,
            actor=OPERATOR,
            previous_sha256=previous,
            fact=fact,
        )
        self.events.append(event)
        self.store.objects[event.key] = [encode(event)]
        return event

    def release(
        self,
        name: str,
        version: str = "7",
        *,
        good: bool = True,
        traffic: bool = True,
        execution: str = "",
        **more,
    ) -> int:
        """Add a whole release and return its number."""
        execution = execution or f"execution-{name}"
        deployed = replace(make_deployed(name, version), **more)
        number = self.add(deployed, execution=execution).release
        if traffic:
            versions = {"mra-analyze": version}
            self.add(TrafficComplete(versions), release=number, execution=execution)
        verdict = Verified("SmokeTests") if good else Failed("SmokeTests", "Failed: x.")
        self.add(verdict, release=number, execution=execution)
        return number
