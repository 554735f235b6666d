"""What taking a release back has to be allowed to do, resource by resource."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.model import Asked
from delivery.rollback.moves import Move

_STACK = ("CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet")
_STAGE = ("DisableStageTransition", "EnableStageTransition")


def to_move(moves: Sequence[Move]) -> tuple[Asked, ...]:
    """Return what moving aliases asks for: Lambda wants it of the function."""
    return tuple(
        Asked("lambda:UpdateAlias", each.alias.arn.rpartition(":")[0])
        for each in moves
        if each.needed
    )


def to_write(bucket: str, key: str, *, like: str) -> Asked:
    """Return what writing an object asks for; ``like`` is an ARN of the partition."""
    return Asked("s3:PutObject", f"arn:{like.split(':')[1]}:s3:::{bucket}/{key}")


def to_reapply(stack_id: str, role_arn: str) -> tuple[Asked, ...]:
    """Return what bringing the stack to a release asks for."""
    asked = [Asked(f"cloudformation:{name}", stack_id) for name in _STACK]
    if role_arn:
        passed_to = {"iam:PassedToService": "cloudformation.amazonaws.com"}
        asked.append(Asked("iam:PassRole", role_arn, passed_to))
    return tuple(asked)


def to_close(pipeline: str, stage: str, *, like: str) -> tuple[Asked, ...]:
    """Return what closing and opening a stage asks for; ``like`` is an ARN beside it."""
    _, partition, _, region, account, *_ = like.split(":")
    resource = f"arn:{partition}:codepipeline:{region}:{account}:{pipeline}/{stage}"
    return tuple(Asked(f"codepipeline:{name}", resource) for name in _STAGE)
