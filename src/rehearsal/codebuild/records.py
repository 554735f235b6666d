"""What a build knows about itself, and how BatchGetBuilds tells it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"
STOPPED, TIMED_OUT, FAULT = "STOPPED", "TIMED_OUT", "FAULT"


@dataclass
class PhaseRecord:
    """One phase of one build."""

    name: str
    started: datetime
    status: str | None = None
    ended: datetime | None = None
    code: str = ""
    message: str = ""
    # Work is measured by the wall clock: the plane's clock runs fast while something waits.
    _mark: float = field(default_factory=time.monotonic)
    seconds: int = 0

    def end(
        self, now: datetime, status: str, code: str = "", message: str = ""
    ) -> None:
        """Note how the phase ended."""
        self.ended, self.status, self.code, self.message = now, status, code, message
        self.seconds = round(time.monotonic() - self._mark)

    def as_answer(self) -> dict[str, Any]:
        """Return a ``BuildPhase``."""
        if self.ended is None:
            return {"phaseType": self.name, "startTime": self.started}
        return {
            "phaseType": self.name,
            "phaseStatus": self.status,
            "startTime": self.started,
            "endTime": self.ended,
            "durationInSeconds": self.seconds,
            "contexts": [{"statusCode": self.code, "message": self.message}],
        }


@dataclass
class Build:
    """One build. Written by its runner alone."""

    id: str
    arn: str
    number: int
    project: dict[str, Any]
    initiator: str
    started: datetime
    group_name: str
    stream_name: str
    status: str = IN_PROGRESS
    ended: datetime | None = None
    phases: list[PhaseRecord] = field(default_factory=list)
    resolved_source_version: str | None = None
    exported: dict[str, str] = field(default_factory=dict)
    report_arns: list[str] = field(default_factory=list)

    @property
    def uuid(self) -> str:
        """The part of the id after the project's name."""
        return self.id.rpartition(":")[2]

    @property
    def complete(self) -> bool:
        """Say whether the build has come to its end."""
        return self.ended is not None

    @property
    def current_phase(self) -> str:
        """The phase under way, or COMPLETED."""
        return self.phases[-1].name if self.phases else "SUBMITTED"

    def as_answer(self) -> dict[str, Any]:
        """Return a ``Build`` as BatchGetBuilds has it; what is None is left out."""
        project = self.project
        answer = {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": self.started,
            "endTime": self.ended,
            "currentPhase": self.current_phase,
            "buildStatus": self.status,
            "sourceVersion": project.get("sourceVersion"),
            "resolvedSourceVersion": self.resolved_source_version,
            "projectName": project["name"],
            "phases": [phase.as_answer() for phase in list(self.phases)],
            "source": self._source(),
            "secondarySources": project.get("secondarySources", []),
            "artifacts": _artifact(project["artifacts"]),
            "secondaryArtifacts": [
                _artifact(item) for item in project.get("secondaryArtifacts", [])
            ],
            "cache": project.get("cache", {"type": "NO_CACHE"}),
            "environment": project["environment"],
            "serviceRole": project["serviceRole"],
            "logs": self._logs(),
            "timeoutInMinutes": project.get("timeoutInMinutes", 60),
            "queuedTimeoutInMinutes": project.get("queuedTimeoutInMinutes", 480),
            "buildComplete": self.complete,
            "initiator": self.initiator,
            "encryptionKey": project.get("encryptionKey"),
            "exportedEnvironmentVariables": [
                {"name": name, "value": value} for name, value in self.exported.items()
            ],
            "reportArns": list(self.report_arns),
        }
        return {key: value for key, value in answer.items() if value is not None}

    def _source(self) -> dict[str, Any]:
        if self.initiator.startswith("codepipeline/"):
            return {"type": "CODEPIPELINE", "insecureSsl": False}
        source: dict[str, Any] = self.project["source"]
        return source

    def _logs(self) -> dict[str, Any]:
        region = self.arn.split(":")[3]
        account = self.arn.split(":")[4]
        return {
            "groupName": self.group_name,
            "streamName": self.stream_name,
            "cloudWatchLogsArn": (
                f"arn:aws:logs:{region}:{account}:log-group:{self.group_name}"
                f":log-stream:{self.stream_name}"
            ),
            "deepLink": (
                f"https://console.aws.amazon.com/cloudwatch/home?region={region}"
                f"#logsV2:log-groups/log-group/{self.group_name.replace('/', '$252F')}"
                f"/log-events/{self.stream_name}"
            ),
            "cloudWatchLogs": {"status": "ENABLED", "groupName": self.group_name},
        }


def _artifact(artifacts: dict[str, Any]) -> dict[str, Any]:
    if artifacts["type"] != "S3":
        return {"location": ""}
    path = "/".join(
        part.strip("/")
        for part in (
            artifacts["location"],
            artifacts.get("path", ""),
            artifacts.get("name", ""),
        )
        if part.strip("/")
    )
    answer = {
        "location": f"arn:aws:s3:::{path}",
        "artifactIdentifier": artifacts.get("artifactIdentifier"),
    }
    return {key: value for key, value in answer.items() if value is not None}
