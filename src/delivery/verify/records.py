"""Records: does CloudTrail know of the move, does the API's stage serve its definition?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from delivery.model import CheckResult
from delivery.ports import ApiStages, Trail
from delivery.verify.case import Case, Findings

_STAGE = "AWS::ApiGateway::Stage"
_API = "AWS::ApiGateway::RestApi"
_DEPLOYMENT = "AWS::ApiGateway::Deployment"


@dataclass(frozen=True, slots=True)
class TrailCheck:
    """CloudTrail recorded that the aliases were moved.

    It delivers an event within about fifteen minutes of the call, so none yet is no
    failure. Source: AWS CloudTrail User Guide, "How CloudTrail works".
    """

    trail: Trail
    name: ClassVar[str] = "cloudtrail"
    patient: ClassVar[bool] = True

    def run(self, case: Case) -> CheckResult:
        found = Findings(self.name)
        if not case.expected.moved:
            return found.result(
                "No alias was moved by hand, so none has to be recorded."
            )
        wanted = case.expected.moved_functions or tuple(case.expected.aliases)
        moves = self.trail.alias_moves(case.expected.since)
        recorded = {name for move in moves for name in move.functions}
        missing = sorted(set(wanted) - recorded)
        if missing:
            found.unclear.append(
                f"CloudTrail does not show yet that the alias of {', '.join(missing)} "
                "was moved; it is up to fifteen minutes late"
            )
        return found.result(
            f"CloudTrail shows the moves of {len(wanted)} aliases.",
            next_step="aws cloudtrail lookup-events --lookup-attributes "
            "AttributeKey=EventSource,AttributeValue=lambda.amazonaws.com",
        )


@dataclass(frozen=True, slots=True)
class ApiCheck:
    """Each stage of the API serves the deployment that the stack made of its definition."""

    stages: ApiStages
    name: ClassVar[str] = "api"
    patient: ClassVar[bool] = False

    def run(self, case: Case) -> CheckResult:
        found = Findings(self.name)
        apis, stages = case.physical_ids(_API), case.physical_ids(_STAGE)
        if not apis or not stages:
            return found.result("The stack has no stage of an API.")
        if len(apis) > 1:
            found.unclear.append("the stack has several APIs, and its stages name none")
            return found.result("")
        made = case.physical_ids(_DEPLOYMENT)
        for stage in stages:
            deployment = self.stages.deployment(apis[0], stage)
            if deployment not in made:
                found.bad.append(
                    f"stage {stage} serves deployment {deployment}, which the stack did "
                    "not make"
                )
        return found.result(
            "The API serves the deployment that the stack made.",
            next_step="Deploy the stage's deployment again: the stack's next release does.",
        )
