"""CloudWatch Logs as ``ports.Logs``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import LogLine


@dataclass(frozen=True, slots=True)
class LogGroups:
    """Log groups of one account and region."""

    clients: Clients

    def group_of_project(self, project: str) -> str:
        with self._doing(f"read where project {project} logs"):
            answer = self.clients.get("codebuild").batch_get_projects(names=[project])
        for each in answer["projects"]:
            settings = each.get("logsConfig", {}).get("cloudWatchLogs", {})
            if settings.get("status") == "DISABLED":
                return ""
            return str(settings.get("groupName") or f"/aws/codebuild/{project}")
        return ""

    def group_of_function(self, function: str) -> str:
        with self._doing(f"read where function {function} logs"):
            answer = self.clients.get("lambda").get_function_configuration(
                FunctionName=function
            )
        group = answer.get("LoggingConfig", {}).get("LogGroup")
        return str(group or f"/aws/lambda/{function}")

    def lines(self, group: str, since: datetime, *, limit: int) -> list[LogLine] | None:
        pages = self.clients.get("logs").get_paginator("filter_log_events")
        found: list[LogLine] = []
        with self._doing(f"read the log group {group}"):
            try:
                for page in pages.paginate(
                    logGroupName=group, startTime=int(since.timestamp() * 1000)
                ):
                    found.extend(_line(each) for each in page["events"])
                    if len(found) >= limit:
                        break
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return None
                raise
        return found[:limit]

    def _doing(self, what: str) -> AbstractContextManager[None]:
        return told_in_our_words(what, local=self.clients.local)


def _line(data: dict[str, Any]) -> LogLine:
    return LogLine(
        id=data["eventId"],
        at=datetime.fromtimestamp(data["timestamp"] / 1000, UTC),
        stream=data.get("logStreamName", ""),
        text=data["message"].rstrip("\n"),
    )
