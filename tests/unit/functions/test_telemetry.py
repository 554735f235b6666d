"""Logs and metrics say what happened, and nothing of any record."""

from __future__ import annotations

import json
from typing import Any

import pytest
import synthetic
from medical_records import submission
from medical_records.storage.port import StorageUnavailable
from medical_records.telemetry import UnexpectedFailure, describe
from leaks import told
from memory_records import api_event
from running_application import Application


def _lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def _marked_bundle() -> dict[str, Any]:
    """Return a bundle whose every string of a person is one that stands out."""
    text = json.dumps(synthetic.bundle(9, resources=40))
    return dict(json.loads(text.replace("Synthetic", "Zyx-Synthetic")))


def _leaves(bundle: dict[str, Any]) -> set[str]:
    """Return the record's strings, without the words that FHIR fixes."""
    structure = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    return synthetic.string_leaves(bundle) - structure - {"Bundle"}


def test_served_request_is_one_line_with_request_and_status(
    application: Application,
) -> None:
    application.submit(synthetic.bundle(1))

    lines = _lines(application.printed())

    served = [line for line in lines if line.get("message") == "request served"]
    assert len(served) == 1
    assert served[0]["request_id"] == "request-1"
    assert served[0]["function_request_id"] == "lambda-request-1"
    assert (served[0]["status"], served[0]["code"]) == (201, "stored")


def test_metrics_carry_service_and_environment(application: Application) -> None:
    application.submit("no JSON")

    lines = _lines(application.printed())

    counted = [line for line in lines if "Refused" in line]
    assert counted[0]["Refused"] == [1.0]
    dimensions = counted[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert dimensions == [["environment", "service"]]


@pytest.mark.parametrize("log_level", ["INFO", "DEBUG"])
def test_no_string_of_a_record_is_in_logs_metrics_or_errors(
    application: Application, monkeypatch: pytest.MonkeyPatch, log_level: str
) -> None:
    from medical_records import telemetry

    # What an operator may switch on in the heat of the moment.
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    telemetry.logger.setLevel(log_level)
    bundle = _marked_bundle()
    strange = synthetic.with_strange_subject(synthetic.with_second_patient(bundle))

    application.submit(bundle)
    application.submit(bundle)
    refused = [application.submit(strange)[1], application.submit(str(bundle))[1]]
    application.records.failing = StorageUnavailable("PutObject", "AccessDenied")
    refused.append(application.submit(bundle)[1])

    answers = json.dumps(refused)
    assert not told(_leaves(strange), answers + application.printed())


def test_defect_tells_class_and_place_and_not_its_words(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = _marked_bundle()

    def defect(record: Any) -> None:
        raise ValueError(f"cannot read {record.patient.content}")

    monkeypatch.setattr(submission, "analyze", defect)

    with pytest.raises(UnexpectedFailure) as caught:
        application.submit(bundle)

    printed = application.printed()
    assert "ValueError at test_telemetry.py" in printed
    assert not told(_leaves(bundle), printed + str(caught.value))


def test_failure_is_counted(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    application.records.failing = RuntimeError("a defect")

    with pytest.raises(UnexpectedFailure):
        application.call("records", api_event("GET"))

    assert any(line.get("Failures") == [1.0] for line in _lines(application.printed()))


def test_exception_that_was_never_raised_is_named_by_its_class() -> None:
    assert describe(ValueError("Synthetic secret")) == "ValueError"
