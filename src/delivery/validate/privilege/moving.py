"""The pipeline's role holds what its actions need, and no more.

Sources: "Add permissions to the CodePipeline service role" and the action references, AWS
CodePipeline User Guide; "Permissions for SSE-KMS", Amazon S3 User Guide; "Encrypt an Amazon
SNS topic", Amazon SNS Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery.validate.actions import Action, actions_of, pipelines_of
from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.privilege.names import ACCOUNT, PARTITION, Stack
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.proof import lacking, pipeline_stack, unasked

MOVER = "CodePipelineServiceRole"

# What an action calls of CloudFormation on its stack, by mode.
_MODES: Mapping[str, str] = {
    "CHANGE_SET_REPLACE": (
        "CreateChangeSet DeleteChangeSet DescribeChangeSet DescribeStacks"
    ),
    "CHANGE_SET_EXECUTE": "DescribeChangeSet DescribeStacks ExecuteChangeSet",
    "CREATE_UPDATE": "CreateStack DescribeStacks UpdateStack",
    "REPLACE_ON_FAILURE": "CreateStack DeleteStack DescribeStacks UpdateStack",
    "DELETE_ONLY": "DeleteStack DescribeStacks",
}
_TRANSFORMED = frozenset({"CHANGE_SET_REPLACE", "CREATE_UPDATE", "REPLACE_ON_FAILURE"})
_USE_OF_KEY = "Decrypt DescribeKey Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo"
_OF_STORE = "GetBucketAcl GetBucketLocation GetBucketVersioning"
_OF_ARTIFACTS = (
    "GetObject GetObjectTagging GetObjectVersion GetObjectVersionTagging PutObject "
    "PutObjectTagging"
)


def needs_of_pipeline(subject: Subject) -> dict[str, list[Need]]:
    """Give what all actions of the pipeline ask for, by the role that they act with.

    An action that lacks what names its resource asks nothing: other rules tell of it.
    """
    stack = pipeline_stack(subject)
    found = list(_of_the_store(subject, stack))
    for action in actions_of(subject.pipeline):
        found.extend(_of_action(action, subject, stack))
    return {MOVER: found}


def _of_the_store(subject: Subject, stack: Stack) -> Iterator[Need]:
    for logical_id, properties in pipelines_of(subject.pipeline):
        store: Any = stack.resolved(properties["ArtifactStore"])
        bucket = f"arn:{PARTITION}:s3:::{store['Location']}"
        own = {"aws:ResourceAccount": ACCOUNT}
        why = "the artifact store"
        for name in _OF_STORE.split():
            yield Need(f"s3:{name}", bucket, why, "", logical_id)
        for name in _OF_ARTIFACTS.split():
            yield Need(f"s3:{name}", f"{bucket}/any", why, "", logical_id, own)
        if key := store.get("EncryptionKey", {}).get("Id"):
            for name in _USE_OF_KEY.split():
                yield Need(f"kms:{name}", key, why, "", logical_id)


def _of_action(action: Action, subject: Subject, stack: Stack) -> Iterator[Need]:
    given: Any = stack.resolved(action.configuration)
    here = f"{stack.region}:{ACCOUNT}"
    why = f"{action.name} of {action.stage} ({subject.pipeline.name}:{action.line})"

    def need(name: str, resource: str, **context: str) -> Need:
        keys = {key.replace("_", ":", 1): text for key, text in context.items()}
        return Need(name, resource, why, "", action.name, keys)

    match action.provider:
        case "CodeStarSourceConnection" if arn := given.get("ConnectionArn"):
            # Both prefixes are in use for the same connection.
            for service in ("codeconnections", "codestar-connections"):
                yield need(f"{service}:UseConnection", arn)
        case "CodeBuild" if name := given.get("ProjectName"):
            project = f"arn:{PARTITION}:codebuild:{here}:project/{name}"
            for name in ("BatchGetBuilds", "StartBuild", "StopBuild"):
                yield need(f"codebuild:{name}", project)
        case "CloudFormation" if name := given.get("StackName"):
            formation = f"arn:{PARTITION}:cloudformation"
            target = f"{formation}:{here}:stack/{name}/any"
            for name in _MODES.get(action.mode, "").split():
                yield need(f"cloudformation:{name}", target)
            if action.mode in _TRANSFORMED:
                transform = f"{formation}:{stack.region}:aws:transform"
                name = "cloudformation:CreateChangeSet"
                yield need(name, f"{transform}/Serverless-2016-10-31")
            if role := given.get("RoleArn"):
                to = "cloudformation.amazonaws.com"
                yield need("iam:PassRole", role, iam_PassedToService=to)
        case "Manual" if topic := given.get("NotificationArn"):
            yield need("sns:Publish", topic)


def pipeline_lacks_nothing(subject: Subject) -> Iterator[Finding]:
    """Name each permission that an action needs and the pipeline's role lacks."""
    return lacking("pipeline-lacks", subject, needs_of_pipeline(subject))


def pipeline_has_no_more(subject: Subject) -> Iterator[Finding]:
    """Name each permission of the pipeline's role that no action needs."""
    nobody = "no action of the pipeline needs it"
    return unasked("pipeline-surplus", subject, needs_of_pipeline(subject), nobody)


RULES = (
    Rule(
        "pipeline-lacks",
        "The pipeline's role may do what each of its actions does.",
        pipeline_lacks_nothing,
    ),
    Rule(
        "pipeline-surplus",
        "The pipeline's role may do nothing that no action needs.",
        pipeline_has_no_more,
    ),
)
