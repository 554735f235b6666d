"""Failures asked for by name."""

from __future__ import annotations

from rehearsal.faults import Fault, Faults


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
