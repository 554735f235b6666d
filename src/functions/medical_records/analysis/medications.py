"""Medications: what was ordered and what the patient is said to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medical_records.analysis.parts import Item, codes_of, item, name_of, when
from medical_records.fhir.bundle import PatientRecord
from medical_records.fhir.references import Resource

# A proposal or a plan is not yet an order.
# http://hl7.org/fhir/R4/valueset-medicationrequest-intent.html
_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def find_medications(record: PatientRecord) -> list[Item]:
    """Return the medications, those in use first."""
    kinds = ("MedicationRequest", "MedicationStatement")
    found = [_medication(resource, record) for resource in record.of_kind(*kinds)]
    return sorted(found, key=lambda medication: not medication["active"])


def medication_concept(
    resource: Resource, record: PatientRecord
) -> Mapping[str, Any] | None:
    """Return what the medication is, following a reference to it."""
    if "medicationCodeableConcept" in resource.content:
        return dict(resource.content["medicationCodeableConcept"])
    reference = resource.content["medicationReference"]
    concept = _referred(reference.get("reference", ""), resource, record)
    if name_of(concept):
        return concept
    return {"text": reference["display"]} if "display" in reference else None


def _referred(
    target: str, resource: Resource, record: PatientRecord
) -> Mapping[str, Any] | None:
    if target.startswith("#"):
        concept = resource.contained().get(target[1:], {}).get("code")
        # Contained resources are not checked with their owner's elements.
        return concept if isinstance(concept, dict) else None
    found = record.index.find(target, source=resource)
    return found.content.get("code") if found else None


def _medication(resource: Resource, record: PatientRecord) -> Item:
    content = resource.content
    concept = medication_concept(resource, record)
    dosages = content.get("dosageInstruction", content.get("dosage", ()))
    return item(
        name=name_of(concept),
        codes=codes_of(concept),
        active=_active(resource),
        status=content["status"],
        intent=content.get("intent"),
        doNotPerform=content.get("doNotPerform"),
        dosage=[words for dosage in dosages if (words := _dosage(dosage))],
        authored=content.get("authoredOn"),
        effective=when(content, "effective"),
        source=resource.path,
    )


def _active(resource: Resource) -> bool:
    content = resource.content
    if content["status"] != "active":
        return False
    if resource.kind == "MedicationStatement":
        return True
    # `doNotPerform` turns an order into a prohibition.
    return content["intent"] in _ORDERS and content.get("doNotPerform") is not True


def _dosage(dosage: Mapping[str, Any]) -> str | None:
    return dosage.get("text") or dosage.get("patientInstruction")
