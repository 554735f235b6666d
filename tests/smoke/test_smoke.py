"""Development's first question: does every function start and answer?

A function whose code cannot be imported answers 502 here, whichever it is.
"""

from __future__ import annotations

import os

import synthetic
from signed_api import SignedApi


def test_health_answers_that_all_is_well_and_names_the_release(api: SignedApi) -> None:
    answer = api.get("/health")

    assert answer.status_code == 200, answer.text
    health = answer.json()
    assert health["status"] == "ok"
    assert health["release"]
    assert health["version"] not in ("", "unknown", "$LATEST"), "served by no version"


def test_synthetic_bundle_is_analysed(api: SignedApi) -> None:
    answer = api.post("/analyses", synthetic.bundle(seed=1))

    assert answer.status_code in (200, 201), answer.text
    analysis = answer.json()
    assert analysis["testData"] is True
    assert analysis["timeline"]["events"]


def test_analyses_are_listed(api: SignedApi) -> None:
    answer = api.get("/analyses", limit="1")

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["analyses"]) <= 1


def test_stack_is_the_one_of_this_environment() -> None:
    from deployed import stack_outputs

    expected = os.environ.get("ENVIRONMENT")
    found = stack_outputs().get("Environment", expected)

    assert found == expected
