"""The elements of each resource type that the analysis reads, as FHIR R4 defines them.

http://hl7.org/fhir/R4/resourcelist.html. A type that is not here passes with its id and
its subject checked, and is named in the analysis as not analysed.
"""

from __future__ import annotations

from medical_records.fhir.elements import (
    CODING,
    CONCEPT,
    IDENTIFIER,
    PERIOD,
    QUANTITY,
    RANGE,
    REFERENCE,
    Check,
    Element,
    boolean,
    code,
    identifier,
    many,
    moment,
    must,
    one,
    record,
    text,
)

META = record(
    {
        "versionId": one(identifier),
        "lastUpdated": one(moment),
        "security": many(CODING),
        "tag": many(CODING),
    }
)
EVERY_RESOURCE = {"id": one(identifier), "meta": one(META)}

_VALUE_TYPES: dict[str, Element] = {
    "valueQuantity": one(QUANTITY),
    "valueCodeableConcept": one(CONCEPT),
    "valueString": one(text),
    "valueBoolean": one(boolean),
    "valuePeriod": one(PERIOD),
    "valueDateTime": one(moment),
    "valueRange": one(RANGE),
}
# Types of value that no judgement reads; they count as "a value stands here".
_OTHER_VALUES = ("valueInteger", "valueRatio", "valueSampledData", "valueTime")
_VALUE = {"value": (*_VALUE_TYPES, *_OTHER_VALUES)}

_REFERENCE_RANGE = record(
    {
        "low": one(QUANTITY),
        "high": one(QUANTITY),
        "type": one(CONCEPT),
        "appliesTo": many(CONCEPT),
        "age": one(RANGE),
        "text": one(text),
    }
)
_MEASUREMENT: dict[str, Element] = {
    "code": must(CONCEPT),
    "dataAbsentReason": one(CONCEPT),
    "interpretation": many(CONCEPT),
    "referenceRange": many(_REFERENCE_RANGE),
    **_VALUE_TYPES,
}
_DOSAGE = record({"text": one(text), "patientInstruction": one(text)})
_REACTION = record(
    {
        "substance": one(CONCEPT),
        "manifestation": Element(CONCEPT, many=True, required=True),
        "description": one(text),
        "onset": one(moment),
        "severity": one(code),
    }
)


def _timed(name: str) -> dict[str, Element]:
    """Return the forms in which ``onset[x]`` and its like say when."""
    return {
        f"{name}DateTime": one(moment),
        f"{name}Age": one(QUANTITY),
        f"{name}Period": one(PERIOD),
        f"{name}Range": one(RANGE),
        f"{name}String": one(text),
    }


_MEDICATION: dict[str, Element] = {
    "medicationCodeableConcept": one(CONCEPT),
    "medicationReference": one(REFERENCE),
}

DEFINITIONS: dict[str, Check] = {
    "Patient": record(
        {
            **EVERY_RESOURCE,
            "identifier": many(IDENTIFIER),
            "gender": one(code),
            "birthDate": one(moment),
        }
    ),
    "Condition": record(
        {
            **EVERY_RESOURCE,
            "clinicalStatus": one(CONCEPT),
            "verificationStatus": one(CONCEPT),
            "category": many(CONCEPT),
            "severity": one(CONCEPT),
            "code": one(CONCEPT),
            "subject": must(REFERENCE),
            **_timed("onset"),
            **_timed("abatement"),
            "recordedDate": one(moment),
        },
        choices={
            "onset": tuple(_timed("onset")),
            "abatement": tuple(_timed("abatement")),
        },
    ),
    "AllergyIntolerance": record(
        {
            **EVERY_RESOURCE,
            "clinicalStatus": one(CONCEPT),
            "verificationStatus": one(CONCEPT),
            "type": one(code),
            "category": many(code),
            "criticality": one(code),
            "code": one(CONCEPT),
            "patient": must(REFERENCE),
            **_timed("onset"),
            "recordedDate": one(moment),
            "lastOccurrence": one(moment),
            "reaction": many(_REACTION),
        },
        choices={"onset": tuple(_timed("onset"))},
    ),
    "MedicationRequest": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            "intent": must(code),
            "doNotPerform": one(boolean),
            **_MEDICATION,
            "subject": must(REFERENCE),
            "authoredOn": one(moment),
            "dosageInstruction": many(_DOSAGE),
        },
        choices={"medication": tuple(_MEDICATION)},
        must_choose=("medication",),
    ),
    "MedicationStatement": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            **_MEDICATION,
            "subject": must(REFERENCE),
            "effectiveDateTime": one(moment),
            "effectivePeriod": one(PERIOD),
            "dateAsserted": one(moment),
            "dosage": many(_DOSAGE),
        },
        choices={
            "medication": tuple(_MEDICATION),
            "effective": ("effectiveDateTime", "effectivePeriod"),
        },
        must_choose=("medication",),
    ),
    "Medication": record({**EVERY_RESOURCE, "code": one(CONCEPT)}),
    "Observation": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            "category": many(CONCEPT),
            "subject": one(REFERENCE),
            "effectiveDateTime": one(moment),
            "effectivePeriod": one(PERIOD),
            "effectiveInstant": one(moment),
            "issued": one(moment),
            **_MEASUREMENT,
            "component": many(record(_MEASUREMENT, choices=_VALUE)),
        },
        choices={
            "effective": (
                "effectiveDateTime",
                "effectivePeriod",
                "effectiveTiming",
                "effectiveInstant",
            ),
            **_VALUE,
        },
    ),
    "Encounter": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            "class": must(CODING),
            "type": many(CONCEPT),
            "subject": one(REFERENCE),
            "period": one(PERIOD),
        }
    ),
    "Procedure": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            "code": one(CONCEPT),
            "subject": must(REFERENCE),
            **_timed("performed"),
        },
        choices={"performed": tuple(_timed("performed"))},
    ),
    "Immunization": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            "vaccineCode": must(CONCEPT),
            "patient": must(REFERENCE),
            "occurrenceDateTime": one(moment),
            "occurrenceString": one(text),
        },
        choices={"occurrence": ("occurrenceDateTime", "occurrenceString")},
        must_choose=("occurrence",),
    ),
    "DiagnosticReport": record(
        {
            **EVERY_RESOURCE,
            "status": must(code),
            "code": must(CONCEPT),
            "subject": one(REFERENCE),
            "effectiveDateTime": one(moment),
            "effectivePeriod": one(PERIOD),
            "issued": one(moment),
        },
        choices={"effective": ("effectiveDateTime", "effectivePeriod")},
    ),
}

ANY_OTHER = record(EVERY_RESOURCE)

# The elements by which a resource of any type says whom it is about.
SUBJECTS = ("subject", "patient", "beneficiary", "individual", "for")
