"""``POST /analyses``: a patient's bundle in, its analysis out.

A valid bundle that cannot be served is set aside, so that none is lost. Then two ways
part: storage that does not answer is a passing trouble (503, try again); anything else
is a defect of the release that runs, and leaves the function as an error, because that
is what the alarms of a release count.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime

from medical_records import wiring
from medical_records.http import Answer, Request, read_body, refusal
from medical_records.identifiers import read_idempotency_key
from medical_records.problem import Problem
from medical_records.storage.port import (
    AnalysisStore,
    DeadLetters,
    StorageUnavailable,
)
from medical_records.submission import (
    Stored,
    Submission,
    read_submission,
    store_analysis,
)
from medical_records.telemetry import api_function, count, describe, logger

_RETRY_AFTER_SECONDS = "30"


@api_function
def handler(request: Request) -> Answer:
    """Analyse the bundle in the request."""
    submission = _submission(request)
    if isinstance(submission, Problem):
        return refusal(submission, request)
    # Made only now: what is refused needs no client of AWS.
    store, dead_letters = wiring.records(), wiring.dead_letters()
    return serve(submission, request, store=store, dead_letters=dead_letters)


def serve(
    submission: Submission,
    request: Request,
    *,
    store: AnalysisStore,
    dead_letters: DeadLetters,
) -> Answer:
    """Answer a valid submission; set it aside where that fails, so none is lost."""
    key = read_idempotency_key(request.headers)
    if isinstance(key, Problem):
        return refusal(key, request)
    aside = functools.partial(_set_aside, submission, request, dead_letters)
    try:
        stored = store_analysis(
            submission, store, idempotency_key=key, caller=request.caller, now=_now
        )
    except StorageUnavailable as error:
        return _try_again(request, kept=aside(error))
    except Exception as error:
        aside(error)
        raise
    return refusal(stored, request) if isinstance(stored, Problem) else _stored(stored)


def _submission(request: Request) -> Submission | Problem:
    if request.method != "POST":
        return Problem(405, "method_not_allowed", "Only POST is served.", "method")
    text = read_body(request)
    return text if isinstance(text, Problem) else read_submission(text)


def _stored(stored: Stored) -> Answer:
    analysis = stored.analysis
    location = {"Location": f"analyses/{analysis['id']}"}
    count("AnalysesStored" if stored.new else "AnalysesRepeated")
    if stored.new:
        return Answer(201, analysis, code="stored", headers=location)
    return Answer(200, analysis, code="repeated", headers=location)


def _set_aside(
    submission: Submission,
    request: Request,
    dead_letters: DeadLetters,
    error: Exception,
) -> bool:
    """Keep the submission and announce it; say whether it was kept."""
    kept = _kept(submission, dead_letters)
    announced = _announced(submission, request, error, kept, dead_letters)
    count("DeadLetters")
    logger.error(
        "submission set aside",
        extra={
            "analysis_id": submission.analysis_id,
            "failure": describe(error),
            "submission_kept": kept,
            "announced": announced,
        },
    )
    return kept


def _kept(submission: Submission, dead_letters: DeadLetters) -> bool:
    try:
        dead_letters.keep(submission.analysis_id, submission.text)
    except StorageUnavailable as error:
        logger.error("submission not kept", extra={"error_code": error.error_code})
        return False
    return True


def _announced(
    submission: Submission,
    request: Request,
    error: Exception,
    kept: bool,
    dead_letters: DeadLetters,
) -> bool:
    try:
        dead_letters.announce(
            submission.analysis_id,
            error_class=type(error).__name__,
            request_id=request.request_id,
            kept=kept,
        )
    except StorageUnavailable as refused:
        logger.error("notice not sent", extra={"error_code": refused.error_code})
        return False
    return True


def _try_again(request: Request, *, kept: bool) -> Answer:
    message = "The bundle is valid and could not be served now; send it again later."
    if kept:
        message = "The bundle is valid, was set aside, and can be sent again later."
    problem = Problem(503, "set_aside" if kept else "unavailable", message, "Bundle")
    refused = refusal(problem, request)
    headers = {"Retry-After": _RETRY_AFTER_SECONDS}
    return Answer(503, refused.document, code=refused.code, headers=headers)


def _now() -> datetime:
    return datetime.now(UTC)
