"""Reserved concurrency is compared with what the account has left, before anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from delivery_fakes import FakeCapacity, FakeScreen
from release_fakes import FakeDeployedStacks, make_contents

from delivery.config import load_configuration
from delivery.errors import BadInput, NotPermitted
from delivery.flows.room import RoomCheck
from delivery.model import Concurrency

CONFIGURATION = Path(__file__).parents[4] / "environment_config.yaml"
STACK = "medical-record-analysis-lambda-production"
WANTED = {"development": 0, "staging": 50, "production": 400}


def check(capacity: FakeCapacity, wanted=WANTED, *, stacks=None) -> FakeScreen:
    screen = FakeScreen()
    deployed = FakeDeployedStacks(stacks or {})
    RoomCheck(capacity, deployed, screen).check(
        load_configuration(CONFIGURATION), wanted
    )
    return screen


def test_what_fits_passes_without_a_word() -> None:
    assert check(FakeCapacity(Concurrency(1000, 550))).lines == []


def test_one_execution_too_many_names_each_key_with_its_line() -> None:
    with pytest.raises(BadInput) as caught:
        check(FakeCapacity(Concurrency(1000, 549)))
    told = str(caught.value)
    lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    for count in ("25", "200"):
        number = lines.index(f"      reserved_concurrency: {count}") + 1
        assert f"environment_config.yaml:{number}: " in told
    assert "production.lambda.reserved_concurrency: its functions reserve 400" in told
    assert "of the account's 1000 others reserve 451" in told
    assert "Allowed: 449 for development and staging and production together" in told


def test_a_new_account_of_ten_has_no_room_at_all() -> None:
    with pytest.raises(BadInput, match="Allowed: 0 for staging together"):
        check(FakeCapacity(Concurrency(10, 10)), {"staging": 1})


def test_what_its_own_functions_hold_now_is_theirs_again() -> None:
    held = {"mra-analyze": 300, "mra-records": 100}
    stacks = {STACK: make_contents(versions={"mra-analyze": "7", "mra-records": "3"})}
    account = Concurrency(1000, 150)
    check(FakeCapacity(account, held), stacks=stacks)
    with pytest.raises(BadInput):
        check(FakeCapacity(account, held))


def test_without_reservations_the_account_is_not_asked() -> None:
    refusing = FakeCapacity(refuses=NotPermitted("not asked"))
    assert check(refusing, {"development": 0}).lines == []


def test_who_may_not_read_the_limits_is_warned_and_goes_on() -> None:
    denied = NotPermitted("no", why="lambda:GetAccountSettings is not allowed")
    (warning,) = check(FakeCapacity(refuses=denied)).lines
    assert "was not checked" in warning and "lambda:GetAccountSettings" in warning
