"""What ``pipeline_config.json`` remembers of deployments: answers and names, no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from delivery.model.values import Access
from delivery.names import FOUNDATION_STACK, PIPELINE_NAME, PIPELINE_STACK

if TYPE_CHECKING:
    from delivery.model import Answers, Identity

_ANSWERS = ("owner", "repository", "branch", "access", "environment")


def kind_of(*, local: bool) -> str:
    """Return under which name a deployment is remembered."""
    return "rehearsal" if local else "aws"


def remembered_answers(memory: Mapping[str, object], *, local: bool) -> dict[str, str]:
    """Return the answers of the last deployment of that kind; nothing else."""
    answers = _deployment(memory, local=local).get("answers")
    if not isinstance(answers, Mapping):
        return {}
    return {name: str(answers[name]) for name in _ANSWERS if name in answers}


def remembered_region(memory: Mapping[str, object]) -> str:
    """Return the region of the last deployment to AWS, or nothing."""
    return str(_deployment(memory, local=False).get("region", ""))


def with_deployment(
    memory: Mapping[str, object],
    *,
    answers: Answers,
    identity: Identity,
    region: str,
    outputs: Mapping[str, str],
    local: bool,
) -> dict[str, object]:
    """Return the memory with this deployment; those of other kinds stay as they were.

    That of a place which others promote to is told apart by its region: what commands do
    unless they are told otherwise stays about the place that releases come from.
    """
    others = memory.get("deployments")
    kept = dict(others) if isinstance(others, Mapping) else {}
    kind = kind_of(local=local)
    if answers.access is Access.PROMOTION:
        kind = f"{kind} {region}"
    deployment = {
        "account": identity.account,
        "region": region,
        "answers": answers.as_data(),
        "outputs": dict(outputs),
    }
    return {
        "version": 1,
        "pipeline": PIPELINE_NAME,
        "stacks": {"foundation": FOUNDATION_STACK, "pipeline": PIPELINE_STACK},
        "deployments": {**kept, kind: deployment},
    }


def _deployment(memory: Mapping[str, object], *, local: bool) -> Mapping[str, object]:
    deployments = memory.get("deployments")
    if not isinstance(deployments, Mapping):
        return {}
    found = deployments.get(kind_of(local=local))
    return found if isinstance(found, Mapping) else {}
