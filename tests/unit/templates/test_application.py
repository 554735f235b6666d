"""template.yaml: functions, API, alarms and shifting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsrules.templates import TemplateError, effective_parameters
from delivery.render.functions import published_functions
from delivery.validate.privilege.names import Stack
from delivery.validate.sam import translate
from traffic_hooks.settings import read_checks

FUNCTIONS = {
    "AnalyzeFunction": ("analyze", "medical_records.handlers.analyze.handler"),
    "RecordsFunction": ("records", "medical_records.handlers.records.handler"),
    "HealthFunction": ("health", "medical_records.handlers.health.handler"),
}
NOTHING = {"Ref": "AWS::NoValue"}
# A signing profile's version but for its last letter.
PROFILE = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/release/a1b2C3d4E"
VERSION = "AWS::Lambda::Version"
NEEDED = {
    "Environment": "production",
    "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
    "LogBucketName": "logs",
    "NoticesTopicArn": "arn:aws:sns:us-east-1:123456789012:notices",
}


@pytest.fixture(scope="module")
def translated(application) -> dict[str, Any]:
    given = {**NEEDED, "ShiftEnabled": "true", "ShiftType": "Canary10Percent5Minutes"}
    return translate(application, given, region="us-east-1")["Resources"]


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_functions_have_short_names_roles_of_their_own_and_logs(
    application, logical_id: str
) -> None:
    name, handler = FUNCTIONS[logical_id]
    properties = application["Resources"][logical_id]["Properties"]

    assert properties["FunctionName"] == {
        "Fn::Sub": f"${{NamePrefix}}-${{Environment}}-{name}"
    }
    assert properties["Handler"] == handler
    role = properties["Role"]["Fn::GetAtt"][0]
    logs = application["Resources"][properties["LoggingConfig"]["LogGroup"]["Ref"]]
    assert application["Resources"][role]["Type"] == "AWS::IAM::Role"
    assert logs["Properties"]["LogGroupName"]["Fn::Sub"].endswith(f"-{name}")


def test_names_of_functions_and_roles_fit_their_limit(application) -> None:
    """Lambda and IAM: 64 characters, with the longest environment and region."""
    longest = {
        "${NamePrefix}": "p" * 8,
        "${Environment}": "e" * 16,
        "${AWS::Region}": "ap-southeast-1",
    }
    for logical_id, resource in application["Resources"].items():
        for key in ("FunctionName", "RoleName"):
            name = resource.get("Properties", {}).get(key, {}).get("Fn::Sub", "")
            for variable, value in longest.items():
                name = name.replace(variable, value)
            assert len(name) <= 64, logical_id


def test_all_methods_need_a_signature(translated) -> None:
    body = translated["RecordsApi"]["Properties"]["Body"]

    methods = [
        (path, verb, method)
        for path, verbs in body["paths"].items()
        for verb, method in verbs.items()
    ]
    assert {(path, verb) for path, verb, _ in methods} == {
        ("/analyses", "get"),
        ("/analyses", "post"),
        ("/analyses/{analysisId}", "get"),
        ("/health", "get"),
    }
    for path, _, method in methods:
        assert {"AWS_IAM": []} in method["security"]
        # The key is for the quota; a health check does not count against it.
        assert ({"api_key": []} in method["security"]) == (path != "/health")


def test_a_submission_is_validated_against_the_bundles_model(translated) -> None:
    body = translated["RecordsApi"]["Properties"]["Body"]

    post = body["paths"]["/analyses"]["post"]
    assert post["x-amazon-apigateway-request-validator"] == "body-only"
    assert body["components"]["schemas"]["bundle"] == {"type": "object"}
    assert post["requestBody"]["required"] is True


def test_the_api_speaks_tls_1_2_at_least_and_logs_its_callers(
    application, translated
) -> None:
    assert translated["RecordsApi"]["Properties"]["SecurityPolicy"] == "TLS_1_2"
    stage = translated["RecordsApiv1Stage"]["Properties"]
    (settings,) = stage["MethodSettings"]
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert settings["DataTraceEnabled"] is False
    assert logged["caller"] == "$context.identity.userArn"
    assert "ThrottlingRateLimit" in settings


def test_calls_reach_the_alias_and_not_the_newest_code(translated) -> None:
    body = json.dumps(translated["RecordsApi"]["Properties"]["Body"])

    for logical_id in FUNCTIONS:
        assert f"${{{logical_id}Aliaslive}}" in body
        assert f"${{{logical_id}}}" not in body


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_a_shift_moves_an_alias_by_our_own_role_and_watches_alarms(
    translated, logical_id: str
) -> None:
    group = translated[f"{logical_id}DeploymentGroup"]["Properties"]

    assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["DeploymentRole", "Arn"]}
    watched = group["AlarmConfiguration"]["Fn::If"][1]["Alarms"]
    kinds = {
        dimension["Name"]
        for alarm in watched
        for dimension in translated[alarm["Name"]["Ref"]]["Properties"]["Dimensions"]
    }
    assert kinds == {
        "FunctionName",
        "Resource",
        "ExecutedVersion",
        "ApiName",
        "Stage",
    }
    metrics = {
        translated[alarm["Name"]["Ref"]]["Properties"]["MetricName"]
        for alarm in watched
    }
    assert metrics == {"Errors", "Duration", "Throttles", "5XXError"}
    assert len(watched) <= 10
    assert "CodeDeployServiceRole" not in translated


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_hooks_try_a_version_before_and_after_its_shift(
    translated, logical_id: str
) -> None:
    update = translated[f"{logical_id}Aliaslive"]["UpdatePolicy"]
    hooks = update["CodeDeployLambdaAliasUpdate"]

    assert hooks["BeforeAllowTrafficHook"] == {"Ref": "PreTrafficFunction"}
    assert hooks["AfterAllowTrafficHook"] == {"Ref": "PostTrafficFunction"}


@pytest.mark.parametrize("hook", ["PreTrafficFunction", "PostTrafficFunction"])
def test_a_hook_has_no_alias_and_is_told_its_checks_only(
    application, translated, hook: str
) -> None:
    assert not [name for name in translated if name.startswith(f"{hook}Alias")]
    variables = translated[hook]["Properties"]["Environment"]["Variables"]
    told = [name for name, value in variables.items() if value != NOTHING]
    assert told == ["CHECKS"]
    assert hook not in {each.logical_id for each in published_functions(application)}


@pytest.mark.parametrize("hook", ["PreTrafficFunction", "PostTrafficFunction"])
def test_a_hook_checks_every_function_that_shifts(translated, hook: str) -> None:
    variables = translated[hook]["Properties"]["Environment"]["Variables"]
    text, versions = variables["CHECKS"]["Fn::Sub"]
    for logical_id in FUNCTIONS:
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{logical_id}"
        text = text.replace(f"${{{logical_id}.Arn}}", arn)
        version = logical_id.replace("Function", "Version")
        text = text.replace(f"${{{version}}}", f"{arn}:7")

    checks = read_checks({"CHECKS": text})

    assert {check.function for check in checks} == set(FUNCTIONS)
    assert {check.alias.qualifier for check in checks} == {"live"}
    referred = [each["Ref"] for each in versions.values()]
    assert [translated[each]["Type"] for each in referred] == [VERSION] * 3


def test_both_hooks_make_the_same_checks(application) -> None:
    before, after = (
        application["Resources"][each]["Properties"]["Environment"]["Variables"]
        for each in ("PreTrafficFunction", "PostTrafficFunction")
    )
    assert before == after


def test_without_shifting_there_is_no_codedeploy(application) -> None:
    resources = translate(application, NEEDED, region="us-east-1")["Resources"]

    assert not {
        each["Type"] for each in resources.values() if "CodeDeploy" in each["Type"]
    } - {"AWS::CodeDeploy::DeploymentConfig"}
    assert "UpdatePolicy" not in resources["AnalyzeFunctionAliaslive"]


SIGNED = {"SigningProfileVersions": f"{PROFILE}5,{PROFILE}6"}


@pytest.mark.parametrize(("given", "asked"), [({}, False), (SIGNED, True)])
def test_functions_refuse_code_without_a_signature_once_profiles_are_named(
    application, given: dict[str, str], asked: bool
) -> None:
    values = effective_parameters(application, {**NEEDED, **given})
    template = translate(application, values, region="us-east-1")
    stack = Stack("stack", "us-east-1", template, values)
    functions = {
        each: stack.properties(each).get("CodeSigningConfigArn")
        for each, found in template["Resources"].items()
        if found["Type"] == "AWS::Lambda::Function"
    }
    signatures = stack.properties("AcceptedSignatures")
    condition = template["Resources"]["AcceptedSignatures"]["Condition"]

    assert len(functions) == 5
    assert stack.scope.conditions[condition] is asked
    assert set(functions.values()) == (
        {stack.arn("AcceptedSignatures")} if asked else {None}
    )
    if asked:
        accepted = signatures["AllowedPublishers"]["SigningProfileVersionArns"]
        assert accepted == [f"{PROFILE}5", f"{PROFILE}6"]
        assert signatures["CodeSigningPolicies"] == {
            "UntrustedArtifactOnDeployment": "Enforce"
        }


@pytest.mark.parametrize(
    "value", ["release", f"{PROFILE}5,", ",".join(f"{PROFILE}{n}" for n in range(21))]
)
def test_the_template_refuses_what_are_not_1_to_20_profiles(
    application, value: str
) -> None:
    declared = {
        "SigningProfileVersions": application["Parameters"]["SigningProfileVersions"]
    }

    with pytest.raises(TemplateError, match="must be empty or 1 to 20 ARNs"):
        effective_parameters(
            {"Parameters": declared}, {"SigningProfileVersions": value}
        )


def test_missing_data_sets_off_no_alarm_and_alarms_tell_somebody(application) -> None:
    for logical_id, resource in application["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            properties = resource["Properties"]
            assert properties["TreatMissingData"] == "notBreaching", logical_id
            assert "AlarmActions" in properties, logical_id


def test_outputs_are_what_tools_and_tests_read(application) -> None:
    outputs = application["Outputs"]

    assert {"ApiUrl", "Environment"} <= set(outputs)
    assert {f"{logical_id}Alias" for logical_id in FUNCTIONS} <= set(outputs)


def test_versions_are_kept_for_rollback(translated) -> None:
    versions = [
        each for each in translated.values() if each["Type"] == "AWS::Lambda::Version"
    ]

    assert len(versions) == 3
    assert {each["DeletionPolicy"] for each in versions} == {"Retain"}
