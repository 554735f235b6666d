"""Permissions taken out and put in, roles and trusts loosened, statements without a reason."""

from __future__ import annotations

from seeded.defect import Defect

# Actions of the deployment role that stand once in its text, by what needs them.
_NEEDED = (
    "lambda:CreateFunction",
    "lambda:PublishVersion",
    "lambda:UpdateAlias",
    "lambda:GetFunctionRecursionConfig",
    "codedeploy:CreateDeploymentGroup",
    "codedeploy:CreateDeployment",
    "logs:PutRetentionPolicy",
    "logs:DescribeIndexPolicies",
    "cloudwatch:PutMetricAlarm",
    "s3:PutLifecycleConfiguration",
    "kms:EnableKeyRotation",
    "sqs:CreateQueue",
)
# Actions that no resource of ours needs of the deployment role, right after one that it has.
UNUSED = tuple("""
    lambda:InvokeFunction lambda:AddLayerVersionPermission lambda:CreateFunctionUrlConfig
    lambda:EnableReplication lambda:CreateEventSourceMapping
    lambda:PutProvisionedConcurrencyConfig lambda:DeleteLayerVersion
    lambda:GetLayerVersion lambda:InvokeAsync lambda:InvokeFunctionUrl
    lambda:PublishLayerVersion lambda:DeleteFunctionEventInvokeConfig
    lambda:DeleteFunctionUrlConfig lambda:UpdateEventSourceMapping
    lambda:UpdateFunctionUrlConfig lambda:UpdateFunctionEventInvokeConfig
    lambda:DeleteProvisionedConcurrencyConfig lambda:PutFunctionEventInvokeConfig
    lambda:PutRuntimeManagementConfig lambda:RemoveLayerVersionPermission
    """.split())
_PLACE = "                  - lambda:CreateAlias\n"
_PASSED = (
    '                    "iam:PassedToService":\n'
    "                      - codedeploy.amazonaws.com\n"
)
_ROLES = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${NamePrefix}-*"
_BOUNDARY = (
    "                  StringEquals: "
    '{"iam:PermissionsBoundary": !Ref PermissionsBoundary}\n'
)
_BUILD_SOURCE = (
    '                "aws:SourceArn": !Sub "arn:${AWS::Partition}:codebuild:${AWS::Region}:'
    '${AWS::AccountId}:project/${ProjectLabel}Build"\n'
)
_BUILD_TRUST = (
    '              StringEquals: {"aws:SourceAccount": !Ref AWS::AccountId}\n'
    "              ArnLike:\n" + _BUILD_SOURCE
)
_SERVICE = "Principal: {Service: cloudformation.amazonaws.com}"


def removed(action: str) -> Defect:
    line = f"                  - {action}\n"
    return Defect("deployer-lacks", "foundation", line)


def added(action: str) -> Defect:
    line = f"{_PLACE}                  - {action}\n"
    return Defect("deployer-surplus", "foundation", _PLACE, line)


