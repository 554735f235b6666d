"""What a rehearsal's traffic asks for."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice

import pytest
from medical_records.problem import Problem
from medical_records.submission import read_submission

from delivery.aws.traffic import requests_of
from delivery.errors import BadInput
from delivery.operate.mix import DEFAULT_MIX, mix_of, synthetic_bundle


def test_each_kind_gets_its_share() -> None:
    sent = Counter(
        kind.name for kind, _ in islice(requests_of(mix_of(DEFAULT_MIX)), 400)
    )
    assert sent == {"list": 240, "submit": 100, "health": 60}


def test_kinds_are_mixed_evenly_and_not_in_blocks() -> None:
    names = [kind.name for kind, _ in islice(requests_of(mix_of("list=1,health=1")), 6)]
    assert names in (["list", "health"] * 3, ["health", "list"] * 3)


def test_each_submission_is_another_bundle_until_all_were_sent() -> None:
    bodies = [body for _, body in islice(requests_of(mix_of("submit")), 41)]
    assert len(set(bodies)) == 40
    assert bodies[40] == bodies[0]


@pytest.mark.parametrize(
    "text", ["write=1", "list=0", "list=x", "", "list=1,,health=2"]
)
def test_a_mix_that_is_none_is_refused_with_what_can_be_sent(text: str) -> None:
    with pytest.raises(BadInput, match="not a mix") as caught:
        mix_of(text)
    assert "health, list, submit" in caught.value.why


def test_a_bundle_is_nobodys_and_says_so() -> None:
    bundle = synthetic_bundle(7)
    assert bundle["meta"]["security"][0]["code"] == "HTEST"
    assert "Synthetic" in json.dumps(bundle)
    assert bundle == synthetic_bundle(7) != synthetic_bundle(8)


@pytest.mark.parametrize("seed", range(0, 40, 13))
def test_the_application_takes_the_bundles(seed: int) -> None:
    found = read_submission(json.dumps(synthetic_bundle(seed)))
    assert not isinstance(found, Problem)
