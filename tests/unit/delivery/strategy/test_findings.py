"""What would not protect users is found, and what protects them is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from shift_template import alarm, dimensions, findings, rules, shift_template

from delivery.strategy import Severity


def test_an_alarm_that_can_fire_in_time_is_no_finding() -> None:
    assert findings(shift_template()) == []


def test_an_alarm_slower_than_the_canary_is_an_error() -> None:
    found = _rule("alarm-too-slow", alarm={"Period": 300, "EvaluationPeriods": 2})
    assert "needs 10 minutes of evidence (2 × 5 minutes)" in found.message
    assert "Canary10Percent5Minutes is over after 5 minutes" in found.message
    assert found.line is not None


def test_an_alarm_needs_only_its_datapoints() -> None:
    changed = {"EvaluationPeriods": 10, "DatapointsToAlarm": 2}
    assert rules(shift_template(alarm=changed)) == []


def test_an_alarm_that_fits_by_luck_is_a_warning() -> None:
    (found,) = findings(shift_template(alarm={"EvaluationPeriods": 4}))
    assert (found.rule, found.severity) == ("alarm-hardly-in-time", Severity.WARNING)


def test_odd_seconds_are_told_as_seconds() -> None:
    changed = {"Period": 10, "EvaluationPeriods": 40}
    assert "400 seconds" in _rule("alarm-too-slow", alarm=changed).message


def test_an_alarm_that_is_too_slow_protects_nobody() -> None:
    assert "no alarm that can fire" in (
        _rule("shift-protects-nobody", alarm={"Period": 300}).message
    )


def test_an_alarm_on_a_dimension_that_nobody_emits_is_an_error() -> None:
    wrong = dimensions(FunctionName="app-order", Version="7")
    found = _errors(alarm={"Dimensions": wrong})
    assert [each.rule for each in found] == [
        "shift-protects-nobody",
        "alarm-not-emitted",
    ]
    assert "Lambda emits nothing by FunctionName and Version" in found[1].message


def test_missing_data_treated_as_good_masks_a_metric_that_falls() -> None:
    changed = {"ComparisonOperator": "LessThanThreshold", "MetricName": "Invocations"}
    assert "alarm-missing-data-masks" in [each.rule for each in _errors(alarm=changed)]


def test_missing_data_treated_as_bad_where_a_metric_falls_is_right() -> None:
    changed = {
        "ComparisonOperator": "LessThanThreshold",
        "MetricName": "Invocations",
        "TreatMissingData": "breaching",
        "Dimensions": dimensions(FunctionName="app-order"),
    }
    assert rules(shift_template(alarm=changed)) == []


def test_missing_data_of_the_codes_own_metric_is_a_warning() -> None:
    own = alarm(Namespace="Shop", MetricName="Failures", Dimensions=dimensions(a="b"))
    template = shift_template(
        preference={"Alarms": [{"Ref": "OrderErrors"}, {"Ref": "Own"}]},
        resources={"Own": own},
    )
    found = findings(template)
    assert {each.rule for each in found} == {
        "alarm-missing-data-masks",
        "alarm-unproven",
    }
    assert {each.severity for each in found} == {Severity.WARNING}


def test_missing_data_treated_as_bad_on_the_new_version_stops_every_release() -> None:
    found = _errors(alarm={"TreatMissingData": "breaching"})
    assert "alarm-fires-without-traffic" in [each.rule for each in found]


@pytest.mark.parametrize("alarms", [[], None])
def test_a_shift_without_alarm_and_hook_protects_nobody(alarms: Any) -> None:
    (found,) = _errors(preference={"Alarms": alarms})
    assert found.rule == "shift-protects-nobody"
    assert "no alarm and no hook" in found.message


def test_a_hook_alone_protects() -> None:
    hooked = {"Alarms": None, "Hooks": {"PreTraffic": {"Ref": "OtherFunction"}}}
    assert rules(shift_template(preference=hooked)) == []


def test_all_at_once_leaves_an_alarm_no_time() -> None:
    (found,) = findings(shift_template(), Kind="AllAtOnce")
    assert found.rule == "shift-protects-nobody"
    assert "before an alarm can fire" in found.message


def test_a_shift_that_is_switched_off_has_no_findings() -> None:
    assert rules(shift_template(alarm={"Period": 3600}), Shift="false") == []


def test_a_configuration_that_codedeploy_does_not_have_is_an_error() -> None:
    (found,) = findings(shift_template(), Kind="Canary10Percent7Minutes")
    assert found.rule == "shift-not-allowed"


@pytest.mark.parametrize(
    ("routing", "reason"),
    [
        ({"Percentage": 100, "Interval": 5}, "1 to 99 percent"),
        ({"Percentage": 10, "Interval": 0}, "1 minute or more"),
        ({"Percentage": 1, "Interval": 60}, "CodeDeploy allows 2880"),
        ({"Percentage": "ten", "Interval": 60}, "invalid literal"),
    ],
)
def test_a_percentage_or_interval_that_codedeploy_refuses_is_an_error(
    routing: dict[str, Any], reason: str
) -> None:
    (found,) = findings(_own_configuration(_linear(routing)))
    assert found.rule == "shift-not-allowed"
    assert reason in found.message


def test_a_configuration_of_ones_own_is_followed() -> None:
    linear = _linear({"Percentage": 20, "Interval": 3})
    assert rules(_own_configuration(linear)) == []


def test_a_configuration_without_steps_is_all_at_once() -> None:
    template = _own_configuration({"Type": "AllAtOnce"})
    assert rules(template) == ["shift-protects-nobody"]


def test_a_configuration_that_says_nothing_is_an_error() -> None:
    (found,) = findings(_own_configuration({"Type": "TimeBasedLinear"}))
    assert "neither a linear nor a canary shift" in found.message


def test_eleven_alarms_are_too_many() -> None:
    more = {f"More{n}": alarm() for n in range(10)}
    listed = [{"Ref": name} for name in ("OrderErrors", *more)]
    template = shift_template(preference={"Alarms": listed}, resources=more)
    (found,) = findings(template)
    assert (found.rule, found.severity) == ("too-many-alarms", Severity.ERROR)


def test_an_alarm_of_another_function_is_a_warning() -> None:
    other = dimensions(FunctionName="other", Resource="other:current")
    (found,) = findings(shift_template(alarm={"Dimensions": other}))
    assert (found.rule, found.severity) == (
        "alarm-of-another-function",
        Severity.WARNING,
    )


def test_an_alarm_that_the_template_does_not_define_is_a_warning_and_no_protection() -> (
    None
):
    template = shift_template(preference={"Alarms": ["elsewhere"]})
    assert set(rules(template)) == {"alarm-outside-template", "shift-protects-nobody"}


def test_an_alarm_whose_expression_searches_cannot_be_proven() -> None:
    searching = {
        "Metrics": [{"Id": "x", "Expression": "SUM(SEARCH('Errors', 'Sum', 60))"}],
        "MetricName": None,
    }
    template = shift_template(alarm=searching)
    assert set(rules(template)) == {"alarm-unproven", "shift-protects-nobody"}


def test_hooks_that_are_left_out_by_a_condition_are_none() -> None:
    left_out = {"Hooks": {"Fn::If": ["Never", {}, {"Ref": "AWS::NoValue"}]}}
    assert rules(shift_template(preference=left_out)) == []


def test_an_alarm_may_be_listed_by_its_name() -> None:
    template = shift_template(
        alarm={"AlarmName": "order-errors"}, preference={"Alarms": ["order-errors"]}
    )
    assert rules(template) == []


@pytest.mark.parametrize("quiet", [{"AlarmActions": None}, {"ActionsEnabled": "false"}])
def test_an_alarm_without_action_that_nobody_watches_is_a_warning(
    quiet: dict[str, Any],
) -> None:
    template = shift_template(resources={"Lonely": alarm(**quiet)})
    (found,) = findings(template)
    assert (found.rule, found.logical_id) == ("alarm-watched-by-nobody", "Lonely")


def test_what_sam_ignores_does_not_switch_a_shift_off() -> None:
    # SAM does not look into an Fn::If here: the preference stays enabled.
    ignored = {"Enabled": {"Fn::If": ["Never", True, False]}, "Alarms": None}
    assert rules(shift_template(preference=ignored)) == ["shift-protects-nobody"]


def _errors(**changes: Any) -> list[Any]:
    found = findings(shift_template(**changes))
    return [each for each in found if each.severity is Severity.ERROR]


def _rule(rule: str, **changes: Any) -> Any:
    (found,) = [each for each in _errors(**changes) if each.rule == rule]
    return found


def _linear(values: dict[str, Any]) -> dict[str, Any]:
    block = {f"Linear{name}": value for name, value in values.items()}
    return {"Type": "TimeBasedLinear", "TimeBasedLinear": block}


def _own_configuration(routing: dict[str, Any]) -> dict[str, Any]:
    configuration = {
        "Type": "AWS::CodeDeploy::DeploymentConfig",
        "Properties": {"TrafficRoutingConfig": routing},
    }
    return shift_template(
        preference={"Type": {"Ref": "Own"}}, resources={"Own": configuration}
    )
