"""A bundle's way from text to a stored analysis."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st
from medical_records import json_text, submission
from medical_records.problem import Problem
from medical_records.submission import (
    Stored,
    Submission,
    read_submission,
    store_analysis,
)
from memory_records import MemoryRecords

_SEEDS = st.integers(0, 2**32)


def _submission(bundle: dict[str, Any]) -> Submission:
    read = read_submission(json.dumps(bundle))
    assert isinstance(read, Submission), read
    return read


def _store(
    read: Submission,
    records: MemoryRecords,
    *,
    key: str | None = None,
    caller: str = "one",
    year: int = 2026,
) -> Stored | Problem:
    return store_analysis(
        read,
        records,
        idempotency_key=key,
        caller=caller,
        now=lambda: datetime(year, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def test_same_content_in_another_order_has_the_same_id() -> None:
    bundle = synthetic.bundle(seed=1)
    turned = dict(reversed(bundle.items()))

    assert _submission(bundle).analysis_id == _submission(turned).analysis_id


def test_different_content_has_another_id() -> None:
    ids = {_submission(synthetic.bundle(seed)).analysis_id for seed in range(20)}

    assert len(ids) == 20


def test_same_content_is_stored_once_and_answered_as_it_was() -> None:
    records, read = MemoryRecords(), _submission(synthetic.bundle(1))

    first = _store(read, records, year=2026)
    second = _store(read, records, year=2027)

    assert isinstance(first, Stored) and isinstance(second, Stored)
    assert (first.new, second.new) == (True, False)
    assert second.analysis == first.analysis
    assert second.analysis["analyzedAt"] == "2026-01-02T03:04:05Z"


def test_key_belongs_to_the_bundle_it_came_with_first() -> None:
    records = MemoryRecords()
    one, other = (_submission(synthetic.bundle(seed)) for seed in (1, 2))

    assert isinstance(_store(one, records, key="k"), Stored)
    assert isinstance(_store(one, records, key="k"), Stored)
    refused = _store(other, records, key="k")

    assert isinstance(refused, Problem)
    assert (refused.status, refused.path) == (409, "header.Idempotency-Key")
    assert other.analysis_id not in records.analyses


def test_two_callers_may_use_the_same_key() -> None:
    records = MemoryRecords()
    one, other = (_submission(synthetic.bundle(seed)) for seed in (1, 2))

    assert isinstance(_store(one, records, key="k", caller="one"), Stored)
    assert isinstance(_store(other, records, key="k", caller="other"), Stored)


def test_analysis_larger_than_an_answer_may_be_is_refused_and_not_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(submission, "MAX_ANSWER_BYTES", 500)
    records = MemoryRecords()

    refused = _store(_submission(synthetic.bundle(1)), records)

    assert isinstance(refused, Problem)
    assert (refused.status, refused.path) == (413, "Bundle.entry")
    assert records.analyses == {}


@given(_SEEDS, st.integers(0, 80))
@settings(max_examples=25, deadline=None)
def test_every_synthetic_bundle_is_analysed(seed: int, resources: int) -> None:
    bundle = synthetic.bundle(seed, resources=resources)

    stored = _store(_submission(bundle), MemoryRecords())

    assert isinstance(stored, Stored)
    assert stored.analysis["testData"] is True
    assert json.loads(json_text.write(stored.analysis))["release"]


@given(_SEEDS)
@settings(max_examples=25, deadline=None)
def test_missing_optional_fields_are_tolerated(seed: int) -> None:
    bundle = synthetic.with_missing_fields(synthetic.bundle(seed), seed=seed)

    assert isinstance(_store(_submission(bundle), MemoryRecords()), Stored)


@given(_SEEDS)
@settings(max_examples=25, deadline=None)
def test_duplicates_and_order_change_nothing_that_is_said(seed: int) -> None:
    bundle = synthetic.bundle(seed)
    doubled = synthetic.with_duplicates(bundle, seed=seed, share=0.5)

    one, other = (
        _said(_store(_submission(b), MemoryRecords())) for b in (bundle, doubled)
    )

    assert other == one


@pytest.mark.thorough
def test_thousands_of_resources_are_analysed() -> None:
    bundle = synthetic.bundle(7, resources=3_000)

    stored = _store(_submission(bundle), MemoryRecords())

    assert isinstance(stored, Stored)
    timeline = stored.analysis["timeline"]
    assert len(timeline["events"]) + timeline["undated"] == 3_000


def _said(stored: Stored | Problem) -> dict[str, list[str]]:
    """Return what an analysis says, without where in the bundle it was said."""
    assert isinstance(stored, Stored)
    analysis = stored.analysis
    parts = {
        **{name: analysis[name] for name in ("problems", "medications", "allergies")},
        **{name: analysis["laboratory"][name] for name in ("abnormal", "notJudged")},
        "events": analysis["timeline"]["events"],
    }
    return {name: sorted(map(_without_source, items)) for name, items in parts.items()}


def _without_source(item: dict[str, Any]) -> str:
    return json_text.canonical({k: v for k, v in item.items() if k != "source"})
