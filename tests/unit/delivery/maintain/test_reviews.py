"""What the parts of a review find, from data alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from maintenance_fakes import role
from report_fakes import START, run

from delivery.maintain.findings import Checkup, Section
from delivery.maintain.guards import (
    bucket_check,
    connection_check,
    key_check,
    token_check,
    topic_check,
    trail_check,
)
from delivery.maintain.pipeline import (
    Builds,
    FailedExecution,
    Past,
    Waiting,
    builds_of,
    past_section,
    trend_section,
    waiting_section,
)
from delivery.maintain.roles import Granted, Reviewed, held_by, roles_section
from delivery.maintain.settings import settings_section
from delivery.model import BucketGuards, CheckResult, HeldRole, Outcome, TrailGuards


def build(hours: float, status: str = "Succeeded", minutes: float = 6.0):
    return run(
        "one", hours, status, lasts=minutes / 60, stage="Build", category="Build"
    )


def outcomes(section: Section) -> list[str]:
    return [each.outcome.value for each in section.checks]


def past(builds: Builds = Builds(0, 0, ()), *, failed_last: bool = False, failed=()):
    counts = {"succeeded": 2, "failed": len(failed), "running": 0}
    return Past(counts, builds, (timedelta(hours=3),), tuple(failed), failed_last)


def checkup(*results: CheckResult) -> Checkup:
    return Checkup("weekly", START, START, (Section("Part", checks=results),))


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("passed", 0), ("not_rehearsed", 0), ("not_run", 5), ("inconclusive", 5)]
    + [("failed", 1)],
)
def test_the_exit_code_is_that_of_the_worst_check(outcome, code) -> None:
    fine = CheckResult("a", Outcome.PASSED, "Fine.")
    found = checkup(fine, CheckResult("b", Outcome(outcome), "What.", "do it"))
    assert found.exit_code == code
    assert ("Next: do it" in found.text()) == (outcome != "passed")
    assert found.text().splitlines()[-1].startswith(f"{outcome}: ")


def test_builds_are_the_builds_stage_in_order_and_no_other_action() -> None:
    runs = [build(3, minutes=9), build(1), build(2, "Failed"), run("one", 4)]
    runs.append(build(5, "InProgress"))
    found = builds_of(runs)
    assert found == Builds(2, 1, (360.0, 540.0))
    assert found.success == pytest.approx(2 / 3)
    assert found.median_seconds == 450.0


def test_without_a_build_nothing_is_known_of_them() -> None:
    found = builds_of([])
    assert (found.success, found.median_seconds) == (None, None)
    assert outcomes(past_section(past(found))) == ["passed", "passed"]


@pytest.mark.parametrize(
    ("passed", "failed", "outcome"),
    [(8, 2, "passed"), (7, 3, "failed"), (0, 4, "passed")],
)
def test_builds_that_fail_too_often_need_a_person_once_there_are_enough(
    passed, failed, outcome
) -> None:
    section = past_section(past(Builds(passed, failed, ())))
    assert section.checks[1].outcome.value == outcome


def test_a_failed_execution_is_told_with_its_cause_and_needs_a_person_when_it_is_last() -> (
    None
):
    failed = [
        FailedExecution("execution-9", "c0ffee01", START, "Build/Build: x failed")
    ]
    later = past_section(past(failed=failed))
    assert later.checks[0].outcome is Outcome.PASSED
    assert "Build/Build: x failed" in later.lines[-1]
    last = past_section(past(failed=failed, failed_last=True))
    assert last.checks[0].outcome is Outcome.FAILED
    assert last.checks[0].next_step == "./deploy_pipeline.py diagnose"


def test_a_failed_execution_whose_commit_is_not_known_says_so() -> None:
    failed = [FailedExecution("execution-9", "", START, "Source/Promotion: no object")]
    assert "(commit not known)" in past_section(past(failed=failed)).lines[-1]


def test_no_pipeline_is_no_empty_history() -> None:
    assert outcomes(past_section(None)) == ["failed"]


def test_a_decision_that_waits_names_since_when_and_how_it_is_given() -> None:
    waiting = Waiting("ApproveStaging", "execution-1", START, "approve it")
    section = waiting_section([waiting], START + timedelta(hours=30))
    (check,) = section.checks
    assert check.outcome is Outcome.FAILED
    assert check.detail == "Execution execution-1 waits at ApproveStaging for 30 h."
    assert check.next_step == "approve it"
    assert outcomes(waiting_section([], START)) == ["passed"]


@pytest.mark.parametrize(
    ("older", "newer", "outcome"),
    [(300.0, 440.0, "passed"), (300.0, 460.0, "failed"), (300.0, 100.0, "passed")],
)
def test_builds_that_became_half_as_slow_again_need_a_person(
    older, newer, outcome
) -> None:
    builds = Builds(10, 0, (older,) * 5 + (newer,) * 5)
    assert outcomes(trend_section(builds)) == [outcome]


def test_few_builds_make_no_trend() -> None:
    section = trend_section(Builds(9, 0, (1.0,) * 4 + (9.0,) * 5))
    assert outcomes(section) == ["passed"]
    assert "too few" in section.checks[0].detail


# --- roles ----------------------------------------------------------------------------------


def reviewed(held: HeldRole | None, meant: HeldRole | None, **more) -> Reviewed:
    return Reviewed("stack", "Role", held, held_by(meant) if meant else None, **more)


def compared(held: HeldRole | None, meant: HeldRole | None, **more) -> list[str]:
    found = roles_section([reviewed(held, meant, **more)], START, rehearsed=False)
    return [f"{each.outcome.value}: {each.detail}" for each in found.checks]


def test_a_role_that_holds_what_its_template_says_passes() -> None:
    (told,) = compared(role("r", "s3:GetObject"), role("r", "s3:GetObject"))
    assert told == "passed: 1 role: all hold what their templates say."


def test_an_action_more_on_more_or_less_is_named() -> None:
    (more,) = compared(role("r", "s3:GetObject", "iam:*"), role("r", "s3:GetObject"))
    assert "holds what its template does not say: iam:* (Own)" in more
    (less,) = compared(role("r"), role("r", "s3:GetObject"))
    assert "It lacks s3:GetObject (Own)." in less
    wide = role("r", "s3:GetObject", resources=("*",))
    (wider,) = compared(wide, role("r", "s3:GetObject"))
    assert "s3:GetObject on everything (Own)" in wider


def test_a_policy_of_awss_own_and_another_trust_are_more() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    (told,) = compared(role("r", managed_by_aws=(arn,)), role("r"))
    assert f"* on everything ({arn})" in told
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    (told,) = compared(role("r", trust={"Statement": [everybody]}), role("r"))
    assert "sts:AssumeRole by *" in told


def test_a_denial_that_was_taken_away_is_missed() -> None:
    deny = {"Sid": "Guard", "Effect": "Deny", "Action": "s3:DeleteObject"}
    guarded = HeldRole("r", ({"Statement": deny},))
    (told,) = compared(HeldRole("r", ()), guarded)
    assert "It lacks the denial of s3:DeleteObject (Guard)." in told


def test_whose_account_trusts_does_not_matter() -> None:
    def trusting(account: str) -> HeldRole:
        who = {
            "AWS": [f"arn:aws:iam::{account}:root"],
            "Service": "lambda.amazonaws.com",
        }
        statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
        return role("r", trust={"Statement": [statement]})

    (told,) = compared(trusting("123456789012"), trusting("111122223333"))
    assert told.startswith("passed")


def test_a_role_that_is_gone_or_in_no_template_needs_a_person() -> None:
    (gone,) = compared(None, role("r"))
    (strange,) = compared(role("r", "s3:GetObject"), None)
    assert gone.startswith("failed") and strange.startswith("failed")


def test_each_use_of_emergency_access_is_told() -> None:
    used = role("r", used_at=START + timedelta(days=1))
    old = role("r", used_at=START - timedelta(days=1))
    assert compared(used, used, emergency=True)[1].startswith(
        "failed: It was used last"
    )
    assert compared(old, old, emergency=True)[1].startswith("passed")
    assert compared(role("r"), role("r"), emergency=True)[1].startswith("passed")
    found = roles_section([reviewed(used, used, emergency=True)], START, rehearsed=True)
    assert outcomes(found) == ["passed", "not_rehearsed"]
    assert found.lines == ()


def test_no_role_at_all_is_not_fine() -> None:
    assert outcomes(roles_section([], START, rehearsed=False)) == ["inconclusive"]


def test_grants_sort_so_that_the_same_is_told_the_same() -> None:
    assert sorted([Granted("b", "x"), Granted("a", "y")])[0].statement == "a"


# --- settings and guards --------------------------------------------------------------------


def test_a_setting_that_is_not_the_safe_one_says_where_it_stands_and_what_follows() -> (
    None
):
    key = "production.blue_green.enabled"
    section = settings_section({key: False}, {key: "environment_config.yaml:110"})
    (check,) = section.checks
    assert (check.name, check.outcome) == (key, Outcome.FAILED)
    assert "It is false (environment_config.yaml:110): all traffic goes" in check.detail
    assert outcomes(settings_section({key: True}, {})) == ["passed"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pipeline.notification_emails", []),
        ("foundation.audit_retention_days", 2191),
        ("foundation.artifact_retention_days", 31),
        ("production.cloudwatch.log_retention_days", 13),
        ("production.blue_green.traffic_shift_type", "AllAtOnce"),
        ("production.lambda.log_level", "DEBUG"),
    ],
)
def test_settings_that_differ(key, value) -> None:
    assert outcomes(settings_section({key: value}, {})) == ["failed"]


def test_settings_of_other_environments_are_their_own_affair() -> None:
    assert outcomes(settings_section({"staging.blue_green.enabled": False}, {})) == [
        "passed"
    ]


def test_what_guards_something_passes_or_says_what_it_lacks() -> None:
    assert key_check("k", True).outcome is Outcome.PASSED
    assert key_check("k", False).outcome is Outcome.FAILED
    assert (
        bucket_check("b", BucketGuards(True, "AES256", True)).outcome is Outcome.PASSED
    )
    bare = bucket_check("b", BucketGuards(False, "", False))
    assert bare.detail.count(",") == 2
    assert trail_check("t", TrailGuards(True, True, True)).outcome is Outcome.PASSED
    assert "does not record" in trail_check("t", TrailGuards(False, True, True)).detail
    assert topic_check("n", []).outcome is Outcome.PASSED
    assert "a@b.example" in topic_check("n", ["a@b.example"]).detail
    assert connection_check("AVAILABLE").outcome is Outcome.PASSED
    assert connection_check("PENDING").outcome is Outcome.FAILED


@pytest.mark.parametrize(("days", "outcome"), [(0, "passed"), (90, "passed")])
def test_a_token_may_become_ninety_days_old(days, outcome) -> None:
    check = token_check(START, START + timedelta(days=days, hours=5))
    assert check.outcome.value == outcome


def test_an_older_token_is_to_be_rotated_and_none_is_no_young_one() -> None:
    old = token_check(START, START + timedelta(days=91))
    assert (old.outcome, old.next_step) == (
        Outcome.FAILED,
        "./deploy_pipeline.py rotate-token",
    )
    assert token_check(None, START).outcome is Outcome.FAILED
