"""With any one permission of a role removed, the proof names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from awsrules.policies import matches_action, read_policy
from delivery.validate.model import Subject
from delivery.validate.privilege.builders import needs_of_builders
from delivery.validate.privilege.grants import RoleGrants, grants_of
from delivery.validate.privilege.moving import needs_of_pipeline
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.proof import (
    foundation_stack,
    missing,
    needs_of_deployer,
)
from delivery.validate.privilege.shifting import shifting_roles

Asked = Mapping[str, list[Need]]


def without(role: RoleGrants, statement: str, action: str) -> RoleGrants:
    """Give the role with one action of one statement removed."""
    documents = [
        read_policy(
            {
                "Statement": [
                    _less(each.body, statement, action) for each in policy.statements
                ]
            }
        )
        for policy in role.documents
    ]
    return replace(role, documents=tuple(documents))


def _less(body: Mapping[str, Any], statement: str, action: str) -> Mapping[str, Any]:
    if body["Sid"] != statement or body["Effect"] != "Allow":
        return body
    given = body["Action"]
    given = [given] if isinstance(given, str) else given
    return {**body, "Action": [each for each in given if each != action]}


def named(role: RoleGrants, needs: list[Need]) -> set[str]:
    return {need.action for need, _ in missing(role, needs)}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "needs_of", "at_least"),
    [
        ("CloudFormationServiceRole", needs_of_deployer, 120),
        ("CodePipelineServiceRole", needs_of_pipeline, 25),
        ("CodeBuildServiceRole", needs_of_builders, 20),
        ("VerificationRole", needs_of_builders, 30),
        ("RecorderRole", needs_of_builders, 20),
        ("ReviewRole", needs_of_builders, 30),
        ("CheckRole", needs_of_builders, 14),
        ("RollbackRole", needs_of_builders, 42),
    ],
)
def test_any_one_permission_removed_is_named(
    make_subject, name: str, needs_of: Callable[[Subject], Asked], at_least: int
) -> None:
    subject = make_subject()
    each_removal_is_named(
        grants_of(foundation_stack(subject), name), needs_of(subject)[name], at_least
    )


@pytest.mark.thorough
def test_any_one_permission_removed_from_the_shifting_role_is_named(
    make_subject,
) -> None:
    roles = list(shifting_roles(make_subject()))

    assert [environment for environment, _, _ in roles] == ["staging", "production"]
    for _, role, needs in roles:
        each_removal_is_named(role, needs, at_least=5)


def each_removal_is_named(role: RoleGrants, asked: list[Need], at_least: int) -> None:
    """Take away each permission in turn, and see that exactly it is missed."""
    # The same question is asked once, however many resources ask it; and a removal is
    # asked about its own service, because no other service's decisions can change.
    needs = list({each.key: each for each in asked}.values())
    assert named(role, needs) == set()
    by_service = defaultdict(list)
    for need in needs:
        by_service[need.action.partition(":")[0].lower()].append(need)

    unnamed = []
    for grant in role.grants:
        service = grant.action.partition(":")[0].lower()
        less = without(role, grant.statement, grant.action)
        found = named(less, by_service[service])
        exactly = {each for each in found if matches_action(grant.action, each)}
        if not found or found != exactly:
            unnamed.append((grant.statement, grant.action, found))

    print(
        f"{role.logical_id}: {len(role.grants) - len(unnamed)} of {len(role.grants)} named"
    )
    assert len(role.grants) >= at_least
    assert unnamed == []
