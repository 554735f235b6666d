"""Allergies and intolerances, with what they did when they showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medical_records.analysis.parts import (
    Item,
    code_of,
    codes_of,
    item,
    name_of,
    names_of,
    when,
)
from medical_records.fhir.bundle import PatientRecord
from medical_records.fhir.references import Resource


def find_allergies(record: PatientRecord) -> list[Item]:
    """Return the allergies in the order of the bundle."""
    return [_allergy(resource) for resource in record.of_kind("AllergyIntolerance")]


def _allergy(resource: Resource) -> Item:
    content = resource.content
    return item(
        substance=name_of(content.get("code")),
        codes=codes_of(content.get("code")),
        type=content.get("type"),
        categories=content.get("category"),
        criticality=content.get("criticality"),
        clinicalStatus=code_of(content.get("clinicalStatus")),
        verificationStatus=code_of(content.get("verificationStatus")),
        onset=when(content, "onset"),
        lastOccurrence=content.get("lastOccurrence"),
        recorded=content.get("recordedDate"),
        reactions=[_reaction(reaction) for reaction in content.get("reaction", ())],
        source=resource.path,
    )


def _reaction(reaction: Mapping[str, Any]) -> Item:
    return item(
        substance=name_of(reaction.get("substance")),
        manifestations=names_of(reaction["manifestation"]),
        severity=reaction.get("severity"),
        onset=reaction.get("onset"),
        description=reaction.get("description"),
    )
