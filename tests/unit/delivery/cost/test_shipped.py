"""What the shipped templates and configuration cost: within 10 to 30 USD, and why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from cost_facts import assumptions, facts_of, shipped_facts, shipped_templates

from delivery.cost import words
from delivery.cost.assumptions import Assumptions
from delivery.cost.facts import Facts
from delivery.cost.model import Estimate, Section
from delivery.cost.prices import load_prices
from delivery.cost.report import LEAST, MOST, Report, cost_report, estimate_of

pytestmark = pytest.mark.thorough


def _report(facts: Facts | None = None, **given: int | str) -> Report:
    return _report_of(facts or shipped_facts(), assumptions(**given))


def _report_of(facts: Facts, assumed: Assumptions, only: str | None = None) -> Report:
    return cost_report(facts, assumed, load_prices(), region="us-east-1", only=only)


def _delivery(**given: int) -> Decimal:
    made = estimate_of(shipped_facts(), assumptions(**given), load_prices())
    return made.delivery.after


def _section(estimate: Estimate, name: str) -> Section:
    return next(each for each in estimate.sections if each.name == name)


def _uses(section: Section, price: str) -> Decimal:
    found = [e.usage.quantity for e in section.lines if e.price.key == price]
    return sum(found, Decimal(0))


def test_the_typical_pipeline_costs_10_to_30_dollars_a_month() -> None:
    corridor = _report().corridor
    assert (LEAST, MOST) == (10, 30)
    assert LEAST <= corridor.amount <= MOST
    assert corridor.inside


def test_it_does_so_before_the_free_tier_too() -> None:
    assert LEAST <= _report().corridor.before <= MOST


def test_the_reasons_name_the_largest_lines_and_the_shift_that_is_waited_for() -> None:
    reasons = "\n".join(words.reason_lines(_report()))
    assert "CodePipeline, shift in production: 1,980 min at 0.002" in reasons
    assert "5 in staging and 90 in production, for each of 22 releases" in reasons


def test_the_corridor_ends_where_one_release_more_or_less_leaves_it() -> None:
    corridor = _report().corridor
    assert corridor.fewest is not None and corridor.most is not None
    assert _delivery(releases=corridor.fewest) >= LEAST
    assert _delivery(releases=corridor.fewest - 1) < LEAST
    assert _delivery(releases=corridor.most) <= MOST
    assert _delivery(releases=corridor.most + 1) > MOST


def test_outside_of_the_corridor_it_is_said_and_not_hidden() -> None:
    report = _report(releases=500)
    assert not report.corridor.inside
    amount, releases = words.corridor_lines(report)
    assert "not within 10 to 30" in amount
    assert "It would be there with 19 to 60 releases a month" in releases


def test_no_number_of_releases_helps_where_something_else_is_too_dear() -> None:
    report = _report(trail_megabytes=1_000_000)
    assert (report.corridor.fewest, report.corridor.most) == (None, None)
    assert (
        "no number of releases brings it there" in list(words.corridor_lines(report))[1]
    )


def test_a_delivery_that_releases_do_not_make_dearer_has_no_upper_end() -> None:
    free = {"build_minutes": 0, "check_minutes": 0, "deploy_minutes": 0}
    small = {f"{name}_megabytes": 0 for name in ("artifact", "cache", "package")}
    quick = shipped_templates(
        changes={"staging": _ALL_AT_ONCE, "production": _ALL_AT_ONCE}
    )
    given = {**free, **small, "build_log_megabytes": 0, "action_minutes": 0}
    report = _report(facts_of(quick), **given, trail_megabytes=40_000)
    assert report.corridor.fewest == 0
    assert "from 0 releases a month on" in list(words.corridor_lines(report))[1]


_ALL_AT_ONCE = {"ShiftType": "AllAtOnce"}


def test_the_minutes_are_those_that_one_counts_by_hand() -> None:
    """Source 1, build 8; in each environment three actions of CodeBuild at 2 minutes with
    what checks it, a change set 1, its execution 3; two reviews or the rollback's look 2.
    """
    pipeline = _section(_report().estimate, "pipeline")
    release, failed, shifts = 1 + 8 + 3 * (2 + 1 + 3 + 2 + 2) + 3 * 2, 1 + 8, 5 + 90
    minutes = 22 * (release + shifts) + 10 * failed
    assert _uses(pipeline, "pipeline-minutes") == minutes
    assert _uses(pipeline, "build-small") == 22 * (8 + 12 * 2) + 10 * 8


def test_environments_have_no_part_in_what_the_delivery_costs() -> None:
    busy = assumptions({"production": Decimal(10**9)})
    found = _report_of(shipped_facts(), busy).corridor.amount
    assert found == _report().corridor.amount


def test_everything_shipped_is_priced() -> None:
    assert _report().unpriced == ()


def test_alarms_count_to_what_they_watch() -> None:
    made = _report().estimate
    assert _uses(_section(made, "pipeline"), "alarm") == 4
    assert _uses(_section(made, "foundation"), "alarm") == 0
    alarms = [_uses(_section(made, e), "alarm") for e in ("development", "production")]
    assert alarms[0] == alarms[1] > 10


def test_a_metric_of_the_delivery_costs_for_the_hours_in_which_it_is_put() -> None:
    """22 releases put 2 in each environment and 1 for each approval, 32 builds put 2."""
    hours = 22 * (3 * 2 + 2 * 1) + 32 * 2
    made = _uses(_section(_report().estimate, "pipeline"), "metric")
    assert abs(made * Decimal("730.5") - hours) < 1
    always = _report(releases=10_000, failed_builds=0).estimate
    assert _uses(_section(always, "pipeline"), "metric") == 3 * 2 + 2 * 1 + 2


def test_a_token_takes_two_secrets_and_a_connection_none() -> None:
    secrets = [
        _uses(
            _section(
                _report(facts_of(shipped_templates(access=way))).estimate, "foundation"
            ),
            "secret",
        )
        for way in ("connection", "token")
    ]
    assert secrets == [0, 2]


@pytest.mark.parametrize("way", ["connection", "token"])
def test_either_way_only_one_branch_starts_the_pipeline(way: str) -> None:
    pushes = facts_of(shipped_templates(access=way)).pipeline.pushes
    assert pushes is not None and pushes.branches == ("main",)
    assert pushes.of_one_branch


def test_a_web_acl_costs_only_where_the_configuration_has_it() -> None:
    switched = shipped_templates(changes={"production": {"WebAclEnabled": "true"}})
    without = _section(_report().estimate, "production")
    with_it = _section(_report(facts_of(switched)).estimate, "production")
    assert _uses(without, "web-acl") == 0
    assert _uses(with_it, "web-acl") == 1
    assert with_it.after - without.after > 5


def test_all_at_once_spares_the_minutes_of_the_shift() -> None:
    quick = shipped_templates(changes={"production": {"ShiftType": "AllAtOnce"}})
    pipeline = _section(_report(facts_of(quick)).estimate, "pipeline")
    before = _section(_report().estimate, "pipeline")
    spared = _uses(before, "pipeline-minutes") - _uses(pipeline, "pipeline-minutes")
    assert spared == 22 * 90


def test_an_existing_trail_leaves_its_costs_to_who_owns_it() -> None:
    templates = shipped_templates()
    given = {
        **templates.delivery,
        "ExistingTrail": "arn:aws:cloudtrail:us-east-1:1:trail/x",
    }
    made = _report(facts_of(replace(templates, delivery=given))).estimate
    assert all(_uses(each, "trail-data-events") == 0 for each in made.sections)


def test_one_environment_is_shown_with_the_same_amounts_as_among_all() -> None:
    whole = _report_of(shipped_facts(), assumptions())
    one = _report_of(shipped_facts(), assumptions(), only="staging")
    names = [each.name for each in one.estimate.sections]
    assert names == ["foundation", "pipeline", "staging"]
    assert _section(one.estimate, "staging") == _section(whole.estimate, "staging")
    assert one.left_out == ("development", "production")
    assert any("Not shown: development, production" in n for n in words.notes(one))


def test_another_region_is_warned_of() -> None:
    facts, assumed = shipped_facts(), assumptions()
    report = cost_report(facts, assumed, load_prices(), region="eu-central-1")
    assert "eu-central-1 is not in the table" in next(words.notes(report))
    assert not any("not in the table" in each for each in words.notes(_report()))


def test_prices_from_memory_are_told() -> None:
    told = "\n".join(words.notes(_report()))
    names = load_prices().from_memory
    assert f"{len(names)} prices are from memory" in told
    assert ", ".join(names) in told
