"""Synthetic FHIR R4 bundles: nobody's record, made up from a seed, and marked so.

Every bundle carries the security label HTEST ("test health data",
http://terminology.hl7.org/CodeSystem/v3-ActReason), and every name in it begins with
"Synthetic". The same seed gives the same bundle, byte for byte.

Run as a program it prints one: ``python tests/support/synthetic.py --seed 1``.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]

_TEST_DATA = {
    "security": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": "HTEST",
            "display": "test health data",
        }
    ]
}
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_FIRST_DAY = date(2001, 1, 1)
_DAYS = 9_000

# name, LOINC code, unit, low, high
_TESTS = (
    ("Potassium", "2823-3", "mmol/L", "3.5", "5.1"),
    ("Creatinine", "2160-0", "mg/dL", "0.60", "1.20"),
    ("Hemoglobin", "718-7", "g/dL", "12.0", "16.0"),
    ("Glucose", "2345-7", "mg/dL", "70", "99"),
    ("Thyrotropin", "3016-3", "m[IU]/L", "0.40", "4.00"),
)
_CONDITIONS = ("Hypertension", "Asthma", "Type 2 diabetes", "Migraine", "Gout")
_MEDICINES = ("Lisinopril 10 mg", "Metformin 500 mg", "Salbutamol 0.1 mg", "Ibuprofen")
_SUBSTANCES = ("Penicillin", "Peanut", "Latex", "Bee venom")


def bundle(seed: int, *, resources: int = 24) -> Json:
    """Return a valid bundle of one patient with about ``resources`` resources."""
    dice = _dice(seed)
    patient = _patient(dice)
    makers: tuple[Callable[[random.Random, str], Json], ...] = (
        _laboratory,
        _laboratory,
        _laboratory,
        _condition,
        _medication,
        _allergy,
        _encounter,
        _immunization,
    )
    made = [
        dice.choice(makers)(dice, f"Patient/{patient['id']}") for _ in range(resources)
    ]
    return _bundle([patient, *made])


def with_duplicates(bundle: Json, *, seed: int = 0, share: float = 0.2) -> Json:
    """Return the bundle with some of its entries standing twice, in another order."""
    dice = _dice(seed)
    result = copy.deepcopy(bundle)
    entries = result["entry"]
    again = [copy.deepcopy(e) for e in entries[1:] if dice.random() < share]
    result["entry"] = entries + again
    dice.shuffle(result["entry"])
    return result


def with_missing_fields(bundle: Json, *, seed: int = 0) -> Json:
    """Return the bundle without some of what FHIR lets a resource leave out."""
    dice = _dice(seed)
    optional = (
        *("id", "meta", "category", "clinicalStatus", "verificationStatus"),
        *("onsetDateTime", "authoredOn", "recordedDate", "effectiveDateTime"),
        *("referenceRange", "valueQuantity", "period", "reaction", "dosageInstruction"),
    )
    result = copy.deepcopy(bundle)
    for entry in result["entry"][1:]:
        for name in optional:
            if dice.random() < 0.3:
                entry["resource"].pop(name, None)
    return result


def with_second_patient(bundle: Json, *, seed: int = 1) -> Json:
    """Return the bundle with another patient's resource among the entries."""
    dice = _dice(seed)
    result = copy.deepcopy(bundle)
    result["entry"].append(_entry(_patient(dice)))
    return result


def with_strange_subject(bundle: Json, *, seed: int = 1) -> Json:
    """Return the bundle with one resource that is about a patient it does not hold."""
    dice = _dice(seed)
    result = copy.deepcopy(bundle)
    stranger = f"Patient/{_id(dice)}"
    result["entry"].append(_entry(_laboratory(dice, stranger)))
    return result


def laboratory(
    value: str, low: str | None, high: str | None, *, unit: str = "mg/dL"
) -> Json:
    """Return one laboratory result of the patient ``Patient/p`` with these numbers."""
    limits = {
        name: _quantity(number, unit)
        for name, number in (("low", low), ("high", high))
        if number is not None
    }
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "laboratory"}]}],
        "code": {"text": "Synthetic result"},
        "subject": {"reference": "Patient/p"},
        "valueQuantity": _quantity(value, unit),
        "referenceRange": [limits],
    }


def bundle_of(*resources: Json) -> Json:
    """Return a bundle of the patient ``Patient/p`` and these resources."""
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1970-01-01"}
    return _bundle([patient, *resources])


