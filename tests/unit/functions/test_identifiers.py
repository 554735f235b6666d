"""Ids, keys and cursors are checked when they come back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from medical_records.identifiers import (
    PageRequest,
    analysis_id_of,
    cursor_after,
    key_id_of,
    read_analysis_id,
    read_idempotency_key,
    read_page_request,
)
from medical_records.problem import Problem

_ID = analysis_id_of("{}")


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, "../" + "0" * 61])
def test_text_that_is_no_id_is_not_found(text: str) -> None:
    problem = read_analysis_id(text)

    assert isinstance(problem, Problem)
    assert (problem.status, problem.path) == (404, "path.analysisId")


def test_id_is_taken_as_it_is() -> None:
    assert read_analysis_id(_ID) == _ID


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_cursor_leads_on_after_the_id_it_was_made_of(digest: bytes) -> None:
    query = {"cursor": cursor_after(digest.hex()), "limit": "100"}

    assert read_page_request(query) == PageRequest(100, digest.hex())


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_cursor_that_was_not_handed_out_is_refused(text: str) -> None:
    problem = read_page_request({"cursor": text})

    assert isinstance(problem, Problem)
    assert (problem.status, problem.path) == (400, "query.cursor")


@pytest.mark.parametrize("limit", ["", "0", "101", "-1", "1.0", "ten", "1000", "１"])
def test_limit_outside_its_bounds_is_refused(limit: str) -> None:
    problem = read_page_request({"limit": limit})

    assert isinstance(problem, Problem)
    assert problem.path == "query.limit"


def test_listing_has_a_limit_of_its_own() -> None:
    assert read_page_request({}) == PageRequest(25, None)


@pytest.mark.parametrize("key", ["", " ", "with space", "é", "x" * 256])
def test_key_that_is_not_visible_ascii_is_refused(key: str) -> None:
    problem = read_idempotency_key({"idempotency-key": key})

    assert isinstance(problem, Problem)
    assert problem.path == "header.Idempotency-Key"


def test_key_is_optional() -> None:
    assert read_idempotency_key({}) is None
    assert read_idempotency_key({"idempotency-key": "k-1"}) == "k-1"


def test_key_is_stored_under_an_id_that_does_not_show_it() -> None:
    assert "secret" not in key_id_of("secret", caller="arn")
    assert key_id_of("k", caller="one") != key_id_of("k", caller="two")
