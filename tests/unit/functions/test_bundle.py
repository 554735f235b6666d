"""One bundle, one patient, no duplicates; every refusal names its path."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic
from medical_records.fhir.bundle import MAX_ENTRIES, PatientRecord, read_bundle
from medical_records.problem import Problem
from memory_records import as_read

Json = dict[str, Any]


def _record(tree: Json) -> PatientRecord:
    record = read_bundle(as_read(tree))
    assert isinstance(record, PatientRecord), record
    return record


def _problem(tree: Json) -> Problem:
    problem = read_bundle(as_read(tree))
    assert isinstance(problem, Problem)
    return problem


def _condition(**fields: Any) -> Json:
    subject = {"subject": {"reference": "Patient/p"}}
    return {"resourceType": "Condition", **subject, **fields}


# --- the frame ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"resourceType": "Patient"}, "Bundle.resourceType"),
        ({"resourceType": None}, "Bundle.resourceType"),
        ({"type": "history"}, "Bundle.type"),
        ({"type": ["collection"]}, "Bundle.type"),
        ({"entry": None}, "Bundle.entry"),
        ({"entry": []}, "Bundle.entry"),
        ({"entry": {}}, "Bundle.entry"),
        ({"entry": ["text"]}, "Bundle.entry[0]"),
        ({"entry": [{"fullUrl": 3}]}, "Bundle.entry[0].fullUrl"),
        ({"entry": [{"resource": []}]}, "Bundle.entry[0].resource"),
        ({"entry": [{"resource": {}}]}, "Bundle.entry[0].resource.resourceType"),
        ({"entry": [{}] * (MAX_ENTRIES + 1)}, f"Bundle.entry[{MAX_ENTRIES}]"),
        ({"entry": [{}]}, "Bundle.entry"),
    ],
)
def test_frame_that_is_no_bundle_is_refused_by_path(change: Json, path: str) -> None:
    problem = _problem({**synthetic.bundle_of(), **change})

    assert (problem.status, problem.path) == (422, path)


def test_missing_entries_are_refused() -> None:
    assert _problem({"resourceType": "Bundle", "type": "batch"}).path == "Bundle.entry"


def test_deletions_in_a_transaction_are_passed_over() -> None:
    bundle = synthetic.bundle_of()
    bundle["entry"].append({"request": {"method": "DELETE", "url": "Condition/1"}})

    assert _record(bundle).resources == ()


# --- elements ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": "with space"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"meta": {"lastUpdated": "yesterday"}}, "meta.lastUpdated"),
        ({"code": []}, "code"),
        ({"code": {"text": ""}}, "code.text"),
        ({"code": {"coding": {}}}, "code.coding"),
        ({"code": {"coding": []}}, "code.coding"),
        ({"code": {"coding": [{"code": " x"}]}}, "code.coding[0].code"),
        (
            {"clinicalStatus": {"coding": [{"code": 1}]}},
            "clinicalStatus.coding[0].code",
        ),
        ({"onsetDateTime": "2020-02-30"}, "onsetDateTime"),
        ({"onsetAge": {"value": "30"}}, "onsetAge.value"),
        ({"onsetAge": {"value": True}}, "onsetAge.value"),
        ({"onsetAge": {"value": 10**200}}, "onsetAge.value"),
        ({"onsetPeriod": {"start": 2020}}, "onsetPeriod.start"),
        ({"onsetDateTime": "2020", "onsetString": "spring"}, "onsetDateTime"),
        ({"subject": "Patient/p"}, "subject"),
        ({"subject": {"reference": 1}}, "subject.reference"),
    ],
)
def test_element_of_a_wrong_type_is_refused_by_path(fields: Json, path: str) -> None:
    problem = _problem(synthetic.bundle_of(_condition(**fields)))

    assert problem.status == 422
    assert problem.path == f"Bundle.entry[1].resource.{path}"


def test_required_element_that_is_missing_is_refused_by_path() -> None:
    bundle = synthetic.bundle_of({"resourceType": "Condition"})

    assert _problem(bundle).path == "Bundle.entry[1].resource.subject"


def test_required_choice_that_is_missing_is_refused_by_path() -> None:
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
    }

    problem = _problem(synthetic.bundle_of(request))

    assert problem.path == "Bundle.entry[1].resource.medication[x]"


def test_other_paths_are_named_too_but_not_without_end() -> None:
    wrong = [_condition(code=5) for _ in range(30)]

    problem = _problem(synthetic.bundle_of(*wrong))

    assert problem.path == "Bundle.entry[1].resource.code"
    assert problem.other_paths[0] == "Bundle.entry[2].resource.code"
    assert len(problem.other_paths) == 9


def test_elements_nobody_reads_may_hold_anything() -> None:
    condition = _condition(note=7, extension="?", bodySite=[None])

    assert len(_record(synthetic.bundle_of(condition)).resources) == 1


# --- duplicates --------------------------------------------------------------------


def test_same_type_and_id_stand_once_and_the_newest_counts() -> None:
    old = _condition(id="c", meta={"lastUpdated": "2020-01-01T00:00:00Z"})
    new = _condition(id="c", meta={"lastUpdated": "2021-01-01T00:00:00Z"})

    for pair in ([old, new], [new, old]):
        record = _record(synthetic.bundle_of(*pair))

        assert [r.content for r in record.resources] == [new]
        assert record.duplicates == 1


def test_later_of_two_without_a_version_counts() -> None:
    first, second = _condition(id="c"), _condition(id="c", code={"text": "later"})

    record = _record(synthetic.bundle_of(first, second))

    assert [r.content for r in record.resources] == [second]


def test_identical_resources_without_an_id_stand_once() -> None:
    record = _record(synthetic.bundle_of(_condition(), _condition()))

    assert (len(record.resources), record.duplicates) == (1, 1)


def test_same_id_of_two_types_or_servers_is_no_duplicate() -> None:
    bundle = synthetic.bundle_of(
        _condition(id="1"), synthetic.laboratory("1", "0", "2")
    )
    bundle["entry"][2]["resource"]["id"] = "1"
    for server in ("https://one.example", "https://two.example"):
        entry = {"fullUrl": f"{server}/Condition/1", "resource": _condition(id="1")}
        bundle["entry"].append(entry)

    assert _record(bundle).duplicates == 0


def test_reference_to_a_dropped_duplicate_means_the_one_kept() -> None:
    bundle = synthetic.bundle_of(_condition(subject={"reference": "urn:uuid:second"}))
    patient = bundle["entry"][0]["resource"]
    bundle["entry"].append({"fullUrl": "urn:uuid:second", "resource": patient})

    assert len(_record(bundle).resources) == 1


# --- one patient -------------------------------------------------------------------


def test_bundle_without_a_patient_is_refused() -> None:
    bundle = synthetic.bundle_of(_condition())
    del bundle["entry"][0]

    problem = _problem(bundle)

    assert (problem.code, problem.path) == ("no_patient", "Bundle.entry")


def test_second_patient_is_refused_where_it_stands() -> None:
    problem = _problem(synthetic.with_second_patient(synthetic.bundle(3, resources=4)))

    assert (problem.code, problem.path) == ("two_patients", "Bundle.entry[5].resource")


def test_patient_of_another_server_with_the_same_id_is_a_second_patient() -> None:
    bundle = synthetic.bundle_of()
    patient = bundle["entry"][0]["resource"]
    for server in ("https://one.example", "https://two.example"):
        bundle["entry"].append({"fullUrl": f"{server}/Patient/p", "resource": patient})

    assert _problem(bundle).code == "two_patients"


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p"},
        {"reference": "Patient/p/_history/3"},
        {"reference": "https://one.example/fhir/Patient/p"},
        {"reference": "urn:uuid:the-patient"},
        {"reference": "Patient?identifier=urn:synthetic:mrn|SYN-1"},
        {"identifier": {"system": "urn:synthetic:mrn", "value": "SYN-1"}},
        {"identifier": {"system": "urn:other", "value": "7"}},
        {"display": "Synthetic"},
        {"type": "Patient", "display": "Synthetic"},
    ],
)
def test_subject_that_is_the_patient_is_accepted(reference: Json) -> None:
    record = _record(_about(reference))

    assert len(record.resources) == 1


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ({"reference": "Patient/q"}, "another_patient"),
        ({"reference": "https://one.example/fhir/Patient/q"}, "another_patient"),
        ({"reference": "Patient?identifier=urn:synthetic:mrn|X"}, "another_patient"),
        (
            {"identifier": {"system": "urn:synthetic:mrn", "value": "X"}},
            "another_patient",
        ),
        ({"reference": "#inner"}, "another_patient"),
        ({"reference": "#missing"}, "unknown_subject"),
        ({"reference": "urn:uuid:nobody"}, "unknown_subject"),
        ({"reference": "urn:uuid:nobody", "type": "Patient"}, "another_patient"),
        ({"reference": "somebody"}, "unknown_subject"),
    ],
)
def test_subject_that_is_not_proven_to_be_the_patient_is_refused(
    reference: Json, code: str
) -> None:
    problem = _problem(_about(reference))

    assert problem.code == code
    assert problem.path == "Bundle.entry[1].resource.subject"


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Group/g"},
        {"reference": "Device/unknown"},
        {"reference": "urn:uuid:nobody", "type": "Location"},
        {"type": "Group", "display": "Synthetic herd"},
    ],
)
def test_what_is_about_a_group_or_device_is_set_aside(reference: Json) -> None:
    bundle = _about(reference)
    bundle["entry"].append({"resource": {"resourceType": "Group", "id": "g"}})

    record = _record(bundle)

    assert record.resources == ()
    assert record.set_aside[0].reason == "not about the patient"


def test_types_that_are_not_analysed_must_be_about_the_patient_too() -> None:
    account = {
        "resourceType": "Account",
        "subject": [{"reference": "Patient/p"}, {"reference": "Patient/q"}],
    }

    problem = _problem(synthetic.bundle_of(account))

    assert problem.path == "Bundle.entry[1].resource.subject[1]"


def _about(reference: Json) -> Json:
    contained = [{"resourceType": "Patient", "id": "inner"}, "not a resource"]
    bundle = synthetic.bundle_of(_condition(subject=reference, contained=contained))
    entry = bundle["entry"][0]
    entry["fullUrl"] = "urn:uuid:the-patient"
    identifier = {"system": "urn:synthetic:mrn", "value": "SYN-1"}
    entry["resource"]["identifier"] = [identifier]
    return bundle


# --- what is set aside -------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({"resourceType": "CarePlan"}, "type not analysed"),
        (_condition(modifierExtension=[{}]), "unknown modifier extension"),
        (
            _condition(verificationStatus={"coding": [{"code": "entered-in-error"}]}),
            "entered in error",
        ),
        (
            {**synthetic.laboratory("1", "2", "3"), "status": "entered-in-error"},
            "entered in error",
        ),
    ],
)
def test_what_must_not_be_read_as_a_statement_is_set_aside(
    resource: Json, reason: str
) -> None:
    record = _record(synthetic.bundle_of(resource))

    assert record.resources == ()
    assert [aside.reason for aside in record.set_aside] == [reason]


def test_label_of_test_data_is_seen_on_bundle_or_patient() -> None:
    bundle = synthetic.bundle_of()
    label = bundle.pop("meta")

    assert not _record(bundle).test_data
    assert _record({**bundle, "meta": label}).test_data
    bundle["entry"][0]["resource"]["meta"] = label
    assert _record(bundle).test_data


# --- time --------------------------------------------------------------------------


def test_bundle_made_of_one_id_on_many_servers_is_not_slow() -> None:
    entries = [
        {
            "fullUrl": f"https://{number}.example/Condition/c",
            "resource": _condition(id="c", subject={"reference": "Condition/c"}),
        }
        for number in range(5_000)
    ]
    bundle = synthetic.bundle_of()
    bundle["entry"] += entries

    # Looked up this takes half a second; searched it would take minutes.
    assert isinstance(read_bundle(bundle), PatientRecord)