def string_leaves(value: Any) -> set[str]:
    """Return every string that stands in ``value`` as a value."""
    if isinstance(value, dict):
        return set().union(*map(string_leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(string_leaves, value))
    return {value} if isinstance(value, str) else set()


def _dice(seed: int) -> random.Random:
    # The opposite of a secret is wanted: the same every time.
    return random.Random(seed)  # nosec B311


def _bundle(resources: list[Json]) -> Json:
    return {
        "resourceType": "Bundle",
        "meta": copy.deepcopy(_TEST_DATA),
        "type": "collection",
        "entry": [_entry(resource) for resource in resources],
    }


def _entry(resource: Json) -> Json:
    if "id" not in resource:
        return {"resource": resource}
    name = f"{resource['resourceType']}/{resource['id']}"
    return {
        "fullUrl": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "resource": resource,
    }


def _patient(dice: random.Random) -> Json:
    number = dice.randrange(10**8)
    return {
        "resourceType": "Patient",
        "id": _id(dice),
        "meta": copy.deepcopy(_TEST_DATA),
        "identifier": [{"system": "urn:synthetic:mrn", "value": f"SYN-{number:08}"}],
        "name": [{"family": f"Synthetic-{number}", "given": ["Synthetic"]}],
        "gender": dice.choice(("female", "male", "other", "unknown")),
        "birthDate": dice.choice(("1950", "1961-04", "1987-11-30")),
    }


def _laboratory(dice: random.Random, subject: str) -> Json:
    name, loinc, unit, low, high = dice.choice(_TESTS)
    value = f"{float(low) * dice.uniform(0.7, 1.9):.2f}"
    return {
        **laboratory(value, low, high, unit=unit),
        "id": _id(dice),
        "code": _concept("http://loinc.org", loinc, f"Synthetic {name}"),
        "subject": {"reference": subject},
        "effectiveDateTime": _moment(dice),
    }


def _condition(dice: random.Random, subject: str) -> Json:
    status = dice.choice(("active", "resolved", "recurrence"))
    return {
        "resourceType": "Condition",
        "id": _id(dice),
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": status}]},
        "code": {"text": f"Synthetic {dice.choice(_CONDITIONS)}"},
        "subject": {"reference": subject},
        "onsetDateTime": _moment(dice),
    }


def _medication(dice: random.Random, subject: str) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": _id(dice),
        "status": dice.choice(("active", "stopped", "completed")),
        "intent": "order",
        "medicationCodeableConcept": {"text": f"Synthetic {dice.choice(_MEDICINES)}"},
        "subject": {"reference": subject},
        "authoredOn": _moment(dice),
        "dosageInstruction": [{"text": f"Synthetic dose {dice.randint(1, 4)} daily"}],
    }


def _allergy(dice: random.Random, subject: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": _id(dice),
        "code": {"text": f"Synthetic {dice.choice(_SUBSTANCES)}"},
        "patient": {"reference": subject},
        "criticality": dice.choice(("low", "high", "unable-to-assess")),
        "recordedDate": _moment(dice),
        "reaction": [{"manifestation": [{"text": "Synthetic rash"}]}],
    }


def _encounter(dice: random.Random, subject: str) -> Json:
    start = _moment(dice)
    return {
        "resourceType": "Encounter",
        "id": _id(dice),
        "status": "finished",
        "class": {"code": "AMB", "display": "Synthetic visit"},
        "subject": {"reference": subject},
        "period": {"start": start},
    }


def _immunization(dice: random.Random, subject: str) -> Json:
    return {
        "resourceType": "Immunization",
        "id": _id(dice),
        "status": "completed",
        "vaccineCode": {"text": "Synthetic vaccine"},
        "patient": {"reference": subject},
        "occurrenceDateTime": _moment(dice),
    }


def _quantity(value: str, unit: str) -> Json:
    number = float(value) if "." in value else int(value)
    system = "http://unitsofmeasure.org"
    return {"value": number, "unit": unit, "system": system, "code": unit}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _moment(dice: random.Random) -> str:
    day = (_FIRST_DAY + timedelta(days=dice.randrange(_DAYS))).isoformat()
    return dice.choice(
        (day[:4], day[:7], day, f"{day}T08:30:00+02:00", f"{day}T23:00:00Z")
    )


def _id(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def main() -> None:
    """Print a bundle."""
    parser = argparse.ArgumentParser(description="Print a synthetic FHIR R4 bundle.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resources", type=int, default=24)
    arguments = parser.parse_args()
    print(json.dumps(bundle(arguments.seed, resources=arguments.resources), indent=2))


if __name__ == "__main__":
    main()
