"""What a look ahead needs of CloudFormation and CodeBuild."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words
from delivery.aws.stacks import CloudFormationStacks, is_absent
from delivery.model import ChangeSet, ReportSummary, StackRequest


@dataclass(frozen=True, slots=True)
class ThrowawayChangeSets(CloudFormationStacks):
    """CloudFormation as ``ports.ReviewStacks``.

    Every change set is named ``name`` and made under ``role_arn``, or under the stack's
    own role when that is empty. It executes none.
    """

    name: str
    role_arn: str = ""

    def create_change_set(self, request: StackRequest, *, create: bool) -> ChangeSet:
        role = {"RoleARN": self.role_arn} if self.role_arn else {}
        with self._doing(f"make a change set for stack {request.name}"):
            answer = self.clients.get("cloudformation").create_change_set(
                StackName=request.name,
                ChangeSetName=self.name,
                ChangeSetType="CREATE" if create else "UPDATE",
                Description="Shows what a release would change; never executed.",
                Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
                TemplateURL=request.template_url,
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in request.parameters.items()
                ],
                Tags=[{"Key": k, "Value": v} for k, v in request.tags.items()],
                **role,
            )
        return ChangeSet(answer["Id"], answer["StackId"], "CREATE_PENDING")

    def execute(self, change_set: ChangeSet, *, token: str) -> None:
        raise NotImplementedError("a review executes nothing")

    def change_sets(self, stack_id: str) -> Mapping[str, ChangeSet]:
        found: dict[str, ChangeSet] = {}
        page: dict[str, str] = {}
        while True:
            with self._doing("list the stack's change sets"):
                try:
                    answer = self.clients.get("cloudformation").list_change_sets(
                        StackName=stack_id, **page
                    )
                except ClientError as error:
                    if is_absent(error):
                        return {}
                    raise
            for each in answer["Summaries"]:
                found[each["ChangeSetName"]] = ChangeSet(
                    each["ChangeSetId"], each["StackId"], each["Status"]
                )
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}


@dataclass(frozen=True, slots=True)
class BuildReports:
    """Reports in CodeBuild's report groups, as ``ports.TestReports``."""

    clients: Clients

    def summaries(self, report_arns: Sequence[str]) -> list[ReportSummary]:
        if not report_arns:
            return []
        with told_in_our_words("read the test reports", local=self.clients.local):
            answer = self.clients.get("codebuild").batch_get_reports(
                reportArns=list(report_arns)
            )
        by_arn = {each["arn"]: each for each in answer["reports"]}
        return [_summary(by_arn[arn]) for arn in report_arns if arn in by_arn]


def _summary(data: dict[str, Any]) -> ReportSummary:
    """Read one report; its group's name is the part of the ARN before the colon."""
    name = data["arn"].rpartition(":")[0].rpartition("/")[2]
    if data.get("type") == "CODE_COVERAGE":
        coverage = data.get("codeCoverageSummary", {}).get("lineCoveragePercentage")
        return ReportSummary(name, line_coverage_percent=coverage)
    counts = data.get("testSummary", {}).get("statusCounts", {})
    return ReportSummary(
        name,
        passed=counts.get("SUCCEEDED", 0),
        failed=counts.get("FAILED", 0) + counts.get("ERROR", 0),
        skipped=counts.get("SKIPPED", 0),
    )
