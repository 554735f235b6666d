"""Replace the GitHub token: stored beside the old one, used, proven, and only then kept.

The old version stays the secret's current one until a source action has succeeded with the
new one. So whatever ends a rotation, the next one finds by the labels and by the pipeline
stack's ``TokenVersion`` how far it came, and a deployment in between goes back to the old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from awsrules.statuses import ActionStatus
from delivery.deploy.access import holds_token, secret_text
from delivery.deploy.rotation import Rotation, TokenState, Turn, plan_rotation
from delivery.errors import (
    DeliveryError,
    Detached,
    NotVerified,
    OperationFailed,
    Refused,
    Unreachable,
)
from delivery.flows.deploy import TOKEN_SECRET_OUTPUT
from delivery.flows.following import new_token
from delivery.flows.stack import StackDeployer
from delivery.flows.status import no_pipeline
from delivery.model import (
    FOUNDATION_STACK,
    PIPELINE_STACK,
    ActionState,
    Execution,
    Hidden,
    StackContents,
    StackRequest,
)
from delivery.ports import (
    Clock,
    DeployedStacks,
    Pipelines,
    Screen,
    Secrets,
    Stacks,
)

VERSION_PARAMETER = "TokenVersion"
PATIENCE_SECONDS = 900.0
_AGAIN = "./deploy_pipeline.py rotate-token"


@dataclass(frozen=True, slots=True)
class Rotated:
    """How a rotation ended. ``execution`` proved the token; empty when nothing was done."""

    state: TokenState
    version_id: str
    changed: bool
    execution: str = ""

    def as_data(self, now: datetime) -> dict[str, Any]:
        """Return plain data for ``rotate-token --output json``."""
        return {
            "rotated": self.changed,
            "version": self.version_id,
            "execution": self.execution or None,
            **age_data(self.state, now),
        }


def age_data(state: TokenState, now: datetime) -> dict[str, Any]:
    """Return the age of the token that was the current one, and what is unfinished."""
    stored_at = state.current.stored_at
    return {
        "previous_version": state.current.version_id,
        "previous_stored_at": stored_at.isoformat() if stored_at else None,
        "previous_age_days": age_of(state, now).days if stored_at else None,
        "unfinished_version": state.pending.version_id if state.pending else None,
    }


def age_of(state: TokenState, now: datetime) -> timedelta:
    """Return how long ago the current token was stored."""
    stored_at = state.current.stored_at or now
    return max(now - stored_at, timedelta())


@dataclass(frozen=True, slots=True)
class TokenRotator:
    """Replaces the token of one pipeline."""

    deployer: StackDeployer
    contents: DeployedStacks
    secrets: Secrets
    pipelines: Pipelines
    clock: Clock
    screen: Screen
    pipeline: str
    poll_seconds: float = 5.0

    @property
    def _stacks(self) -> Stacks:
        return self.deployer.stacks

    def state(self) -> TokenState:
        """Return the token's versions and which the pipeline uses.

        Raises:
            BadInput: when there is no pipeline.
            Refused: when it reads GitHub without a token.
        """
        stack = self._stacks.find(PIPELINE_STACK)
        if stack is None or stack.status.is_shell:
            raise no_pipeline(self.pipeline)
        secret = self._secret()
        current = self.secrets.current(secret)
        if current is None or not holds_token(current):
            raise Refused(
                "There is no token to replace.",
                why="Secrets Manager holds none yet.",
                next_step="./deploy_pipeline.py --token-stdin stores the first.",
            )
        pending = self.secrets.pending(secret)
        if pending is not None and pending.version_id == current.version_id:
            # It was ended between its last two steps.
            self.secrets.drop_pending(secret, pending.version_id)
            pending = None
        in_use = stack.parameters.get(VERSION_PARAMETER, "")
        return TokenState(current, pending, in_use)

    def rotate(self, state: TokenState, token: Hidden | None) -> Rotated:
        """Replace the token, or finish what an earlier rotation began.

        Raises:
            Refused: while an execution runs that the update would cancel.
            OperationFailed: when the new token was not proven; the old one is back.
        """
        plan = plan_rotation(state, token)
        if plan.turn is Turn.NOTHING:
            self._forget(state)
            return Rotated(state, plan.version_id, changed=False)
        self._spare_running(state, plan)
        self._ask(state, plan)
        version = plan.version_id
        if plan.turn is Turn.STORE and token is not None:
            version = self.secrets.store_pending(self._secret(), secret_text(token))
            self.screen.say("The new token is stored beside the old one.")
        self._use_or_forget(state, version)
        execution = self._prove_or_restore(state, version)
        self._keep(state, version)
        return Rotated(state, version, changed=True, execution=execution)

    def _secret(self) -> str:
        stack = self._stacks.find(FOUNDATION_STACK)
        arn = stack.outputs.get(TOKEN_SECRET_OUTPUT) if stack else None
        if arn:
            return arn
        raise Refused(
            "There is no token to replace.",
            why="The pipeline reads GitHub by a connection, or gets releases promoted.",
            next_step="./deploy_pipeline.py --access token, where releases come from, "
            "changes that.",
        )

    # Before anything is changed

    def _spare_running(self, state: TokenState, plan: Rotation) -> None:
        """Refuse while an execution runs, unless it is the one that proves the token."""
        running = [each for each in self._executions() if each.status.running]
        if not running:
            return
        if state.uses(plan.version_id) and self._began_since_the_update(running[0]):
            return
        raise Refused(
            "The token was left as it is.",
            why=f"Updating the pipeline would cancel execution {running[0].id}.",
            next_step="Wait for it (./deploy_pipeline.py status --watch), then run it "
            "again.",
        )

    def _ask(self, state: TokenState, plan: Rotation) -> None:
        days = age_of(state, self.clock.now()).days
        self.screen.say(f"The present token was stored {_days(days)} ago.")
        if plan.turn is Turn.GO_ON:
            self.screen.say("An earlier rotation was not finished; this one goes on.")
        if not state.uses(plan.version_id):
            self.screen.say(
                "This updates the pipeline: CodePipeline's own stage rollback has no "
                "target before it; ./rollback.py has."
            )
        self.screen.say(
            "The proof is an execution: the newest commit is built and released to "
            "development."
        )
        if not self.screen.confirm("Replace the token?"):
            raise Refused(
                "The token was left as it is.",
                why="It was not confirmed.",
                next_step=_AGAIN,
            )

    # Using it

    def _use_or_forget(self, state: TokenState, version: str) -> None:
        """Let the pipeline use a version; one that it was kept from is forgotten.

        What is not known to have failed stays pending: the update may go on in AWS.
        """
        try:
            self._use(version)
        except (Refused, OperationFailed, KeyboardInterrupt):
            if version != state.current.version_id and not state.uses(version):
                self._forget_quietly(state.current.version_id)
            raise

    def _use(self, version: str) -> None:
        held = self.contents.contents(PIPELINE_STACK)
        if held is None:
            raise no_pipeline(self.pipeline)
        self.deployer.deploy(_request(held, version))

    # Proving it

    def _prove_or_restore(self, state: TokenState, version: str) -> str:
        try:
            return self._prove()
        except OperationFailed as error:
            if version != state.current.version_id:
                raise self._restored(state, error) from error
            raise

    def _prove(self) -> str:
        """Wait until a source action has succeeded, and return its execution's id."""
        execution = self._under_way() or self.pipelines.start(
            self.pipeline, token=new_token("rotate")
        )
        self.screen.say(f"Execution {execution} proves the token.")
        try:
            return self._wait_for_source(execution)
        except KeyboardInterrupt as error:
            raise Detached(
                "The pipeline uses the new token, which is not proven yet.",
                why="You interrupted the waiting.",
                next_step=f"{_AGAIN}: it goes on from here.",
            ) from error

    def _under_way(self) -> str:
        """Return an execution that began since the update, if one could still prove it."""
        newest = next(iter(self._executions()), None)
        if newest is None or not self._began_since_the_update(newest):
            return ""
        sources = self._sources(newest.id)
        failed = any(each.status is ActionStatus.FAILED for each in sources)
        proven = _all_succeeded(sources)
        return newest.id if proven or (newest.status.running and not failed) else ""

    def _wait_for_source(self, execution_id: str) -> str:
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        with self.screen.watch("Waiting for the source action") as live:
            while self.clock.monotonic() < deadline:
                try:
                    if self._proven(execution_id):
                        return execution_id
                except Unreachable as error:
                    live.note(f"{error.what} Trying again.")
                live.tick()
                self.clock.sleep(self.poll_seconds)
        raise NotVerified(
            "The pipeline uses the new token, which is not proven yet.",
            why="Its source action did not end within fifteen minutes.",
            next_step=f"./deploy_pipeline.py status, then {_AGAIN}: it goes on.",
        )

    def _proven(self, execution_id: str) -> bool:
        """Tell whether the source was read; raises when it can not be any more."""
        sources = self._sources(execution_id)
        for each in sources:
            if each.status is ActionStatus.FAILED:
                raise OperationFailed(
                    f"The new token was not proven: {each.name} failed: {each.summary}"
                )
        if _all_succeeded(sources):
            return True
        execution = self.pipelines.execution(self.pipeline, execution_id)
        if execution is not None and not execution.status.running:
            raise OperationFailed(
                "The new token was not proven: its execution is "
                f"{execution.status.value}."
            )
        return False

    def _sources(self, execution_id: str) -> tuple[ActionState, ...]:
        """Return the actions of an execution's first stage that have begun."""
        actions = self.pipelines.actions(self.pipeline, execution_id)
        return next(iter(actions.values()), ())

    def _executions(self) -> list[Execution]:
        return self.pipelines.executions(self.pipeline, limit=10)

    def _began_since_the_update(self, execution: Execution) -> bool:
        """Tell whether an execution began after the pipeline stack last changed."""
        stack = self._stacks.find(PIPELINE_STACK)
        if stack is None or execution.started_at is None or not stack.status.settled:
            return False
        ended = [
            each.at
            for each in self._stacks.events(stack.id)
            if each.of_the_stack_itself
        ]
        return bool(ended) and execution.started_at > ended[-1]

    # Ending it

    def _restored(self, state: TokenState, error: OperationFailed) -> OperationFailed:
        """Let the pipeline use the old token again, and say how that went."""
        self.screen.warn(f"{error.what} The old token comes back.")
        try:
            self._use(state.current.version_id)
            self._forget_quietly(state.current.version_id)
        except DeliveryError as problem:
            return OperationFailed(
                error.what,
                why=f"The old token could not be restored: {problem}",
                next_step="./deploy_pipeline.py deploys with the old token.",
            )
        return OperationFailed(
            error.what,
            why="The pipeline uses the old token again.",
            next_step="Check the token: it needs the scopes repo and admin:repo_hook, "
            f"and access to the repository. Then {_AGAIN}",
        )

    def _keep(self, state: TokenState, version: str) -> None:
        secret, old = self._secret(), state.current.version_id
        if version != old:
            self.secrets.promote(secret, version, replaces=old)
            self.secrets.drop_pending(secret, version)
        else:
            self._forget(state)

    def _forget(self, state: TokenState) -> None:
        if state.pending is not None:
            self.secrets.drop_pending(self._secret(), state.pending.version_id)

    def _forget_quietly(self, current: str) -> None:
        """Drop what is pending; a label that stays is taken off by the next rotation."""
        try:
            secret = self._secret()
            pending = self.secrets.pending(secret)
            if pending is not None and pending.version_id != current:
                self.secrets.drop_pending(secret, pending.version_id)
        except DeliveryError as error:
            self.screen.warn(f"{error.what} The new token stays beside the old one.")


def _request(held: StackContents, version: str) -> StackRequest:
    """Return the pipeline's stack as it is, but for the token's version."""
    others = [name for name in held.stack.parameters if name != VERSION_PARAMETER]
    return StackRequest(
        PIPELINE_STACK,
        template="",
        parameters={VERSION_PARAMETER: version},
        tags=held.tags,
        keeps=tuple(others),
        role_arn=held.role_arn,
        same_template=True,
    )


def _all_succeeded(actions: tuple[ActionState, ...]) -> bool:
    return bool(actions) and all(
        each.status is ActionStatus.SUCCEEDED for each in actions
    )


def _days(count: int) -> str:
    return "less than a day" if count == 0 else f"{count} day{'s' * (count != 1)}"
