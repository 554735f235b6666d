"""Production's verification: it reads, and writes one synthetic record, always the same.

The record's id is made of its content, so every release finds the same object: the
store gains one marked record in its life, not one a release. It carries the security
label HTEST, which the analysis repeats as ``testData``.
"""

from __future__ import annotations

import os

import synthetic
from deployed import stack_outputs
from signed_api import SignedApi

_SEED = 164_312


def test_health_answers_from_a_published_version(api: SignedApi) -> None:
    answer = api.get("/health")

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "ok"
    assert answer.json()["version"].isdecimal()


def test_stack_is_the_one_of_this_environment() -> None:
    expected = os.environ.get("ENVIRONMENT")

    assert stack_outputs().get("Environment", expected) == expected


def test_records_can_be_listed(api: SignedApi) -> None:
    answer = api.get("/analyses", limit="1")

    assert answer.status_code == 200, answer.text


def test_one_synthetic_record_is_analysed_and_read_back(api: SignedApi) -> None:
    answer = api.post("/analyses", synthetic.bundle(_SEED))

    assert answer.status_code in (200, 201), answer.text
    assert answer.json()["testData"] is True
    fetched = api.get(f"/analyses/{answer.json()['id']}")
    assert fetched.status_code == 200, fetched.text
    assert fetched.json() == answer.json()


def test_request_without_signature_is_forbidden(api: SignedApi) -> None:
    assert api.send("GET", "/analyses", signed=False).status_code == 403
