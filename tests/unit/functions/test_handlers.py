"""The three functions, called as Lambda calls them."""

from __future__ import annotations

import json

import pytest
import synthetic
from medical_records import submission
from medical_records.release import release
from medical_records.storage.port import StorageUnavailable
from medical_records.telemetry import UnexpectedFailure
from memory_records import api_event
from running_application import Application

_DOWN = StorageUnavailable("PutObject", "SlowDown")


# --- analyze -----------------------------------------------------------------------


def test_bundle_is_analysed_and_created_with_its_location(
    application: Application,
) -> None:
    answer = application.call("analyze", api_event("POST", synthetic.bundle(1)))

    analysis = json.loads(answer["body"])
    assert answer["statusCode"] == 201
    assert answer["headers"]["Location"] == f"analyses/{analysis['id']}"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert analysis["release"] == release()


def test_second_submission_answers_200_with_the_first_analysis(
    application: Application,
) -> None:
    first, second = (application.submit(synthetic.bundle(1)) for _ in range(2))

    assert (first[0], second[0]) == (201, 200)
    assert second[1] == first[1]


def test_reused_key_is_a_conflict(application: Application) -> None:
    headers = {"Idempotency-Key": "k"}
    application.submit(synthetic.bundle(1), headers=headers)

    status, document = application.submit(synthetic.bundle(2), headers=headers)

    assert (status, document["error"]["code"]) == (409, "idempotency_key_reused")


def test_key_that_is_no_key_is_refused(application: Application) -> None:
    status, _ = application.submit(
        synthetic.bundle(1), headers={"IDEMPOTENCY-KEY": "not a key"}
    )

    assert status == 400


def test_refusal_names_the_request(application: Application) -> None:
    status, document = application.submit("no JSON")

    assert (status, document["error"]["requestId"]) == (400, "request-1")


@pytest.mark.parametrize("function", ["analyze", "records"])
def test_other_methods_are_refused(application: Application, function: str) -> None:
    answer = application.call(function, api_event("PATCH"))

    assert answer["statusCode"] == 405


# --- dead letters ------------------------------------------------------------------


def test_bundle_that_cannot_be_stored_is_set_aside_and_can_be_sent_again(
    application: Application,
) -> None:
    application.records.failing = _DOWN
    bundle = synthetic.bundle(1)

    answer = application.call("analyze", api_event("POST", bundle))

    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (503, "set_aside")
    assert error["requestId"] == "request-1"
    assert answer["headers"]["Retry-After"]
    [(analysis_id, text)] = application.dead_letters.kept.items()
    assert json.loads(text) == bundle
    assert application.dead_letters.notices == [
        {
            "analysisId": analysis_id,
            "errorClass": "StorageUnavailable",
            "requestId": "request-1",
            "submissionKept": True,
        }
    ]


def test_notice_holds_nothing_of_the_record(application: Application) -> None:
    application.records.failing = _DOWN
    bundle = synthetic.bundle(1)
    application.submit(bundle)

    notice = json.dumps(application.dead_letters.notices)

    leaves = {leaf for leaf in synthetic.string_leaves(bundle) if len(leaf) > 3}
    assert not [leaf for leaf in leaves if leaf in notice]


def test_bundle_that_cannot_even_be_set_aside_says_so(
    application: Application,
) -> None:
    application.records.failing = _DOWN
    application.dead_letters.keeping_fails = True
    application.dead_letters.announcing_fails = True

    status, document = application.submit(synthetic.bundle(1))

    assert (status, document["error"]["code"]) == (503, "unavailable")
    printed = application.printed()
    assert "submission not kept" in printed and "notice not sent" in printed


def test_defect_in_the_analysis_sets_the_bundle_aside_and_counts_as_an_error(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(_: object) -> None:
        raise KeyError("Synthetic secret")

    monkeypatch.setattr(submission, "analyze", defect)

    with pytest.raises(UnexpectedFailure, match=r"KeyError at test_handlers.py:\d+"):
        application.submit(synthetic.bundle(1))

    assert application.dead_letters.notices[0]["errorClass"] == "KeyError"
    assert "secret" not in application.printed()


def test_failure_that_leaves_the_function_takes_no_other_exception_along(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(_: object) -> None:
        raise ValueError("Synthetic secret")

    monkeypatch.setattr(submission, "analyze", defect)

    with pytest.raises(UnexpectedFailure) as caught:
        application.submit(synthetic.bundle(1))

    # Lambda's runtime prints an exception with its causes.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# --- records -----------------------------------------------------------------------


def test_stored_analysis_is_fetched_by_its_id(application: Application) -> None:
    _, analysis = application.submit(synthetic.bundle(1))

    path = {"analysisId": analysis["id"]}

    assert application.fetch(pathParameters=path) == (200, analysis)


def test_unknown_id_is_not_found(application: Application) -> None:
    for analysis_id in ("0" * 64, "not an id"):
        status, document = application.fetch(pathParameters={"analysisId": analysis_id})

        assert (status, document["error"]["path"]) == (404, "path.analysisId")


def test_listing_pages_through_every_analysis_once(application: Application) -> None:
    made = {application.submit(synthetic.bundle(seed))[1]["id"] for seed in range(5)}
    found: list[str] = []
    query = {"limit": "2"}

    while True:
        _, page = application.fetch(queryStringParameters=query)
        found += [entry["id"] for entry in page["analyses"]]
        if "nextCursor" not in page:
            break
        query = {"limit": "2", "cursor": page["nextCursor"]}

    assert found == sorted(made)


def test_empty_store_lists_nothing(application: Application) -> None:
    assert application.fetch() == (200, {"analyses": []})


def test_wrong_query_is_refused_by_name(application: Application) -> None:
    status, document = application.fetch(queryStringParameters={"limit": "many"})

    assert (status, document["error"]["path"]) == (400, "query.limit")


def test_storage_that_does_not_answer_is_unavailable(
    application: Application,
) -> None:
    application.records.failing = StorageUnavailable("ListObjectsV2", "AccessDenied")

    status, document = application.fetch()

    assert (status, document["error"]["code"]) == (503, "storage_unavailable")


# --- health ------------------------------------------------------------------------


def test_health_names_release_and_version(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")

    answer = application.call("health", api_event("GET"))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "status": "ok",
        "release": release(),
        "version": "7",
    }


def test_health_is_unavailable_where_storage_is(application: Application) -> None:
    application.records.failing = _DOWN

    answer = application.call("health", api_event("GET"))

    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["status"] == "unavailable"
    assert "SlowDown" in application.printed()
