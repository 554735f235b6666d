"""What an action works with: its configuration, its artifacts, and clients of its role."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from rehearsal.asking import Question
from rehearsal.codepipeline.records import ActionRun, Execution, Location
from rehearsal.plane import Plane


class ActionFailed(Exception):
    """The action's work failed; code and text are what its error details show."""

    def __init__(self, message: str, code: str = "JobFailed") -> None:
        super().__init__(message)
        self.code = code


class ActionAbandoned(Exception):
    """Nobody waits for the action any more; what it started goes on without it."""


class Clients:
    """boto3 clients of a pipeline's roles; the session's name tells which pipeline acts."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], Any] = {}

    def get(self, service: str, role_arn: str, pipeline: str) -> Any:
        """Return a client of ``service`` that acts as ``role_arn`` for ``pipeline``."""
        key = (service, role_arn, pipeline)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            keys = self._plane.session_keys(role_arn, f"codepipeline@{pipeline}")
            known = self._plane.client_with(service, keys)
            with self._lock:
                self._known[key] = known
        return known


@dataclass(frozen=True, slots=True)
class Job:
    """One action's work, in the hands of the function that carries it out."""

    plane: Plane
    clients: Clients
    run: ActionRun
    configuration: dict[str, str]

    @property
    def execution(self) -> Execution:
        """The execution that the action belongs to."""
        return self.run.execution

    @property
    def store(self) -> dict[str, Any]:
        """The artifact store as declared."""
        store: dict[str, Any] = self.execution.declaration["artifactStore"]
        return store

    @property
    def kms_key(self) -> str:
        """The artifact store's key, or nothing for S3's own."""
        return str(self.store.get("encryptionKey", {}).get("id", ""))

    @property
    def role_arn(self) -> str:
        """The action's role, or the pipeline's."""
        role = self.run.action.get("roleArn") or self.execution.declaration["roleArn"]
        return str(role)

    @property
    def may_act(self) -> bool:
        """Whether the role trusts CodePipeline, for this pipeline."""
        place = f"{self.plane.region}:{self.plane.account}"
        source = f"arn:aws:codepipeline:{place}:{self.execution.pipeline.name}"
        return self.plane.permissions.may_take("codepipeline", self.role_arn, source)

    def client(self, service: str) -> Any:
        """Return a client that acts as the action's role, or as the pipeline's."""
        return self.clients.get(service, self.role_arn, self.execution.pipeline.name)

    def why_not(self, question: Question) -> str:
        """Give why the role may not do what CodePipeline does by it without a call, or ""."""
        session = f"codepipeline@{self.execution.pipeline.name}"
        return self.plane.permissions.why_not(self.role_arn, session, question)

    def output_location(self, name: str) -> Location:
        """Return where the output artifact ``name`` goes; the same each time."""
        folder = f"{self.execution.pipeline.name}/{name}"
        return {
            "bucket": self.store["location"],
            "key": f"{folder}/{self.run.id.replace('-', '')[:12]}.zip",
        }

    def read_artifact(self, name: str) -> bytes:
        """Return an input artifact's bytes."""
        location = self.run.inputs[name]
        answer = self.client("s3").get_object(
            Bucket=location["bucket"], Key=location["key"]
        )
        content: bytes = answer["Body"].read()
        return content

    def write_artifact(
        self, name: str, content: bytes, metadata: dict[str, str] | None = None
    ) -> None:
        """Keep ``content`` as the output artifact ``name``."""
        location = self.output_location(name)
        self.put_object(location["key"], content, metadata)
        self.run.outputs[name] = location

    def put_object(
        self, key: str, content: bytes, metadata: dict[str, str] | None = None
    ) -> None:
        """Put an object into the artifact store, under its key."""
        encryption = {"ServerSideEncryption": "aws:kms"}
        if self.kms_key:
            encryption["SSEKMSKeyId"] = self.kms_key
        self.client("s3").put_object(
            Bucket=self.store["location"],
            Key=key,
            Body=content,
            Metadata=metadata or {},
            **encryption,
        )

    def pause(self, seconds: float) -> None:
        """Wait between two looks at something that works.

        Raises:
            ActionAbandoned: when nobody wants the answer any more.
        """
        self.run.wake.wait(seconds)
        if self.run.abandoned:
            raise ActionAbandoned
