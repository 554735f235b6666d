"""The shipped roles on an enforcing plane: one permission less, and its call is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from shipped_roles import BUILDER, DEPLOYER, MOVER, Account

from delivery.aws.clients import Clients
from delivery.aws.stacks import CloudFormationStacks
from delivery.watch.causes import root_cause

pytestmark = pytest.mark.plane

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
STACK = "medical-record-analysis-lambda-tried"
FUNCTION = "mra-tried-any"
APPLICATION = "medical-record-analysis-lambda-any"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/mra-tried-any"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
SAM = json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": {}})


Call = Callable[[Any, Account], Any]


def _package() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event\n")
    return content.getvalue()


def _make_function(api: Any, _: Account) -> Any:
    return api.create_function(
        FunctionName=FUNCTION,
        Role=ROLE,
        Code={"ZipFile": _package()},
        Runtime="python3.11",
        Handler="app.handler",
    )


def _make_role(api: Any, account: Account) -> Any:
    return api.create_role(
        RoleName="mra-tried-any",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=account.outputs["PermissionsBoundaryArn"],
    )


def _shift(api: Any, _: Account) -> Any:
    return api.create_deployment(
        applicationName=APPLICATION,
        deploymentGroupName=f"{APPLICATION}-group",
        deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
    )


def _group(api: Any, _: Account) -> Any:
    return api.create_deployment_group(
        applicationName=APPLICATION,
        deploymentGroupName=f"{APPLICATION}-group",
        serviceRoleArn=ROLE,
    )


def _alarm(api: Any, _: Account) -> Any:
    return api.put_metric_alarm(
        AlarmName=f"{STACK}-errors",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def _change_set(api: Any, account: Account) -> Any:
    return api.create_change_set(
        StackName=STACK,
        ChangeSetName="release",
        ChangeSetType="CREATE",
        TemplateBody=SAM,
        RoleARN=account.outputs["CloudFormationServiceRoleArn"],
    )


def _put(key: str, store: str) -> Call:
    return lambda api, account: api.put_object(
        Bucket=account.outputs[store], Key=key, Body=b"content"
    )


def _get(key: str, store: str) -> Call:
    return lambda api, account: api.get_object(Bucket=account.outputs[store], Key=key)


# Role, service, statement and action, and the call that asks for it.
SEEDS: tuple[tuple[str, str, str, str, Call], ...] = (
    (
        *(DEPLOYER, "lambda", "ManageFunctions", "lambda:PublishVersion"),
        lambda api, _: api.publish_version(FunctionName=FUNCTION),
    ),
    (
        *(DEPLOYER, "lambda", "ManageFunctions", "lambda:UpdateAlias"),
        lambda api, _: api.update_alias(FunctionName=FUNCTION, Name="live"),
    ),
    (
        DEPLOYER,
        "lambda",
        "HandRolesToLambdaAndCodeDeploy",
        "iam:PassRole",
        _make_function,
    ),
    (
        *(DEPLOYER, "codedeploy", "HandRolesToLambdaAndCodeDeploy", "iam:PassRole"),
        _group,
    ),
    (DEPLOYER, "codedeploy", "ShiftTraffic", "codedeploy:CreateDeployment", _shift),
    (DEPLOYER, "codedeploy", "ShiftTraffic", "codedeploy:GetDeploymentConfig", _shift),
    (
        *(DEPLOYER, "codedeploy", "ShiftTraffic"),
        *("codedeploy:RegisterApplicationRevision", _shift),
    ),
    (DEPLOYER, "iam", "ManageRolesThatCarryTheBoundary", "iam:CreateRole", _make_role),
    (DEPLOYER, "cloudwatch", "ManageAlarms", "cloudwatch:PutMetricAlarm", _alarm),
    (
        *(DEPLOYER, "s3", "ManageRecordBuckets", "s3:PutBucketPolicy"),
        lambda api, _: api.put_bucket_policy(Bucket="mra-tried-records", Policy="{}"),
    ),
    (
        *(DEPLOYER, "apigateway", "ManageTheApi", "apigateway:POST"),
        lambda api, _: api.create_rest_api(name="tried"),
    ),
    (
        *(DEPLOYER, "kms", "MakeWhatHasNoNameYet", "kms:CreateKey"),
        lambda api, _: api.create_key(),
    ),
    (
        *(MOVER, "codebuild", "RunTheDeliverysProjects", "codebuild:StartBuild"),
        lambda api, _: api.start_build(projectName="MedicalRecordAnalysisBuild"),
    ),
    (
        *(
            MOVER,
            "cloudformation",
            "DeployByChangeSet",
            "cloudformation:CreateChangeSet",
        ),
        _change_set,
    ),
    (
        *(MOVER, "cloudformation", "UseTheSamTransform"),
        *("cloudformation:CreateChangeSet", _change_set),
    ),
    (
        *(MOVER, "cloudformation", "HandTheDeploymentRoleToCloudFormation"),
        *("iam:PassRole", _change_set),
    ),
    (
        *(MOVER, "cloudformation", "DeployByChangeSet"),
        "cloudformation:ExecuteChangeSet",
        lambda api, _: api.execute_change_set(StackName=STACK, ChangeSetName="x"),
    ),
    (
        *(MOVER, "sns", "AnnounceApprovals", "sns:Publish"),
        lambda api, _: api.publish(
            TopicArn=f"arn:aws:sns:{HERE}:medical-record-analysis-notices", Message="m"
        ),
    ),
    (
        *(MOVER, "s3", "ReadAndWriteArtifacts", "s3:PutObject"),
        _put("execution/artifact.zip", "ArtifactBucketName"),
    ),
    (
        *(MOVER, "s3", "UseTheDeliverysKey", "kms:GenerateDataKey*"),
        _put("execution/artifact.zip", "ArtifactBucketName"),
    ),
    (
        *(BUILDER, "s3", "PutPackagesIntoTheReleaseStore", "s3:PutObject"),
        _put("packages/code", "ReleaseBucketName"),
    ),
    (
        *(BUILDER, "s3", "UseTheDeliverysKey", "kms:Decrypt"),
        _get("packages/code", "ReleaseBucketName"),
    ),
    (
        *(BUILDER, "s3", "SeeWhichPackagesExist", "s3:ListBucket"),
        lambda api, account: api.list_objects_v2(
            Bucket=account.outputs["ReleaseBucketName"]
        ),
    ),
    (
        *(BUILDER, "logs", "WriteTheBuildLog", "logs:CreateLogStream"),
        lambda api, _: api.create_log_stream(
            logGroupName="/aws/codebuild/MedicalRecordAnalysisBuild", logStreamName="s"
        ),
    ),
)


def refused(call: Call, api: Any, account: Account) -> str:
    """Make a call; give IAM's words where they are what ends it, else ""."""
    try:
        call(api, account)
    except ClientError as error:
        if "not authorized to perform" in error.response["Error"]["Message"]:
            return str(error.response["Error"]["Message"])
    return ""


