"""The roles of the build projects hold what CodeBuild and their commands need, and no more.

Sources: "Allow CodeBuild to interact with other AWS services", "Test report permissions" and
"Encrypt build outputs", AWS CodeBuild User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.buildspec import BuildspecError, parse_buildspec
from awsrules.templates import line_of
from delivery.validate.actions import actions_of
from delivery.validate.builds import PROJECT_TYPE, is_inline
from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.privilege.commands import uses_in
from delivery.validate.privilege.names import ACCOUNT, PARTITION, Stack
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.proof import (
    ANY_REGION,
    DEPLOYER,
    foundation_stack,
    lacking,
    pipeline_stack,
    unasked,
)


@dataclass(frozen=True, slots=True)
class Project:
    """A build project: its properties as they will be, and what its buildspec says."""

    logical_id: str
    name: str
    role: str
    properties: Mapping[str, Any]
    buildspec: str
    file: str
    line: int
    puts_out: bool


def projects_of(subject: Subject) -> Iterator[Project]:
    """Give the projects of the pipeline's template, at its full reach."""
    stack = pipeline_stack(subject)
    outputs = {
        each.configuration["ProjectName"]["Ref"]
        for each in actions_of(subject.pipeline)
        if each.outputs and "Ref" in each.configuration.get("ProjectName", ())
    }
    for logical_id, resource in subject.pipeline.section("Resources").items():
        if resource.get("Type") != PROJECT_TYPE:
            continue
        line = line_of(subject.pipeline.body, "Resources", logical_id) or 1
        properties = stack.properties(logical_id)
        given = str(properties["Source"].get("BuildSpec", "buildspec.yml"))
        inline = is_inline(given)
        yield Project(
            logical_id=logical_id,
            name=str(properties["Name"]),
            role=_role(resource["Properties"].get("ServiceRole")),
            properties=properties,
            buildspec=given if inline else subject.buildspecs.get(given, ""),
            file=f"{subject.pipeline.name}:{line}" if inline else given,
            line=line,
            puts_out=logical_id in outputs,
        )


def _role(given: Any) -> str:
    """Give the logical id of a project's role: the foundation's, or one made beside it."""
    match given:
        case {"Ref": str(name)}:
            return name.removesuffix("Arn")
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case _:
            return ""


def needs_of_builders(subject: Subject) -> dict[str, list[Need]]:
    """Give what each role's projects need, by role."""
    found: dict[str, list[Need]] = {}
    for project in projects_of(subject):
        needs = found.setdefault(project.role, [])
        needs.extend(_of_codebuild(project, subject))
        needs.extend(_of_commands(project, subject))
    return found


def _of_codebuild(project: Project, subject: Subject) -> Iterator[Need]:
    """What CodeBuild does by the role before, beside and after the commands."""
    stack = foundation_stack(subject)
    here = f"{stack.region}:{ACCOUNT}"
    bucket = stack.arn("ArtifactBucket")
    logs = project.properties.get("LogsConfig", {}).get("CloudWatchLogs", {})
    group = logs.get("GroupName", f"/aws/codebuild/{project.name}")
    stream = f"arn:{PARTITION}:logs:{here}:log-group:{group}:log-stream:any"
    wanted = {
        stream: "logs:CreateLogStream logs:PutLogEvents",
        bucket: "s3:GetBucketAcl s3:GetBucketLocation",
        f"{bucket}/any": "s3:GetObject s3:GetObjectVersion",
    }
    key = "kms:Decrypt kms:DescribeKey"
    if cache := project.properties.get("Cache", {}).get("Location"):
        wanted[f"arn:{PARTITION}:s3:::{cache}/any"] = "s3:GetObject s3:PutObject"
        key += " kms:GenerateDataKey"
    if project.puts_out:
        wanted[f"{bucket}/any"] += " s3:PutObject"
        key += " kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo"
    if name := project.properties.get("EncryptionKey"):
        wanted[str(name)] = key
    for resource, actions in wanted.items():
        for action in actions.split():
            yield _need(action, resource, project, "CodeBuild itself")
    yield from _of_reports(project, here)


def _of_reports(project: Project, here: str) -> Iterator[Need]:
    try:
        reports = parse_buildspec(project.buildspec).reports
    except BuildspecError:
        return  # the rule `buildspec` tells
    for report in reports:
        group = f"arn:{PARTITION}:codebuild:{here}:report-group/{project.name}"
        put = "BatchPutCodeCoverages" if report.is_coverage else "BatchPutTestCases"
        for name in ("CreateReportGroup", "CreateReport", put, "UpdateReport"):
            why = f"report {report.group}"
            yield _need(f"codebuild:{name}", f"{group}-{report.group}", project, why)


