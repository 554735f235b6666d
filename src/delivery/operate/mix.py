"""What a rehearsal asks the application for: the one place of the tool that knows its routes.

An application with other routes changes ``KINDS``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from delivery.errors import BadInput
from delivery.model import RequestKind

DEFAULT_MIX = "list=60,submit=25,health=15"
# So many different bundles: what is stored stays small however long traffic lasts.
_BUNDLES = 40
_TEST_DATA = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
_TESTS = (("Potassium", "mmol/L", 3.5, 5.1), ("Glucose", "mg/dL", 70.0, 99.0))


def mix_of(text: str) -> tuple[RequestKind, ...]:
    """Read a mix, such as ``list=60,submit=25,health=15``; shares are relative.

    Raises:
        BadInput: for a kind that is not known, or a share that is not a number above 0.
    """
    known = _kinds()
    mix = []
    for item in text.split(","):
        name, _, share = (part.strip() for part in item.partition("="))
        if name not in known or not _is_share(share or "1"):
            raise BadInput(
                f"{text!r} is not a mix of requests.",
                why=f"{item.strip()!r} is not one of {', '.join(known)} with a share.",
                next_step=f"Give it as --mix {DEFAULT_MIX}",
            )
        method, path, bodies = known[name]
        mix.append(RequestKind(name, method, path, float(share or "1"), bodies))
    return tuple(mix)


def synthetic_bundle(seed: int) -> dict[str, Any]:
    """Return a small FHIR bundle of nobody, marked as test data; a seed gives the same."""
    dice = random.Random(seed)  # nosec B311 - the same every time, not a secret
    patient = {
        "resourceType": "Patient",
        "id": f"synthetic-{seed}",
        "name": [{"family": f"Synthetic-{seed}"}],
        "birthDate": str(1940 + seed % 60),
    }
    resources = [
        patient,
        *(_laboratory(dice, f"synthetic-{seed}", each) for each in _TESTS),
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"security": [_TEST_DATA]},
        "type": "collection",
        "entry": [{"resource": resource} for resource in resources],
    }


def _kinds() -> Mapping[str, tuple[str, str, tuple[bytes, ...]]]:
    bundles = (json.dumps(synthetic_bundle(seed)) for seed in range(_BUNDLES))
    return {
        "health": ("GET", "/health", (b"",)),
        "list": ("GET", "/analyses?limit=5", (b"",)),
        "submit": ("POST", "/analyses", tuple(each.encode() for each in bundles)),
    }


def _laboratory(
    dice: random.Random, patient: str, test: tuple[str, str, float, float]
) -> dict[str, Any]:
    name, unit, low, high = test
    value = round(dice.uniform(low * 0.8, high * 1.2), 2)
    limits = {
        "low": {"value": low, "unit": unit},
        "high": {"value": high, "unit": unit},
    }
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": f"Synthetic {name}"},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"{dice.randint(2015, 2025)}-03-04",
        "valueQuantity": {"value": value, "unit": unit},
        "referenceRange": [limits],
    }


def _is_share(text: str) -> bool:
    try:
        return 0 < float(text) < 1e6
    except ValueError:
        return False
