"""Submitting a bundle: check it, analyse it, keep the analysis once.

The order matters for a client that tries again after a lost answer: the id is made of
the content, so a second submission finds what the first one stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medical_records import json_text
from medical_records.analysis.analyze import analyze
from medical_records.fhir.bundle import PatientRecord, read_bundle
from medical_records.fhir.document import read_document
from medical_records.http import MAX_ANSWER_BYTES
from medical_records.identifiers import analysis_id_of, key_id_of
from medical_records.problem import Problem
from medical_records.release import release
from medical_records.storage.port import AnalysisStore


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid record, and the id that its content gives it."""

    analysis_id: str
    record: PatientRecord
    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The analysis of a submission, and whether this request stored it."""

    analysis: dict[str, Any]
    new: bool


def read_submission(text: str) -> Submission | Problem:
    """Check the text of a request as a whole."""
    tree = read_document(text)
    if isinstance(tree, Problem):
        return tree
    record = read_bundle(tree)
    if isinstance(record, Problem):
        return record
    return Submission(analysis_id_of(json_text.canonical(tree)), record, text)


def store_analysis(
    submission: Submission,
    store: AnalysisStore,
    *,
    idempotency_key: str | None,
    caller: str,
    now: Callable[[], datetime],
) -> Stored | Problem:
    """Analyse a submission and keep the analysis, or return the one that is kept."""
    analysis_id = submission.analysis_id
    analysis = _analysis(submission, now())
    if _answer_bytes(analysis) > MAX_ANSWER_BYTES:
        return _answer_too_large()
    if idempotency_key is not None:
        owner = store.claim_key(key_id_of(idempotency_key, caller=caller), analysis_id)
        if owner != analysis_id:
            return _key_reused()
    if store.add(analysis_id, analysis):
        return Stored(analysis, new=True)
    # Kept by an earlier release it may differ from this one: what was answered stays.
    return Stored(store.get(analysis_id) or analysis, new=False)


def _analysis(submission: Submission, now: datetime) -> dict[str, Any]:
    return {
        "id": submission.analysis_id,
        "analyzedAt": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "release": release(),
        **analyze(submission.record),
    }


def _answer_bytes(analysis: dict[str, Any]) -> int:
    """Return the size of the answer as Lambda counts it: a string inside JSON."""
    text = json_text.write(analysis)
    return len(text) + text.count('"') + text.count("\\")


def _answer_too_large() -> Problem:
    message = "The analysis would be larger than one answer may be; send less at once."
    return Problem(413, "analysis_too_large", message, "Bundle.entry")


def _key_reused() -> Problem:
    message = "This key was used before, for another bundle."
    return Problem(409, "idempotency_key_reused", message, "header.Idempotency-Key")
