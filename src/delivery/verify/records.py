"""Records: does CloudTrail know of the move, does the API's stage serve its definition?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from delivery.ports import ApiStages, Trail
from delivery.verify.case import Case, Check, Findings

_STAGE = "AWS::ApiGateway::Stage"
_API = "AWS::ApiGateway::RestApi"
_DEPLOYMENT = "AWS::ApiGateway::Deployment"


@dataclass(frozen=True, slots=True)
class TrailCheck(Check):
    """CloudTrail recorded that the aliases were moved.

    It delivers an event within about fifteen minutes of the call, so none yet is no
    failure. Source: AWS CloudTrail User Guide, "How CloudTrail works".
    """

    trail: Trail
    name: ClassVar[str] = "cloudtrail"
    patient: ClassVar[bool] = True
    next_step: ClassVar[str] = (
        "aws cloudtrail lookup-events --lookup-attributes "
        "AttributeKey=EventSource,AttributeValue=lambda.amazonaws.com"
    )

    def look(self, case: Case, found: Findings) -> str:
        if not case.expected.moved:
            return "No alias was moved by hand, so none has to be recorded."
        wanted = case.expected.moved_functions or tuple(case.expected.aliases)
        moves = self.trail.alias_moves(case.expected.since)
        recorded = {name for move in moves for name in move.functions}
        missing = sorted(set(wanted) - recorded)
        if missing:
            found.unclear.append(
                f"CloudTrail does not show yet that the alias of {', '.join(missing)} "
                "was moved; it is up to fifteen minutes late"
            )
        return f"CloudTrail shows the moves of {len(wanted)} aliases."


@dataclass(frozen=True, slots=True)
class ApiCheck(Check):
    """Each stage of the API serves the deployment that the stack made of its definition."""

    stages: ApiStages
    name: ClassVar[str] = "api"
    next_step: ClassVar[str] = (
        "Deploy the stage's deployment again: the stack's next release does."
    )

    def look(self, case: Case, found: Findings) -> str:
        apis, stages = case.physical_ids(_API), case.physical_ids(_STAGE)
        if not apis or not stages:
            return "The stack has no stage of an API."
        if len(apis) > 1:
            found.unclear.append("the stack has several APIs, and its stages name none")
            return ""
        made = case.physical_ids(_DEPLOYMENT)
        for stage in stages:
            deployment = self.stages.deployment(apis[0], stage)
            if deployment not in made:
                found.bad.append(
                    f"stage {stage} serves deployment {deployment}, which the stack did "
                    "not make"
                )
        return "The API serves the deployment that the stack made."
