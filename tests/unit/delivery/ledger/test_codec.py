"""Every event survives its JSON, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from release_fakes import SCOPE, START, LedgerBuilder, make_deployed

from delivery.ledger.codec import decode, encode
from delivery.ledger.events import (
    AliasMove,
    Approval,
    Commit,
    Failed,
    LedgerBroken,
    Pinned,
    Reconciled,
    RolledBack,
    TrafficComplete,
    Verified,
)

from delivery.model import Override

MOVE = AliasMove("live", "8", "7")
FACTS = [
    make_deployed(),
    make_deployed(
        approval=Approval("arn:aws:iam::1:user/dana", "Go — ahead", START),
        hidden_parameters=("ApiKey",),
        tags={"team": "records"},
        role_arn="arn:role",
        api_deployments={"Deployment1": "abc"},
        build_id="Build:1",
    ),
    make_deployed(
        commit="c0ffee", approval=Approval("dana"), parameters={}, functions={}
    ),
    make_deployed(override=Override("mends the alarm", "arn:aws:iam::1:user/dana")),
    TrafficComplete({"mra-analyze": "7"}),
    Verified("SmokeTests Build:2"),
    Failed("SmokeTests Build:2", "Failed: test_health."),
    RolledBack(8, 4, "errors", 3.25, {"mra-analyze": MOVE}),
    Pinned("mra-analyze", MOVE, "8", "errors"),
    Reconciled(("mra-analyze",), "reverted"),
]


@pytest.fixture
def content() -> bytes:
    return encode(LedgerBuilder().add(make_deployed()))


@pytest.mark.parametrize("fact", FACTS, ids=lambda each: type(each).__name__)
def test_every_fact_survives_its_json(fact) -> None:
    event = LedgerBuilder().add(fact, release=1)
    assert decode(encode(event), where="x") == event


def test_an_event_without_an_override_has_the_bytes_it_always_had(content) -> None:
    assert b"override" not in content
    assert encode(decode(content, where="x")) == content


def test_a_commit_without_a_time_survives() -> None:
    event = LedgerBuilder().add(make_deployed(commit="x"))
    fact = make_deployed()
    event = LedgerBuilder().add(
        type(fact)(
            **{
                **{n: getattr(fact, n) for n in fact.__dataclass_fields__},
                "commit": Commit("c0ffee"),
            }
        )
    )
    assert decode(encode(event), where="x").fact.commit.time is None


def test_the_key_names_account_region_environment_and_eight_digits() -> None:
    event = LedgerBuilder().add(make_deployed())
    assert event.key == "ledger/123456789012/us-east-1/production/00000001.json"
    assert SCOPE.sequence(event.key) == 1


def test_the_template_is_recorded_with_bucket_key_version_and_hash(content) -> None:
    template = json.loads(content)["details"]["template"]
    assert set(template) == {"bucket", "key", "versionId", "sha256"}


def test_times_are_written_in_utc(content) -> None:
    assert json.loads(content)["at"] == "2026-11-23T14:03:00Z"


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(LedgerBroken, match="ledger/x is not JSON"):
        decode(b"{", where="ledger/x")


def test_an_event_of_a_newer_schema_names_both_versions(content) -> None:
    newer = content.replace(b'"schema": 1', b'"schema": 2')
    with pytest.raises(LedgerBroken, match="is of schema 2; this tool knows 1"):
        decode(newer, where="ledger/x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, "e has unknown fields: extra"),
        ({"release": "1"}, "e.release should be int and is str"),
        ({"release": True}, "e.release should be int and is bool"),
        ({"kind": "deploid"}, "e.kind is 'deploid'; known are deployed, "),
        ({"at": "yesterday"}, "e.at is no time: 'yesterday'"),
        ({"at": "2026-11-23T14:03:00"}, "e.at has no time zone"),
        ({"details": []}, "e.details should be dict and is list"),
        ({"actor": None}, "e.actor should be str and is NoneType|null"),
    ],
)
def test_a_wrong_field_is_named(content, change, message) -> None:
    data = json.loads(content) | change
    with pytest.raises(LedgerBroken, match=message):
        decode(json.dumps(data).encode(), where="e")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {"Stage": 3}}, "e.details.parameters.Stage should be str"),
        ({"hidden_parameters": [3]}, "e.details.hidden_parameters holds int"),
        ({"commit": {"id": "x", "time": None}}, "e.details.commit lacks summary"),
        (
            {"functions": {"f": {"version": "1"}}},
            "e.details.functions.f lacks logical_id",
        ),
        ({"kind": "sideways"}, "e.details.kind is 'sideways'"),
        ({"secret": "x"}, "e.details has unknown fields: secret"),
    ],
)
def test_a_wrong_field_within_is_named(content, change, message) -> None:
    data = json.loads(content)
    data["details"] |= change
    with pytest.raises(LedgerBroken, match=message):
        decode(json.dumps(data).encode(), where="e")


def test_a_list_in_place_of_an_object_is_refused() -> None:
    with pytest.raises(LedgerBroken, match="e should be an object and is list"):
        decode(b"[]", where="e")


@pytest.mark.parametrize(
    "key",
    [
        "ledger/123456789012/us-east-1/staging/00000001.json",
        "ledger/123456789012/us-east-1/production/1.json",
        "ledger/123456789012/us-east-1/production/00000001.json.bak",
    ],
)
def test_a_key_of_another_ledger_or_form_is_refused(key) -> None:
    with pytest.raises(LedgerBroken, match="does not belong into the ledger"):
        SCOPE.sequence(key)
