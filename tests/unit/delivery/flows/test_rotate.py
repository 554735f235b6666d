"""A token follows another: proven before it is kept, whatever ends a run half-way."""

from __future__ import annotations

import pytest
from delivery_fakes import make_execution
from rotation_fakes import BAD, FOUNDATION, NEW, OLD, PIPELINE, SECRET, Killed, World

from delivery.deploy.access import secret_text
from delivery.errors import (
    BadInput,
    DeliveryError,
    NotVerified,
    OperationFailed,
    Refused,
)

MOST_CALLS = 80


@pytest.fixture
def world() -> World:
    return World()


def current(world: World):
    return world.secrets.values[SECRET]


def assert_settled(world: World, token) -> None:
    """One token: the current one, used by the pipeline, and nothing pending."""
    assert current(world).text == secret_text(token)
    assert world.in_use == current(world).version_id
    assert world.secrets.waiting == {}


def test_the_new_token_is_used_proven_and_only_then_the_current_one(world) -> None:
    started = world.pipelines.start

    def still_old(*words, **named):
        assert current(world).text == secret_text(OLD)
        return started(*words, **named)

    world.pipelines.start = still_old
    rotated = world.rotate(NEW)
    assert_settled(world, NEW)
    assert rotated.execution == "execution-1"
    assert rotated.as_data(world.tick())["previous_age_days"] == 93


def test_a_failed_proof_restores_the_old_token(world) -> None:
    with pytest.raises(OperationFailed) as caught:
        world.rotate(BAD)
    assert_settled(world, OLD)
    text = str(caught.value)
    assert "GitHub failed: insufficient permissions" in text
    assert "uses the old token again" in text


def test_after_a_failed_proof_another_token_is_tried(world) -> None:
    with pytest.raises(OperationFailed):
        world.rotate(BAD)
    world.rotate(NEW)
    assert_settled(world, NEW)


def test_a_restoration_that_fails_names_the_way_back(world) -> None:
    rotator = world.rotator()
    state = rotator.state()
    first = world.stacks.execute

    def then_fail(*words, **named):
        first(*words, **named)
        world.stacks.fail_updates = 1

    world.stacks.execute = then_fail
    with pytest.raises(OperationFailed, match="was not proven") as caught:
        rotator.rotate(state, BAD)
    assert "could not be restored" in str(caught.value)
    assert "deploys with the old token" in str(caught.value)
    assert current(world).text == secret_text(OLD)


def test_the_present_token_again_changes_nothing(world) -> None:
    assert not world.rotate(OLD).changed
    assert world.stacks.requests == [] and world.pipelines.runs == []


def test_it_says_beforehand_what_it_does(world) -> None:
    rotator = world.rotator(agree=False)
    with pytest.raises(Refused):
        rotator.rotate(rotator.state(), NEW)
    assert "93 days" in rotator.screen.text
    assert "updates the pipeline" in rotator.screen.text
    assert "released to development" in rotator.screen.text
    assert world.secrets.stored == []


def test_nothing_is_touched_while_an_execution_runs(world) -> None:
    world.pipelines.runs = [make_execution("execution-7", started_at=world.tick())]
    with pytest.raises(Refused, match="left as it is") as caught:
        world.rotate(NEW)
    assert "execution-7" in str(caught.value)
    assert world.secrets.stored == []


def test_an_update_that_fails_leaves_no_new_token(world) -> None:
    world.stacks.fail_updates = 1
    with pytest.raises(OperationFailed):
        world.rotate(NEW)
    assert_settled(world, OLD)


def test_a_proof_that_never_ends_is_not_verified_and_goes_on_later(world) -> None:
    world.pipelines.goes_on = True
    original = world.pipelines.actions
    world.pipelines.actions = lambda *words: {}
    with pytest.raises(NotVerified):
        world.rotate(NEW)
    assert current(world).text == secret_text(OLD)
    world.pipelines.actions = original
    world.rotate(None)
    assert_settled(world, NEW)
    assert len(world.pipelines.runs) == 1


def test_without_a_token_and_nothing_unfinished_it_says_so(world) -> None:
    with pytest.raises(BadInput, match="no new token"):
        world.rotate(None)


def test_a_pipeline_with_a_connection_has_no_token_to_replace(world) -> None:
    held = world.stacks.stacks[FOUNDATION]
    world.stacks.stacks[FOUNDATION] = type(held)(held.name, held.id, held.status)
    with pytest.raises(Refused) as caught:
        world.rotator().state()
    assert "by a connection" in str(caught.value)


def test_without_a_pipeline_it_names_the_command_that_makes_one(world) -> None:
    del world.stacks.stacks[PIPELINE]
    with pytest.raises(BadInput, match="no pipeline"):
        world.rotator().state()


def _killed_at(world: World, token, call: int) -> bool:
    """Rotate, and be killed at a call; False when the run ended before that."""
    try:
        world.rotate(token, killed_at=call)
    except Killed:
        return True
    except DeliveryError:
        return False
    return False


def _numbers_of_calls(token) -> list[int]:
    """Return each call of a rotation at which it can be killed."""
    return [n for n in range(1, MOST_CALLS) if _killed_at(World(), token, n)]


@pytest.mark.parametrize("token", [NEW, BAD], ids=["new", "bad"])
@pytest.mark.parametrize("then", [NEW, BAD, OLD], ids=["new", "bad", "old"])
def test_killed_at_any_call_the_next_run_finishes_or_restores(token, then) -> None:
    calls = _numbers_of_calls(token)
    assert len(calls) > 20
    for call in calls:
        world = World()
        assert _killed_at(world, token, call)
        assert world.token(world.in_use) is not None, "the pipeline's token is gone"
        proven = NEW if current(world).text == secret_text(NEW) else OLD
        _rotate_as_a_person_would(world, then)
        assert_settled(world, proven if then is BAD else then)


def _rotate_as_a_person_would(world: World, token) -> None:
    try:
        world.rotate(token)
    except OperationFailed:
        assert token is BAD


@pytest.mark.parametrize("goes_on", [False, True])
def test_killed_at_any_call_a_run_without_a_token_finishes_what_began(goes_on) -> None:
    for call in _numbers_of_calls(NEW):
        world = World()
        world.pipelines.goes_on = goes_on
        _killed_at(world, NEW, call)
        try:
            world.rotate(None)
        except BadInput:
            # Nothing had begun, or all was done.
            assert world.secrets.waiting == {}
        assert world.in_use == current(world).version_id
        assert len(world.pipelines.runs) <= 1
