"""Failures asked for by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.faults import Fault, Faults

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


def test_a_fault_is_found_by_kind_and_any_of_the_targets() -> None:
    faults = Faults()
    faults.add(Fault("errors", "production", {"rate": 0.3}))

    found = faults.find("errors", "mra-production-analyze", "production")

    assert found is not None and found.settings == {"rate": 0.3}
    assert faults.find("errors", "staging") is None
    assert faults.find("latency", "production") is None


def test_a_fault_for_everything_meets_every_target() -> None:
    faults = Faults()
    faults.add(Fault("latency"))
    assert faults.find("latency", "anything") is not None


def test_a_fault_replaces_one_of_the_same_kind_and_target() -> None:
    faults = Faults()
    faults.add(Fault("errors", "production", {"rate": 0.3}))
    faults.add(Fault("errors", "production", {"rate": 0.5}))
    assert [fault["settings"] for fault in faults.as_data()] == [{"rate": 0.5}]


def test_cleared_faults_are_gone() -> None:
    faults = Faults()
    faults.add(Fault("errors"))
    faults.clear()
    assert faults.find("errors") is None


def test_faults_of_one_kind_and_different_names_stand_side_by_side() -> None:
    faults = Faults()
    faults.add(Fault("hook", "production", {"name": "pre"}))
    faults.add(Fault("hook", "production", {"name": "post"}))
    found = faults.find_all("hook", "production")
    assert [fault.settings["name"] for fault in found] == ["pre", "post"]


def test_new_versions_are_those_that_were_published_after_the_fault() -> None:
    fault = Fault("errors", "production", {"version": "new"}, made=NOW)
    assert fault.meets_version("3", NOW + timedelta(seconds=1))
    assert not fault.meets_version("2", NOW - timedelta(seconds=1))
    assert not fault.meets_version("$LATEST", NOW + timedelta(seconds=1))


def test_a_fault_may_be_for_one_version_or_for_all() -> None:
    assert Fault("errors", settings={"version": "2"}).meets_version("2", NOW)
    assert not Fault("errors", settings={"version": "2"}).meets_version("3", NOW)
    assert Fault("errors").meets_version("$LATEST", NOW)


def test_how_often_a_fault_happened_is_counted() -> None:
    faults = Faults()
    fault = Fault("errors", "production", {"rate": 0.3})
    faults.add(fault)
    faults.happened(fault)
    faults.happened(fault)
    assert [each["met"] for each in faults.as_data()] == [2]


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="no fault fire; there are errors, latency"):
        Fault("fire")


@pytest.mark.parametrize("rate", [0, -0.1, 1.1])
def test_a_rate_beyond_all_calls_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        Fault("errors", settings={"rate": rate})


@pytest.mark.parametrize("settings", [{}, {"status": "Succeeded"}])
def test_a_deployment_is_held_in_a_status_in_which_nothing_moves(
    settings: dict[str, str],
) -> None:
    with pytest.raises(ValueError, match="Created, Queued, Ready, Baking"):
        Fault("deployment", "small", settings)
