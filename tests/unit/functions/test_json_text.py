"""Decimals survive, and what is not JSON is named without being quoted."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from medical_records import json_text

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=12,
)


def test_digits_of_a_measurement_are_kept() -> None:
    assert json_text.write(json_text.read('{"value":5.40}')) == '{"value":5.40}'


@settings(max_examples=40, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_decimal_is_written_as_the_number_it_is(number: Decimal) -> None:
    written = json_text.write([number])

    assert Decimal(written.strip("[]")) == number
    assert '"' not in written


@settings(max_examples=40, deadline=None)
@given(_JSON)
def test_writing_and_reading_give_the_same_document(document: object) -> None:
    assert json_text.read(json_text.write(document)) == document


@settings(max_examples=40, deadline=None)
@given(_JSON)
def test_canonical_form_does_not_depend_on_the_order_of_keys(document: object) -> None:
    turned = json.loads(json.dumps(document), object_pairs_hook=_reversed)

    assert json_text.canonical(turned) == json_text.canonical(document)


def _reversed(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return dict(reversed(pairs))


def test_different_precision_is_different_content() -> None:
    one, other = (json_text.canonical(json_text.read(t)) for t in ("5.4", "5.40"))

    assert one != other


def test_lone_surrogate_survives_as_an_escape() -> None:
    assert json_text.write(json_text.read('"\\ud800"')) == '"\\ud800"'


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", "NaN", "[-Infinity]", "1" * 5000, "1e99999999999999999999"],
)
def test_text_that_is_not_json_is_not_quoted(text: str) -> None:
    with pytest.raises(json_text.NotJson) as caught:
        json_text.read(text)

    assert str(caught.value) == "not JSON"
    assert caught.value.__cause__ is None


def test_deep_text_is_too_deep_instead_of_a_crash() -> None:
    with pytest.raises(json_text.TooDeep):
        json_text.read("[" * 200_000)


def test_repeated_name_is_refused() -> None:
    with pytest.raises(json_text.RepeatedName):
        json_text.read('{"status":"final","status":"cancelled"}')


def test_what_is_no_json_value_is_a_defect() -> None:
    with pytest.raises(TypeError):
        json_text.write({"when": object()})
