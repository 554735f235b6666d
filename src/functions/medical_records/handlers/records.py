"""``GET /analyses`` and ``GET /analyses/{analysisId}``: what was stored before."""

from __future__ import annotations

from medical_records import wiring
from medical_records.http import Answer, Request, refusal
from medical_records.identifiers import (
    PageRequest,
    cursor_after,
    read_analysis_id,
    read_page_request,
)
from medical_records.problem import Problem
from medical_records.storage.port import AnalysisStore, StorageUnavailable
from medical_records.telemetry import api_function, logger


@api_function
def handler(request: Request) -> Answer:
    """Fetch one analysis where an id is given, list them where none is."""
    return answer(request, wiring.records())


def answer(request: Request, store: AnalysisStore) -> Answer:
    """Answer a reading request from ``store``."""
    if request.method != "GET":
        problem = Problem(405, "method_not_allowed", "Only GET is served.", "method")
        return refusal(problem, request)
    try:
        if "analysisId" in request.path_parameters:
            return _one(request, store)
        return _many(request, store)
    except StorageUnavailable as error:
        logger.error("storage refused", extra={"error_code": error.error_code})
        return refusal(_UNAVAILABLE, request)


def _one(request: Request, store: AnalysisStore) -> Answer:
    analysis_id = read_analysis_id(request.path_parameters["analysisId"])
    if isinstance(analysis_id, Problem):
        return refusal(analysis_id, request)
    analysis = store.get(analysis_id)
    if analysis is None:
        return refusal(_NOT_FOUND, request)
    return Answer(200, analysis)


def _many(request: Request, store: AnalysisStore) -> Answer:
    wanted = read_page_request(request.query)
    if isinstance(wanted, Problem):
        return refusal(wanted, request)
    return Answer(200, _listing(wanted, store))


def _listing(wanted: PageRequest, store: AnalysisStore) -> dict[str, object]:
    page = store.page(limit=wanted.limit, after=wanted.after)
    entries = [
        {"id": item.analysis_id, "storedAt": item.stored_at} for item in page.analyses
    ]
    listing: dict[str, object] = {"analyses": entries}
    if page.more and page.analyses:
        listing["nextCursor"] = cursor_after(page.analyses[-1].analysis_id)
    return listing


_NOT_FOUND = Problem(
    404, "not_found", "There is no analysis of this id.", "path.analysisId"
)
_UNAVAILABLE = Problem(
    503, "storage_unavailable", "The records cannot be read now; try again.", "storage"
)
