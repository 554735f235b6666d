"""The bundles of the tests are nobody's, and the same every time."""

from __future__ import annotations

import json

import synthetic
from leaks import told


def test_same_seed_gives_the_same_bundle() -> None:
    one, other = (json.dumps(synthetic.bundle(5)) for _ in range(2))

    assert one == other
    assert json.dumps(synthetic.bundle(6)) != one


def test_bundle_says_that_it_is_synthetic() -> None:
    bundle = synthetic.bundle(5)

    assert bundle["meta"]["security"][0]["code"] == "HTEST"
    patient = bundle["entry"][0]["resource"]
    assert patient["name"][0]["family"].startswith("Synthetic")


def test_size_is_as_asked() -> None:
    assert len(synthetic.bundle(5, resources=500)["entry"]) == 501


def test_variants_leave_the_bundle_as_it_was() -> None:
    bundle = synthetic.bundle(5)
    before = json.dumps(bundle)

    synthetic.with_duplicates(bundle)
    synthetic.with_missing_fields(bundle)
    synthetic.with_second_patient(bundle)
    synthetic.with_strange_subject(bundle)

    assert json.dumps(bundle) == before


def test_leaves_are_the_strings_that_stand_as_values() -> None:
    assert synthetic.string_leaves({"a": ["b", {"c": "d"}], "e": 1}) == {"b", "d"}


def test_leak_is_found_as_a_word_and_not_inside_another() -> None:
    leaves = {"Synthetic-1", "2004", "", "low"}

    assert told(leaves, 'x="Synthetic-1", at 1792004') == {"Synthetic-1"}
    assert told(leaves, "the low one of 2004.") == {"2004", "low"}
