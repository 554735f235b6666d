"""What each status admits: all statuses against all operations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsrules.statuses import StackStatus as S
from rehearsal.cloudformation import gates
from rehearsal.protocol import ApiError

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/s/1"


def admitted(check: Callable[[S], None]) -> set[S]:
    found = set()
    for status in S:
        try:
            check(status)
        except ApiError:
            continue
        found.add(status)
    return found


def test_updates_need_a_settled_stack_that_was_never_stuck() -> None:
    assert admitted(lambda status: gates.check_update(status, STACK)) == {
        S.CREATE_COMPLETE,
        S.UPDATE_COMPLETE,
        S.UPDATE_ROLLBACK_COMPLETE,
        S.IMPORT_COMPLETE,
        S.IMPORT_ROLLBACK_COMPLETE,
    }


def test_a_paused_failure_is_updated_only_without_rollback() -> None:
    more = admitted(
        lambda status: gates.check_update(status, STACK, disable_rollback=True)
    )
    assert more - admitted(lambda status: gates.check_update(status, STACK)) == {
        S.CREATE_FAILED,
        S.UPDATE_FAILED,
    }


def test_each_way_back_has_its_own_status() -> None:
    assert admitted(gates.check_cancel) == {S.UPDATE_IN_PROGRESS}
    assert admitted(gates.check_continue) == {S.UPDATE_ROLLBACK_FAILED}
    assert admitted(gates.check_rollback) == {S.CREATE_FAILED, S.UPDATE_FAILED}


def test_a_create_needs_a_free_name_or_the_shell_of_a_change_set() -> None:
    assert admitted(lambda status: gates.check_create("s", status)) == {
        S.REVIEW_IN_PROGRESS,
        S.DELETE_COMPLETE,
    }
    gates.check_create("s", None)


def test_a_stack_is_deleted_unless_an_update_or_a_rollback_is_under_way() -> None:
    able = admitted(lambda status: gates.check_delete(status, STACK, protected=False))
    assert {S.CREATE_IN_PROGRESS, S.ROLLBACK_COMPLETE, S.DELETE_FAILED} <= able
    assert S.UPDATE_IN_PROGRESS not in able
    assert not admitted(
        lambda status: gates.check_delete(status, STACK, protected=True)
    )


def test_refusals_have_the_words_that_clients_match() -> None:
    with pytest.raises(ApiError) as caught:
        gates.check_update(S.ROLLBACK_COMPLETE, STACK)
    assert caught.value.message == (
        f"Stack:{STACK} is in ROLLBACK_COMPLETE state and can not be updated."
    )
    assert gates.absent("s").message == "Stack with id s does not exist"