def test_one_permission_less_is_refused_at_its_call_by_its_name(
    account: Account,
) -> None:
    for role, service, statement, action, call in SEEDS:
        api = account.client(role, service)
        assert refused(call, api, account) == "", f"{role}: {action} as it is shipped"
        with account.without(role, statement, action):
            text = refused(call, api, account)
        name = action.removesuffix("*")
        who = account.outputs[f"{role}Arn"].rpartition("/")[2]
        assert f"assumed-role/{who}/try is not authorized to perform: {name}" in text
        assert text.endswith(
            f"because no identity-based policy allows the {name} action"
        )
    print(f"{len(SEEDS)} of {len(SEEDS)} removed permissions refused by name")
    assert len(SEEDS) >= 15


RESOURCES = {
    "logs:CreateLogGroup": (
        "ManageLogGroups",
        {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/aws/lambda/mra-tried"},
        },
    ),
    "sqs:CreateQueue": (
        "ManageQueues",
        {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mra-tried-queue"}},
    ),
    "logs:PutRetentionPolicy": (
        "ManageLogGroups",
        {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": "/aws/lambda/mra-tried-7",
                "RetentionInDays": 7,
            },
        },
    ),
}


@pytest.mark.parametrize("action", RESOURCES)
def test_a_stacks_first_failure_names_the_permission_that_its_role_lacks(
    account: Account, action: str
) -> None:
    statement, resource = RESOURCES[action]
    name = f"medical-record-analysis-lambda-{action.partition(':')[2].lower()}"
    with account.without(DEPLOYER, statement, action):
        made = account.operator("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps({"Resources": {"Tried": resource}}),
            RoleARN=account.outputs["CloudFormationServiceRoleArn"],
        )
        with pytest.raises(Exception, match="ROLLBACK"):
            account.operator("cloudformation").get_waiter("stack_create_complete").wait(
                StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
            )

    stacks = CloudFormationStacks(Clients("us-east-1", endpoint_url=account.endpoint))
    cause = root_cause(stacks.events(made["StackId"]))

    assert cause is not None
    assert cause.meaning == f"A role lacks a permission: {action}."
    assert f"is not authorized to perform: {action} on resource: arn:aws:" in (
        cause.reason
    )


def test_the_boundary_limits_what_a_role_of_the_application_allows_itself(
    account: Account,
) -> None:
    import boto3

    iam, sts = account.operator("iam"), account.operator("sts")
    iam.create_role(
        RoleName="mra-bounded",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=account.outputs["PermissionsBoundaryArn"],
    )
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(
        RoleName="mra-bounded",
        PolicyName="everything",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": everything}),
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/mra-bounded"
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="try")["Credentials"]
    api = boto3.client(
        "iam",
        endpoint_url=account.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    with pytest.raises(ClientError) as refusal:
        api.create_user(UserName="somebody")

    assert refusal.value.response["Error"]["Message"].endswith(
        "because no permissions boundary allows the iam:CreateUser action"
    )
