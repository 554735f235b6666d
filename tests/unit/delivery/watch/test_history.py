"""How long it took before is read from a stack's events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from delivery_fakes import START, make_event, stack_event

from delivery.watch.history import CREATE, UPDATE, Expected, expected_of


def at(seconds: float, event):
    return replace(event, at=START + timedelta(seconds=seconds))


def operation(begin: float, verb: str, *, topic: float, whole: float):
    return [
        at(begin, stack_event(f"{verb}_IN_PROGRESS")),
        at(begin + 1, make_event("Topic", f"{verb}_IN_PROGRESS")),
        # Said again with the physical id.
        at(begin + 2, make_event("Topic", f"{verb}_IN_PROGRESS")),
        at(begin + 1 + topic, make_event("Topic", f"{verb}_COMPLETE")),
        at(begin + whole, stack_event(f"{verb}_COMPLETE")),
    ]


def test_the_middle_of_earlier_operations_of_the_same_kind_is_expected() -> None:
    events = [
        *operation(0, "CREATE", topic=90, whole=100),
        *operation(200, "UPDATE", topic=3, whole=10),
        *operation(300, "UPDATE", topic=5, whole=12),
        *operation(400, "UPDATE", topic=40, whole=50),
    ]
    assert expected_of(events, UPDATE) == Expected(12.0, {"Topic": 5.0})
    assert expected_of(events, CREATE) == Expected(100.0, {"Topic": 90.0})


def test_an_operation_that_failed_or_whose_beginning_is_not_known_counts_for_nothing() -> (
    None
):
    begun = operation(0, "UPDATE", topic=3, whole=10)
    assert expected_of(begun[3:], UPDATE) == Expected()
    failed = [*begun[:3], at(9, stack_event("UPDATE_ROLLBACK_IN_PROGRESS"))]
    assert expected_of(failed, UPDATE) == Expected()
    assert expected_of([], UPDATE) == Expected()