PRIVILEGE = (
    *(removed(action) for action in _NEEDED),
    *(added(action) for action in UNUSED[:6]),
    # The pipeline's actions, and what its builds run.
    Defect(
        "pipeline-lacks", "foundation", "                  - codebuild:StartBuild\n"
    ),
    Defect(
        "pipeline-lacks",
        "foundation",
        "                  - cloudformation:ExecuteChangeSet\n",
    ),
    Defect(
        "pipeline-surplus",
        "foundation",
        "                  - codebuild:StopBuild\n",
        "                  - codebuild:StopBuild\n"
        "                  - codebuild:RetryBuild\n",
    ),
    Defect(
        "build-lacks",
        "foundation",
        "                  - codebuild:BatchPutTestCases\n",
    ),
    Defect(
        "build-surplus",
        "foundation",
        "                  - codebuild:BatchPutTestCases\n",
        "                  - codebuild:BatchPutTestCases\n"
        "                  - codebuild:DeleteReport\n",
    ),
    # More than it is, beside its names, by another's hand.
    Defect(
        "role-escalation",
        "foundation",
        _PASSED,
        _PASSED + "                      - ec2.amazonaws.com\n",
    ),
    Defect(
        "role-escalation", "foundation", _ROLES, _ROLES.replace("${NamePrefix}-*", "*")
    ),
    Defect(
        "role-escalation",
        "foundation",
        _BOUNDARY,
        "                  StringLike: {}\n",
    ),
    Defect(
        "role-escalation",
        "foundation",
        '${NamePrefix}-*"\n              # CloudFormation itself',
        '*"\n              # CloudFormation itself',
    ),
    # Who may take a role.
    Defect(
        "role-trust",
        "foundation",
        _SERVICE,
        "Principal: {Service: [cloudformation.amazonaws.com, ec2.amazonaws.com]}",
    ),
    Defect("role-trust", "foundation", _SERVICE, "Principal: {AWS: '999988887777'}"),
    Defect(
        "role-trust",
        "foundation",
        _BUILD_TRUST,
        _BUILD_TRUST.replace('"aws:SourceAccount": !Ref AWS::AccountId', ""),
    ),
    Defect(
        "role-trust",
        "foundation",
        _BUILD_SOURCE,
        _BUILD_SOURCE.replace('Build"', 'Builder"'),
    ),
    # What a place lets the promoter of another do.
    Defect(
        "receiver-lacks",
        "pipeline",
        "                Action: codepipeline:StartPipelineExecution\n",
        "                Action: codepipeline:GetPipeline\n",
    ),
    Defect(
        "receiver-surplus",
        "pipeline",
        "                  - s3:PutObject\n                Resource: !Sub "
        '"arn:${AWS::Partition}:s3:::${ReleaseBucketName}/packages/*"\n',
        "                  - s3:PutObject\n                  - s3:DeleteObject\n"
        "                Resource: !Sub "
        '"arn:${AWS::Partition}:s3:::${ReleaseBucketName}/packages/*"\n',
    ),
    Defect(
        "receiver-trust",
        "pipeline",
        '              ArnEquals: {"aws:PrincipalArn": !Ref PromoterRoleArn}\n',
        "              StringLike: {}\n",
    ),
    # Functions against their code.
    Defect(
        "function-lacks",
        "template",
        "                Action: sqs:SendMessage\n",
        "                Action: []\n",
    ),
    Defect(
        "function-surplus",
        "template",
        "                  - s3:GetObject\n",
        "                  - s3:GetObject\n                  - s3:DeleteObject\n",
    ),
    # How a statement is written.
    Defect(
        "policy-wildcard",
        "template",
        "                Action: sqs:SendMessage\n",
        "                NotAction: sqs:DeleteQueue\n",
    ),
    Defect("policy-wildcard", "foundation", _PLACE, '                  - "lambda:*"\n'),
    Defect(
        "pass-role",
        "foundation",
        '"iam:PassedToService": cloudformation.amazonaws.com',
        '"iam:ResourceTag/x": y',
    ),
    Defect("statement-named", "foundation", "Sid: ManageFunctions", "Sid: ''"),
    Defect(
        "statement-named",
        "foundation",
        "              # Functions, their versions, aliases, permissions and concurrency.\n",
    ),
    Defect(
        "role-bounded",
        "template",
        "      PermissionsBoundary: !Ref PermissionsBoundaryArn\n",
    ),
    Defect(
        "role-bounded",
        "template",
        '      FunctionName: !Sub "${NamePrefix}-${Environment}-analyze"\n',
    ),
    # Outside of the names that the deployment role may make.
    Defect(
        "deployer-lacks",
        "template",
        'RoleName: !Sub "${NamePrefix}-${Environment}-analyze-${AWS::Region}"',
        "RoleName: analyze",
    ),
    Defect(
        "deployer-lacks",
        "template",
        'FunctionName: !Sub "${NamePrefix}-${Environment}-analyze"',
        "FunctionName: analyze",
    ),
)