def _of_commands(project: Project, subject: Subject) -> Iterator[Need]:
    stack = foundation_stack(subject)
    arns = {each: _arns(stack, each) for each in subject.values}
    for use in uses_in(project.buildspec, subject.root, project.file):
        environments = [use.environment] if use.environment else list(arns)
        for environment in environments:
            context = _context(use.kind, stack, environment)
            resource = arns.get(environment, {}).get(use.kind, "*")
            yield _need(use.action, resource, project, use.where, context)


def _context(kind: str, stack: Stack, environment: str) -> Mapping[str, str]:
    """Give the keys that a request about this kind of resource comes with."""
    match kind:
        case "ledger-list":
            return {"s3:prefix": f"ledger/{environment}/"}
        case "metrics":
            return {
                "cloudwatch:namespace": f"{stack.parameters['ProjectLabel']}/Delivery"
            }
        case "deployer":
            return {"iam:PassedToService": "cloudformation.amazonaws.com"}
        case "released-stack":
            bucket = stack.arn("ReleaseBucket").rpartition(":")[2]
            host = f"{bucket}.s3.{stack.region}.amazonaws.com"
            url = f"https://{host}/releases/any/packaged.yaml"
            return {"cloudformation:TemplateUrl": url}
        case _:
            return {}


def _arns(stack: Stack, environment: str) -> Mapping[str, str]:
    """Give the ARN of each kind of resource that commands use; another kind has none."""
    region, here = stack.region, f"{stack.region}:{ACCOUNT}"
    project, label, prefix = (
        stack.parameters[each] for each in ("ProjectName", "ProjectLabel", "NamePrefix")
    )
    releases, function = stack.arn("ReleaseBucket"), f"{prefix}-{environment}-any"
    tails = {
        "api": f"execute-api:{here}:any/{environment}/GET/any",
        "api-key": f"apigateway:{region}::/apikeys/any",
        "api-stage": f"apigateway:{region}::/restapis/any/stages/{environment}",
        "function": f"lambda:{here}:function:{function}",
        "log-group": f"logs:{here}:log-group:/aws/lambda/{function}",
        "pipeline": f"codepipeline:{here}:{label}Pipeline",
        "project": f"codebuild:{here}:project/{label}Build",
        "receiver": f"iam::{ACCOUNT}:role/{project}-receiver-{ANY_REGION}",
        "report-group": f"codebuild:{here}:report-group/{label}Build-any",
        "review-stack": f"cloudformation:{here}:stack/{project}-review-{environment}/any",
        "signing-job": f"signer:{here}:/signing-jobs/any",
        "signing-profile": f"signer:{here}:/signing-profiles/any",
        "pipeline-stack": f"cloudformation:{here}:stack/{project}-pipeline/any",
        "released-stack": f"cloudformation:{here}:stack/{project}-lambda-{environment}/any",
        "stack": f"cloudformation:{here}:stack/{project}-lambda-{environment}/any",
        "stage": f"codepipeline:{here}:{label}Pipeline/Deploy{environment.capitalize()}",
        "topic": f"sns:{here}:{project}-notices",
        "transform": f"cloudformation:{region}:aws:transform/Serverless-2016-10-31",
    }
    return {
        **{kind: f"arn:{PARTITION}:{tail}" for kind, tail in tails.items()},
        **{
            folder: f"{releases}/{folder}/any"
            for folder in ("ledger", "packages", "releases", "reviews")
        },
        "delivery-key": stack.arn("DeliveryKey"),
        "deployer": stack.arn(DEPLOYER),
        "ledger-list": releases,
        "release-bucket": releases,
    }


def _need(
    action: str,
    resource: str,
    project: Project,
    where: str,
    context: Mapping[str, str] | None = None,
) -> Need:
    return Need(action, resource, where, "", project.logical_id, context or {})


def builders_lack_nothing(subject: Subject) -> Iterator[Finding]:
    """Name each permission that a project needs and its role lacks."""
    return lacking("build-lacks", subject, needs_of_builders(subject))


def builders_have_no_more(subject: Subject) -> Iterator[Finding]:
    """Name each permission of a project's role that neither CodeBuild nor a command needs."""
    nobody = "neither CodeBuild nor a command of its projects needs it"
    return unasked("build-surplus", subject, needs_of_builders(subject), nobody)


RULES = (
    Rule(
        "build-lacks",
        "The role of each build project may do what CodeBuild and its commands do.",
        builders_lack_nothing,
    ),
    Rule(
        "build-surplus",
        "The role of a build project may do nothing that nobody there needs.",
        builders_have_no_more,
    ),
)
