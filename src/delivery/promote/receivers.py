"""Where a release is handed to: a place, account and region, by the role that takes it in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from delivery.errors import BadInput
from delivery.names import RECEIVER_ROLE_PREFIX

_FORM = f"arn:aws:iam::<account>:role/{RECEIVER_ROLE_PREFIX}<region>"
_ROLE_ARN = re.compile(
    r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/"
    + re.escape(RECEIVER_ROLE_PREFIX)
    + r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d{1,2})"
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A place's role that may put a release there and start it."""

    role_arn: str
    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.region} in {self.account}"


def receivers_of(role_arns: Iterable[str]) -> tuple[Receiver, ...]:
    """Return the places that roles belong to, each once, in the order given.

    Raises:
        BadInput: for an ARN that is no receiver's, and when there is none at all.
    """
    given = dict.fromkeys(each.strip() for each in role_arns)
    found = tuple(_receiver(each) for each in given if each)
    if not found:
        raise BadInput(
            "There is no place to hand the release to.",
            why="No receiver's role was given.",
            next_step="Give --to ROLE_ARN for each place, or all of them in "
            f"RECEIVER_ROLE_ARNS with commas between: {_FORM}.",
        )
    return found


def _receiver(role_arn: str) -> Receiver:
    found = _ROLE_ARN.fullmatch(role_arn)
    if found is None:
        raise BadInput(
            f"{role_arn} is not the ARN of a receiver's role.",
            why=f"A receiver's role is {_FORM}.",
            next_step="Give --to, or RECEIVER_ROLE_ARNS, the role that the place's "
            "pipeline stack made.",
        )
    return Receiver(role_arn, found["account"], found["region"])
