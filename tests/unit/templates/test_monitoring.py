"""The delivery's dashboard, alarms and the rules that count failures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from awsrules.alarms import AlarmRule, AlarmState, evaluate
from awsrules.metric_math import compute
from delivery.deploy.template import INLINE_TEMPLATE_BYTES, read_template
from delivery.model import DELIVERY_METRICS, ENVIRONMENTS, METRIC_NAMESPACE
from delivery.validate.measured import PUBLISHED, shown_metrics, watched_metrics

ROOT = Path(__file__).resolve().parents[3]
DAY = 86_400
OWN = "${ProjectLabel}/Delivery"
# What the delivery has to show, by what stands for it on the dashboard.
SHOWN = {
    "pipeline execution time": ("AWS/CodePipeline", "PipelineDuration"),
    "stage success": (OWN, "Deployments"),
    "stage failure": ("AWS/Events", "MatchedEvents"),
    "approval wait": (OWN, "ApprovalWaitSeconds"),
    "deployment frequency": (OWN, "Deployments"),
    "build duration": ("AWS/CodeBuild", "Duration"),
    "build success": ("AWS/CodeBuild", "SucceededBuilds"),
    "test pass rate": (OWN, "TestPassRate"),
    "coverage": (OWN, "Coverage"),
}
ALARMS = {
    "BuildsFailAlarm": ("AWS/CodeBuild", "FailedBuilds", "BuildProject"),
    "BuildSlowAlarm": ("AWS/CodeBuild", "Duration", "BuildProject"),
    "ApprovalWaitsAlarm": (OWN, "ApprovalWaitSeconds", "Environment"),
    "DeploymentsFailAlarm": (
        *("AWS/Events", "MatchedEvents", "ProductionStageFailureRule"),
    ),
}


def properties_of(pipeline, logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = pipeline["Resources"][logical_id]["Properties"]
    return found


@pytest.fixture
def shown(pipeline):
    body = properties_of(pipeline, "DeliveryDashboard")["DashboardBody"]
    return list(shown_metrics(body))


def test_the_foundation_keeps_room_in_a_request() -> None:
    template = read_template(ROOT / "templates" / "foundation.yaml")
    assert INLINE_TEMPLATE_BYTES - len(template.text.encode()) >= 500


@pytest.mark.parametrize("what", SHOWN)
def test_the_dashboard_shows_each_measure_of_the_delivery(shown, what: str) -> None:
    assert SHOWN[what] in {(each.namespace, each.name) for each in shown}


def test_what_is_shown_is_published_by_aws_or_put_by_the_tool(
    shown, pipeline, foundation
) -> None:
    label = foundation["Parameters"]["ProjectLabel"]["Default"]
    watched = [
        e for name in ALARMS for e in watched_metrics(properties_of(pipeline, name))
    ]
    own = {each.name: each.dimensions for each in DELIVERY_METRICS}
    for each in [*shown, *watched]:
        if each.namespace == OWN:
            assert OWN.replace("${ProjectLabel}", label) == METRIC_NAMESPACE
            assert tuple(each.dimensions) == own[each.name]
            values = [
                v for v in each.dimensions.values() if v != {"Ref": "Environment"}
            ]
            assert set(values) <= set(ENVIRONMENTS)
        else:
            published = PUBLISHED[each.namespace]
            assert each.name in published.names
            assert list(each.dimensions) == [published.dimension]


def test_every_metric_that_the_tool_puts_is_on_the_dashboard(shown) -> None:
    put = {each.name for each in DELIVERY_METRICS}
    assert put == {each.name for each in shown if each.namespace == OWN}


def test_titles_say_the_unit_and_no_two_widgets_overlap(pipeline) -> None:
    body = properties_of(pipeline, "DeliveryDashboard")["DashboardBody"]
    widgets = json.loads(body["Fn::Sub"][0])["widgets"]
    for each in widgets:
        title = each["properties"]["title"]
        assert title.endswith((", in seconds", ", in percent", ", a day"))
    assert len({(each["x"], each["y"]) for each in widgets}) == len(widgets)
    assert {(each["width"], each["height"]) for each in widgets} == {(8, 6)}


def test_each_stage_that_fails_is_counted_and_told_by_one_rule(pipeline) -> None:
    stages = Counter(
        stage
        for each in pipeline["Resources"].values()
        if each["Type"] == "AWS::Events::Rule"
        for stage in each["Properties"]["EventPattern"]["detail"].get("stage", [])
    )
    declared = set()
    for stage in properties_of(pipeline, "Pipeline")["Stages"]:
        given = stage.get("Fn::If", [None, stage])[1]
        declared.add(given["Name"])
    assert set(stages) == declared
    assert set(stages.values()) == {1}


def test_no_rule_tells_once_more_that_an_execution_failed(pipeline) -> None:
    kind = "CodePipeline Pipeline Execution State Change"
    states = [
        each["Properties"]["EventPattern"]["detail"]["state"]
        for each in pipeline["Resources"].values()
        if each["Type"] == "AWS::Events::Rule"
        and kind in each["Properties"]["EventPattern"]["detail-type"]
    ]
    assert states == [["STOPPED"]]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_topic_and_takes_silence_for_good(
    pipeline, name: str
) -> None:
    alarm = properties_of(pipeline, name)
    (read,) = watched_metrics(alarm)
    namespace, metric, resource = ALARMS[name]

    assert (read.namespace, read.name) == (namespace, metric)
    assert list(read.dimensions.values()) == [{"Ref": resource}]
    assert alarm["AlarmActions"] == [{"Ref": "NoticesTopic"}]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert "docs/monitoring.md" in alarm["AlarmDescription"]
    assert alarm["EvaluationPeriods"] == 1


def test_there_are_no_other_alarms(pipeline) -> None:
    found = {
        name
        for name, each in pipeline["Resources"].items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert found == set(ALARMS)


def state_of(pipeline, name: str, value: float | None) -> AlarmState:
    """Evaluate an alarm on a day's one value, with the template's own parameters."""
    alarm = properties_of(pipeline, name)
    parameters = pipeline["Parameters"]
    threshold = alarm["Threshold"]
    if isinstance(threshold, dict):
        threshold = parameters[threshold["Ref"]]["Default"]
    for query in alarm.get("Metrics", []):
        text = query.get("Expression")
        text = text.get("Fn::Sub") if isinstance(text, dict) else text
        if text and value is not None:
            minutes = str(parameters["BuildTimeoutMinutes"]["Default"])
            text = text.replace("${BuildTimeoutMinutes}", minutes)
            (other,) = (q["Id"] for q in alarm["Metrics"] if "MetricStat" in q)
            (value,) = compute(text, {other: {0: value}}).values()
    rule = AlarmRule(
        threshold=float(threshold),
        comparison=alarm["ComparisonOperator"],
        evaluation_periods=1,
        datapoints_to_alarm=None,
        treat_missing_data=alarm["TreatMissingData"],
    )
    return evaluate(rule, [value], AlarmState.OK).state


@pytest.mark.parametrize(
    ("name", "quiet", "firing"),
    [
        ("BuildsFailAlarm", 2, 3),
        # 80 % of 20 minutes.
        ("BuildSlowAlarm", 16 * 60 - 1, 16 * 60),
        ("ApprovalWaitsAlarm", 240 * 60, 240 * 60 + 1),
        ("DeploymentsFailAlarm", 1, 2),
    ],
)
def test_an_alarm_fires_from_its_threshold_on_and_not_before(
    pipeline, name: str, quiet: float, firing: float
) -> None:
    assert state_of(pipeline, name, firing) is AlarmState.ALARM
    assert state_of(pipeline, name, quiet) is AlarmState.OK
    assert state_of(pipeline, name, None) is AlarmState.OK


def test_an_approval_that_runs_out_by_default_is_told_before(pipeline) -> None:
    given = pipeline["Parameters"]
    assert (
        given["ApprovalAlarmMinutes"]["Default"]
        < given["ApprovalTimeoutMinutes"]["Default"]
    )


def test_a_day_is_the_period_of_every_alarm(pipeline) -> None:
    for name in ALARMS:
        alarm = properties_of(pipeline, name)
        stats = [q["MetricStat"] for q in alarm.get("Metrics", []) if "MetricStat" in q]
        assert [each["Period"] for each in stats or [alarm]] == [DAY]
