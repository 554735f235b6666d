"""Ask the account, before anything is deployed, for room that its functions will need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from delivery.config import Configuration
from delivery.config.problems import Problem, refusal
from delivery.errors import NotPermitted
from delivery.model import LEAST_UNRESERVED, Concurrency
from delivery.names import APPLICATION_STACK_PREFIX
from delivery.ports import Capacity, DeployedStacks, Screen

_KEY = "lambda.reserved_concurrency"


@dataclass(frozen=True, slots=True)
class RoomCheck:
    """Compares what the functions shall reserve with what the account has left."""

    capacity: Capacity
    deployed: DeployedStacks
    screen: Screen

    def check(self, configuration: Configuration, wanted: Mapping[str, int]) -> None:
        """Let ``wanted``, the reserved concurrency by environment, pass when it fits.

        Raises:
            BadInput: names each environment's key; Lambda would refuse its functions.
        """
        asked = sum(wanted.values())
        if not asked:
            return
        try:
            account = self.capacity.account()
            held = self._held(wanted) if asked > account.room() else 0
        except NotPermitted as error:
            self.screen.warn(
                f"Whether the account has room for reserved concurrency was not checked: "
                f"{error.why or error.what}"
            )
            return
        if asked > account.room(held=held):
            raise refusal(_problems(configuration, wanted, account, held))

    def _held(self, environments: Iterable[str]) -> int:
        """What the environments' functions reserve now: an update replaces it."""
        stacks = (
            self.deployed.contents(APPLICATION_STACK_PREFIX + name)
            for name in environments
        )
        return sum(
            self.capacity.reserved(each.physical_id)
            for stack in stacks
            if stack is not None
            for each in stack.resources
            if each.type == "AWS::Lambda::Function" and each.physical_id
        )


def _problems(
    configuration: Configuration,
    wanted: Mapping[str, int],
    account: Concurrency,
    held: int,
) -> list[Problem]:
    lines = {each.key: each.source.line for each in configuration.settings}
    room = account.room(held=held)
    others = account.limit - account.unreserved - held
    return [
        Problem(
            configuration.path.name,
            lines.get(f"{name}.{_KEY}"),
            f"{name}.{_KEY}",
            f"its functions reserve {count}; of the account's {account.limit} others "
            f"reserve {others}, and {LEAST_UNRESERVED} have to stay unreserved",
            f"{room} for {' and '.join(wanted)} together, or a higher limit of concurrent "
            "executions, by Service Quotas",
        )
        for name, count in wanted.items()
        if count
    ]
