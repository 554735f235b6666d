"""Staging's question: does a client's whole conversation with the API work?"""

from __future__ import annotations

import copy
import uuid

import synthetic
from signed_api import SignedApi


def test_submission_is_stored_once_fetched_and_repeated(api: SignedApi) -> None:
    bundle = synthetic.bundle(seed=20, resources=60)

    first = api.post("/analyses", bundle)
    second = api.post("/analyses", bundle)

    assert first.status_code in (200, 201), first.text
    assert second.status_code == 200, second.text
    assert second.json() == first.json()
    fetched = api.get(f"/analyses/{first.json()['id']}")
    assert fetched.status_code == 200, fetched.text
    assert fetched.json() == first.json()


def test_bundle_never_seen_before_is_answered_with_created(api: SignedApi) -> None:
    bundle = copy.deepcopy(synthetic.bundle(seed=21))
    # The same content is the same submission: what is new needs a new content.
    bundle["identifier"] = {"system": "urn:synthetic:run", "value": str(uuid.uuid4())}

    answer = api.post("/analyses", bundle)

    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith(answer.json()["id"])


def test_abnormal_result_is_found_by_its_own_range(api: SignedApi) -> None:
    high = synthetic.laboratory("6.1", "3.5", "5.1", unit="mmol/L")

    answer = api.post("/analyses", synthetic.bundle_of(high))

    assert answer.status_code in (200, 201), answer.text
    abnormal = answer.json()["laboratory"]["abnormal"]
    assert [result["verdict"] for result in abnormal] == ["high"]


def test_idempotency_key_of_another_bundle_is_refused(api: SignedApi) -> None:
    key = {"Idempotency-Key": f"synthetic-{uuid.uuid4()}"}
    first = api.post("/analyses", synthetic.bundle(seed=22), headers=key)

    again = api.post("/analyses", synthetic.bundle(seed=22), headers=key)
    other = api.post("/analyses", synthetic.bundle(seed=23), headers=key)

    assert first.status_code in (200, 201), first.text
    assert again.status_code == 200, again.text
    assert other.status_code == 409, other.text
    assert other.json()["error"]["path"] == "header.Idempotency-Key"


def test_listing_pages_through_every_analysis_once(api: SignedApi) -> None:
    for seed in (24, 25, 26):
        assert api.post("/analyses", synthetic.bundle(seed)).ok

    first = api.get("/analyses", limit="2").json()
    second = api.get("/analyses", limit="2", cursor=first["nextCursor"]).json()

    ids = [entry["id"] for page in (first, second) for entry in page["analyses"]]
    assert len(first["analyses"]) == 2
    assert ids == sorted(set(ids))


def test_two_patients_in_one_bundle_are_refused_by_path(api: SignedApi) -> None:
    bundle = synthetic.with_second_patient(synthetic.bundle(seed=27))

    answer = api.post("/analyses", bundle)

    assert answer.status_code == 422, answer.text
    last = len(bundle["entry"]) - 1
    assert answer.json()["error"]["path"] == f"Bundle.entry[{last}].resource"


def test_wrong_type_is_refused_by_path_and_without_its_value(api: SignedApi) -> None:
    observation = synthetic.laboratory("5", "1", "9")
    observation["valueQuantity"]["value"] = "Synthetic-secret-5"

    answer = api.post("/analyses", synthetic.bundle_of(observation))

    assert answer.status_code == 422, answer.text
    path = "Bundle.entry[1].resource.valueQuantity.value"
    assert answer.json()["error"]["path"] == path
    assert "Synthetic-secret-5" not in answer.text


def test_text_that_is_not_json_is_refused(api: SignedApi) -> None:
    answer = api.post("/analyses", '{"resourceType": "Bundle", ')

    assert answer.status_code == 400, answer.text


def test_unknown_analysis_is_not_found(api: SignedApi) -> None:
    assert api.get(f"/analyses/{'0' * 64}").status_code == 404


def test_request_without_signature_is_forbidden(api: SignedApi) -> None:
    bundle = synthetic.bundle(seed=28)

    for method, path in (("GET", "/health"), ("GET", "/analyses")):
        assert api.send(method, path, signed=False).status_code == 403
    body = str(bundle)
    unsigned = api.send("POST", "/analyses", content=body, signed=False)
    assert unsigned.status_code == 403
