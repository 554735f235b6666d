"""What is found in a template: by type, as far as conditions let it exist."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from cost_facts import CACHED, around, read

from delivery.cost.facts import Does, Holds, StackFacts
from delivery.cost.model import Unpriced

PIPELINE = """
Parameters:
  Store: {Type: String}
  Branch: {Type: String, Default: main}
Resources:
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      Environment: {ComputeType: BUILD_GENERAL1_MEDIUM}
      Cache: {Type: %(cache)s}
      Source: {BuildSpec: %(spec)s}
  Way:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      PipelineType: V2
      ArtifactStore: {Location: !Ref Store}
%(trigger)s
      Stages:
        - Name: Source
          Actions:
            - Name: GitHub
              ActionTypeId: {Category: Source}
              Configuration: {BranchName: !Ref Branch, DetectChanges: "%(polls)s"}
        - Name: Build
          Actions:
            - Name: Build
              ActionTypeId: {Category: Build, Provider: CodeBuild}
              Configuration: {ProjectName: !Ref Build}
        - Name: Ask
          Actions: [{Name: Ask, ActionTypeId: {Category: Approval, Provider: Manual}}]
        - Name: Deploy
          Actions:
            - Name: Create
              ActionTypeId: {Category: Deploy, Provider: CloudFormation}
              Configuration:
                {ActionMode: CHANGE_SET_REPLACE, StackName: app-lambda-production}
            - Name: Execute
              ActionTypeId: {Category: Deploy, Provider: CloudFormation}
              Configuration:
                {ActionMode: CHANGE_SET_EXECUTE, StackName: app-lambda-production}
            - Name: Test
              ActionTypeId: {Category: Test, Provider: CodeBuild}
              Configuration: {ProjectName: !Ref Build}
"""
SELECTS = (
    "AdvancedEventSelectors: "
    "[{FieldSelectors: [{Field: eventCategory, Equals: [%s]}]}]"
)
TRIGGER = "      Triggers: [{GitConfiguration: {Push: [{Branches: {Includes: [%s]}}]}}]"


def _resources(text: str) -> StackFacts:
    return read("Resources:\n" + indent(dedent(text), "  "))


def _pipeline(
    cache: str = "S3",
    spec: str = "buildspec.yml",
    trigger: str = TRIGGER % "!Ref Branch",
    polls: str = "false",
) -> StackFacts:
    values = {"cache": cache, "spec": spec, "trigger": trigger, "polls": polls}
    near = around({"buildspec.yml": CACHED, "none.yml": "version: 0.2"})
    return read(PIPELINE % values, "pipeline", around=near)


def test_a_condition_decides_what_exists() -> None:
    text = """
    Parameters: {Wanted: {Type: String, Default: "no"}}
    Conditions: {Has: !Equals [!Ref Wanted, "yes"]}
    Resources:
      Acl: {Type: AWS::WAFv2::WebACL, Condition: Has, Properties: {Rules: [{}, {}]}}
    """
    assert read(dedent(text)).web_acls == 0
    found = read(dedent(text), parameters={"Wanted": "yes"})
    assert (found.web_acls, found.web_acl_rules) == (1, 2)


def test_an_alarm_counts_for_each_metric_that_its_expression_reads() -> None:
    found = _resources("""
      Plain: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Errors, Period: 60}}
      Share:
        Type: AWS::CloudWatch::Alarm
        Properties:
          Metrics:
            - {Id: a, MetricStat: {Period: 60}}
            - {Id: b, MetricStat: {Period: 60}}
            - {Id: c, Expression: a / b}
      Quick: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Errors, Period: 10}}
      All: {Type: AWS::CloudWatch::CompositeAlarm}
    """)
    assert (found.alarms.standard, found.alarms.quick) == (3, 1)
    assert found.alarms.composite == 1


def test_a_type_that_nobody_priced_is_named() -> None:
    found = _resources("""
      One: {Type: AWS::DynamoDB::Table}
      Two: {Type: AWS::DynamoDB::Table}
      Role: {Type: AWS::IAM::Role}
    """)
    assert found.unpriced == (
        Unpriced("production", "AWS::DynamoDB::Table", 2, "not in the price table"),
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "F: {Type: AWS::Serverless::Function, Properties: {Events: {A: {Type: Api}}, "
            "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 5}}}",
            "F.ProvisionedConcurrencyConfig",
        ),
        (
            "A: {Type: AWS::Serverless::Api, Properties: {CacheClusterEnabled: true}}",
            "A.CacheClusterEnabled",
        ),
        (
            "F: {Type: AWS::Serverless::Function, Properties: "
            "{Events: {Tick: {Type: Schedule}}}}",
            "F",
        ),
        (
            "B: {Type: AWS::CodeBuild::Project, Properties: "
            "{Environment: {ComputeType: BUILD_GENERAL1_2XLARGE}}}",
            "B on BUILD_GENERAL1_2XLARGE",
        ),
        ("P: {Type: AWS::CodePipeline::Pipeline, Properties: {PipelineType: V1}}", "P"),
    ],
)
def test_what_costs_more_than_is_counted_is_named(text: str, named: str) -> None:
    assert [each.what for each in _resources(f"  {text}").unpriced] == [named]


def test_a_property_that_is_switched_off_is_not_named() -> None:
    text = "A: {Type: AWS::Serverless::Api, Properties: {CacheClusterEnabled: false}}"
    assert _resources(f"  {text}").unpriced == ()


FUNCTIONS = """
Globals: {Function: {MemorySize: 512, Tracing: Active}}
Resources:
  Serves:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: 256
      Architectures: [arm64]
      AutoPublishAlias: live
      DeploymentPreference:
        Enabled: %(on)s
        Type: %(kind)s
        Hooks: {PreTraffic: !Ref Checks}
      Events: {Get: {Type: Api}, Put: {Type: Api}}
  Checks: {Type: AWS::Serverless::Function}
  Own:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      TrafficRoutingConfig:
        Type: TimeBasedLinear
        TimeBasedLinear: {LinearPercentage: 25, LinearInterval: 4}
