"""CodeBuild, its reports and its logs as ``ports.Builds``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from awsrules.statuses import BuildStatus
from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import Build, BuildPhase


@dataclass(frozen=True, slots=True)
class CodeBuilds:
    """Builds of one account and region."""

    clients: Clients

    def build(self, build_id: str) -> Build | None:
        with self._doing(f"read build {build_id}"):
            answer = self.clients.get("codebuild").batch_get_builds(ids=[build_id])
        builds = answer.get("builds", [])
        return _build(builds[0]) if builds else None

    def log_tail(self, build: Build, *, lines: int) -> list[str]:
        if not build.log_group:
            return []
        with self._doing("read the build's log"):
            try:
                answer = self.clients.get("logs").get_log_events(
                    logGroupName=build.log_group,
                    logStreamName=build.log_stream,
                    limit=lines,
                    startFromHead=False,
                )
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return []
                raise
        text = "\n".join(each["message"].rstrip("\n") for each in answer["events"])
        return text.splitlines()[-lines:]

    def failed_tests(self, build: Build) -> list[str]:
        names: list[str] = []
        for arn in build.report_arns:
            with self._doing("read the build's test report"):
                try:
                    answer = self.clients.get("codebuild").describe_test_cases(
                        reportArn=arn, filter={"status": "FAILED"}, maxResults=100
                    )
                except ClientError as error:
                    # A coverage report has no test cases; it says so by these codes.
                    if code_of(error) in {
                        "InvalidInputException",
                        "ResourceNotFoundException",
                    }:
                        continue
                    raise
            names.extend(_test_name(each) for each in answer.get("testCases", []))
        return names

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _test_name(case: dict[str, Any]) -> str:
    prefix = case.get("prefix", "")
    return f"{prefix}::{case['name']}" if prefix else str(case["name"])


def _build(data: dict[str, Any]) -> Build:
    logs = data.get("logs", {})
    return Build(
        id=data["id"],
        status=BuildStatus(data["buildStatus"]),
        phases=tuple(
            _phase(each) for each in data.get("phases", []) if "phaseStatus" in each
        ),
        log_group=logs.get("groupName", ""),
        log_stream=logs.get("streamName", ""),
        log_url=logs.get("deepLink", ""),
        report_arns=tuple(data.get("reportArns", [])),
    )


def _phase(data: dict[str, Any]) -> BuildPhase:
    messages = [each.get("message", "") for each in data.get("contexts", [])]
    return BuildPhase(
        name=data["phaseType"],
        status=BuildStatus(data["phaseStatus"]),
        seconds=data.get("durationInSeconds", 0),
        messages=tuple(each for each in messages if each),
    )
