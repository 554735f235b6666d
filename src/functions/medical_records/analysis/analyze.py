"""The whole analysis of one record."""

from __future__ import annotations

from collections import Counter

from medical_records.analysis.allergies import find_allergies
from medical_records.analysis.laboratory import judge_laboratory
from medical_records.analysis.medications import find_medications
from medical_records.analysis.parts import Item, item
from medical_records.analysis.problems import find_problems
from medical_records.analysis.timeline import build_timeline
from medical_records.fhir.bundle import PatientRecord

SCHEMA_VERSION = 1


def analyze(record: PatientRecord) -> Item:
    """Return what the record says; the same record gives the same analysis."""
    patient = record.patient.content
    return {
        "schemaVersion": SCHEMA_VERSION,
        "testData": record.test_data,
        # No name and no address: an analysis needs neither to be matched.
        "patient": item(
            id=record.patient.id,
            birthDate=patient.get("birthDate"),
            gender=patient.get("gender"),
        ),
        "problems": find_problems(record),
        "medications": find_medications(record),
        "allergies": find_allergies(record),
        "laboratory": judge_laboratory(record),
        "timeline": build_timeline(record),
        "duplicatesRemoved": record.duplicates,
        "notAnalyzed": _not_analyzed(record),
    }


def _not_analyzed(record: PatientRecord) -> list[Item]:
    counts = Counter((aside.kind, aside.reason) for aside in record.set_aside)
    return [
        {"type": kind, "reason": reason, "count": count}
        for (kind, reason), count in sorted(counts.items())
    ]