"""


def _functions(on: str = "true", kind: str = "Canary10Percent5Minutes") -> StackFacts:
    return read(FUNCTIONS % {"on": on, "kind": kind})


def test_a_function_has_its_own_values_over_those_of_globals() -> None:
    serves, checks = _functions().functions
    assert (serves.memory_megabytes, serves.arm, serves.routes) == (256, True, 2)
    assert (checks.memory_megabytes, checks.arm, checks.traced) == (512, False, True)


def test_a_hook_is_called_by_each_function_that_shifts() -> None:
    assert [each.hook_of for each in _functions().functions] == [0, 1]
    assert [each.hook_of for each in _functions(on="false").functions] == [0, 0]


def test_a_hook_whose_shift_is_off_is_not_called_and_not_unpriced() -> None:
    assert _functions(on="false").unpriced == ()


@pytest.mark.parametrize(
    ("on", "kind", "minutes"),
    [
        ("true", "Canary10Percent5Minutes", 5),
        ("true", "Linear10PercentEvery10Minutes", 90),
        ("true", "AllAtOnce", 0),
        ("true", "!Ref Own", 12),
        ("false", "Canary10Percent5Minutes", 0),
    ],
)
def test_a_shift_takes_from_its_first_step_to_its_last(
    on: str, kind: str, minutes: int
) -> None:
    assert _functions(on, kind).shift_minutes == minutes


def test_a_bucket_is_known_by_who_refers_to_it() -> None:
    found = read(
        dedent("""
        Resources:
          Store:
            Type: AWS::S3::Bucket
            Properties: {LoggingConfiguration: {DestinationBucketName: !Ref Lines}}
          Lines: {Type: AWS::S3::Bucket}
          Audit: {Type: AWS::S3::Bucket}
          Other: {Type: AWS::S3::Bucket}
          Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref Audit}}
        """),
        artifact_bucket="Store",
    )
    assert {each.logical_id: each.holds for each in found.buckets} == {
        "Store": Holds.ARTIFACTS,
        "Lines": Holds.LOGS,
        "Audit": Holds.TRAIL,
        "Other": Holds.OBJECTS,
    }


@pytest.mark.parametrize(
    ("rules", "versioned", "kept"),
    [
        ("[{Status: Enabled, ExpirationInDays: 30}]", False, 30),
        ("[{Status: Enabled, ExpirationInDays: 30}]", True, None),
        (
            "[{Status: Enabled, ExpirationInDays: 30, "
            "NoncurrentVersionExpiration: {NoncurrentDays: 7}}]",
            True,
            37,
        ),
        ("[{Status: Disabled, ExpirationInDays: 30}]", False, None),
        ("[{Status: Enabled, ExpirationInDays: 30, Prefix: logs/}]", False, None),
        ("[]", False, None),
    ],
)
def test_an_object_is_paid_for_until_its_last_version_goes(
    rules: str, versioned: bool, kept: int | None
) -> None:
    status = "Enabled" if versioned else "Suspended"
    (bucket,) = _resources(f"""
      B:
        Type: AWS::S3::Bucket
        Properties:
          VersioningConfiguration: {{Status: {status}}}
          LifecycleConfiguration: {{Rules: {rules}}}
    """).buckets
    assert bucket.kept_days == kept


def test_logs_of_an_api_are_told_from_those_of_functions() -> None:
    found = _resources("""
      Api:
        Type: AWS::Serverless::Api
        Properties: {AccessLogSetting: {DestinationArn: !GetAtt Lines.Arn}}
      Lines: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 365}}
      One: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
      Two: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 14}}
    """)
    assert (found.log_days, found.access_log_days) == (14, 365)


def test_a_log_group_without_retention_keeps_for_ever() -> None:
    assert _resources("  One: {Type: AWS::Logs::LogGroup}").log_days is None


@pytest.mark.parametrize(
    ("selectors", "recorded"),
    [
        (SELECTS % "Data", True),
        (SELECTS % "Management", False),
        ("EventSelectors: [{DataResources: [{Type: AWS::S3::Object}]}]", True),
        ("IsLogging: true", False),
    ],
)
def test_a_trail_may_record_each_object(selectors: str, recorded: bool) -> None:
    found = _resources(
        f"  Trail: {{Type: AWS::CloudTrail::Trail, Properties: {{{selectors}}}}}"
    )
    assert found.records_data_events is recorded


def test_actions_are_known_by_what_they_do_and_where() -> None:
    found = [(e.name, e.does, e.compute, e.environment) for e in _pipeline().actions]
    assert found == [
        ("GitHub", Does.OTHER, "", ""),
        ("Build", Does.BUILD, "BUILD_GENERAL1_MEDIUM", ""),
        ("Ask", Does.APPROVE, "", ""),
        ("Create", Does.OTHER, "", ""),
        ("Execute", Does.DEPLOY, "", "production"),
        ("Test", Does.CHECK, "BUILD_GENERAL1_MEDIUM", ""),
    ]


@pytest.mark.parametrize(
    ("cache", "spec", "cached", "installs"),
    [
        ("S3", "buildspec.yml", True, False),
        ("LOCAL", "none.yml", True, False),
        ("S3", "none.yml", False, True),
        ("NO_CACHE", "buildspec.yml", False, True),
        ("NO_CACHE", '"version: 0.2\\nphases: {}"', False, False),
    ],
)
def test_a_cache_needs_a_project_that_has_one_and_a_buildspec_that_names_it(
    cache: str, spec: str, cached: bool, installs: bool
) -> None:
    build = next(e for e in _pipeline(cache, spec).actions if e.does is Does.BUILD)
    assert (build.cached, build.installs) == (cached, installs)


@pytest.mark.parametrize(
    ("trigger", "polls", "branches", "one"),
    [
        (TRIGGER % "!Ref Branch", "false", ("main",), True),
        (TRIGGER % "main, next", "false", ("main", "next"), False),
        (TRIGGER % '"feature/*"', "false", (), False),
        ("      Triggers: [{GitConfiguration: {Push: [{}]}}]", "false", (), False),
        (
            "      Triggers: [{GitConfiguration: {PullRequest: [{}]}}]",
            "false",
            (),
            False,
        ),
        (TRIGGER % "main", "true", ("main",), True),
        (TRIGGER % "next", "true", ("next", "main"), False),
        ("", "true", ("main",), True),
    ],
)
def test_it_is_known_which_pushes_start_a_pipeline(
    trigger: str, polls: str, branches: tuple[str, ...], one: bool
) -> None:
    pushes = _pipeline(trigger=trigger, polls=polls).pushes
    assert pushes is not None
    assert (pushes.branches, pushes.of_one_branch) == (branches, one)


@pytest.mark.parametrize(
    ("filters", "branches"),
    [
        ('[{JsonPath: "$.ref", MatchEquals: "refs/heads/{Branch}"}]', ("main",)),
        ('[{JsonPath: "$.action", MatchEquals: push}]', ()),
    ],
)
def test_a_webhook_may_filter_one_branch(
    filters: str, branches: tuple[str, ...]
) -> None:
    hook = f"  Hook: {{Type: AWS::CodePipeline::Webhook, Properties: {{Filters: {filters}}}}}"
    text = PIPELINE % {"cache": "S3", "spec": "b.yml", "trigger": "", "polls": "false"}
    pushes = read(f"{text}{hook}\n", "pipeline").pushes
    assert pushes is not None
    assert pushes.branches == branches
