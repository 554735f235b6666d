"""The role that shifts traffic: what a shift needs, by name."""

from __future__ import annotations

import pytest

from delivery.validate.privilege.proof import application_stacks
from delivery.validate.privilege.shifting import (
    shift_needs,
    shifts_have_no_more,
    shifts_lack_nothing,
)

pytestmark = pytest.mark.thorough


def lacked(subject) -> set[str]:
    """Give the actions that are told as missing."""
    found = [each.message for each in shifts_lack_nothing(subject)]
    return {each.split(" lacks ")[1].split(" on ")[0] for each in found}


def test_our_shifting_role_holds_what_a_shift_needs_and_no_more(make_subject) -> None:
    subject = make_subject()
    needs = {name: shift_needs(each) for name, each in application_stacks(subject)}
    # Development moves its aliases at once, without a shift.
    assert needs["development"] == {}
    assert len(needs["production"]["DeploymentRole"]) > 10
    assert [str(each) for each in shifts_lack_nothing(subject)] == []
    assert [str(each) for each in shifts_have_no_more(subject)] == []


@pytest.mark.parametrize(
    "action",
    [
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:InvokeFunction",
        "lambda:UpdateAlias",
    ],
)
def test_any_one_permission_removed_is_named(make_subject, action: str) -> None:
    lines = (
        "                  - lambda:GetAlias\n"
        "                  - lambda:GetProvisionedConcurrencyConfig\n"
        "                  - lambda:InvokeFunction\n"
        "                  - lambda:UpdateAlias\n"
    )
    fewer = lines.replace(f"                  - {action}\n", "")
    assert lacked(make_subject(template={lines: fewer})) == {action}


def test_an_alarm_that_nobody_may_ask_about_is_named(make_subject) -> None:
    statement = (
        "              - Sid: WatchAlarms\n                Effect: Allow\n"
        "                Action: cloudwatch:DescribeAlarms\n"
    )
    subject = make_subject(
        template={statement: statement.replace("DescribeAlarms", "ListDashboards")}
    )
    assert lacked(subject) == {"cloudwatch:DescribeAlarms"}
    (finding,) = shifts_have_no_more(subject)
    assert "DeploymentRole may cloudwatch:ListDashboards (WatchAlarms)" in (
        finding.message
    )
    lines = subject.application.text.splitlines()
    assert "cloudwatch:ListDashboards" in lines[(finding.line or 0) - 1]


def test_a_hook_that_the_role_may_not_call_is_named(make_subject) -> None:
    name = '      FunctionName: !Sub "${NamePrefix}-${Environment}-pre-traffic'
    text = make_subject().application.text
    assert name in text, [line for line in text.splitlines() if "pre-traffic" in line]
    other = name.replace('"${NamePrefix}-${Environment}', '"somebody-elses')
    assert lacked(make_subject(template={name: other})) == {"lambda:InvokeFunction"}
