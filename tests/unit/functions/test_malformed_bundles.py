"""Whatever is sent: an analysis or a 4xx that names the path, and nobody's data told."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import malformed
import pytest
import synthetic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leaks import told
from memory_records import api_event
from running_application import Application

_BODIES = list(malformed.bodies())
_STEP = re.compile(r"\.([A-Za-z]+)(\[x\])?|\[(\d+)\]")
# The names of resource types are structure: the path's first word is one of them.
_STRUCTURE = frozenset({"Bundle", "Patient"})


def test_there_are_two_hundred_of_them() -> None:
    assert len(_BODIES) >= 200


@pytest.mark.parametrize("body", [b for _, b in _BODIES], ids=[n for n, _ in _BODIES])
def test_body_gets_an_analysis_or_a_refusal_that_names_its_path(
    application: Application, body: str
) -> None:
    status, document = application.submit(body)

    assert status == 201 or 400 <= status < 500
    if status != 201:
        paths = [
            document["error"].pop("path"),
            *document["error"].pop("otherPaths", ()),
        ]
        assert all(_leads_into(body, path) for path in paths), paths
        # A path is made of FHIR's own names; some of them ("low") are values too.
        assert "ecret" not in "".join(paths)
        _assert_silent(body, json.dumps(document, ensure_ascii=False))
    _assert_silent(body, application.printed())


def test_most_of_them_are_refused(application: Application) -> None:
    statuses = [application.submit(body)[0] for _, body in _BODIES]

    assert sum(400 <= status < 500 for status in statuses) > 100
    assert 201 in statuses


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("resourceType", "type", "entry", "resource", "id"))
            | st.text(max_size=3),
            inner,
            max_size=4,
        ),
        max_leaves=20,
    )
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_json_at_all_is_answered(application: Application, document: Any) -> None:
    status, answer = application.submit(json.dumps(document))

    assert 400 <= status < 500
    assert answer["error"]["path"].startswith("Bundle")


@given(
    st.dictionaries(
        st.sampled_from(tuple(api_event("POST"))),
        st.none() | st.integers() | st.text() | st.lists(st.none()) | st.just({"a": 1}),
    )
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_shape_of_event_is_answered(
    application: Application, fields: dict[str, Any]
) -> None:
    for function in ("analyze", "records"):
        answer = application.call(function, {**api_event("POST", "{}"), **fields})

        assert 400 <= answer["statusCode"] < 500


@pytest.mark.parametrize("event", [None, [], "text", 3, {}, {"httpMethod": None}])
def test_what_is_no_event_is_answered(application: Application, event: Any) -> None:
    assert application.call("analyze", event)["statusCode"] == 405


def test_body_in_base64_is_read(application: Application) -> None:
    text = json.dumps(synthetic.bundle(6)).encode()
    body = base64.b64encode(text).decode()

    assert application.submit(body, isBase64Encoded=True)[0] == 201


@pytest.mark.parametrize("body", ["%%%", "/w==", "abc"])
def test_body_that_is_no_text_in_base64_is_refused(
    application: Application, body: str
) -> None:
    status, document = application.submit(body, isBase64Encoded=True)

    assert (status, document["error"]["code"]) == (400, "not_text")


def test_body_over_the_limit_is_too_large_in_bytes_too(
    application: Application,
) -> None:
    body = '"' + "é" * 4_000_000 + '"'

    status, document = application.submit(body)

    assert (status, document["error"]["path"]) == (413, "Bundle")


def _leads_into(body: str, path: str) -> bool:
    """Say whether the place before the path's last step is really in the body."""
    assert path.startswith("Bundle"), path
    try:
        place = json.loads(body)
    except (ValueError, RecursionError):
        return path == "Bundle"
    steps = _STEP.findall(path.removeprefix("Bundle"))
    for name, _, index in steps[:-1]:
        place = place[int(index)] if index else place[name]
    return True


def _assert_silent(body: str, text: str) -> None:
    """Assert that no string that stands in the body as a value is told in ``text``."""
    try:
        leaves = synthetic.string_leaves(json.loads(body)) - _STRUCTURE
    except (ValueError, RecursionError):
        leaves = {"Synthetic"}
    assert not told(leaves, text)
    assert "secret" not in text
