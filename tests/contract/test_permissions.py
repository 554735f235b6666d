"""IAM's simulation, as its model has it."""

from __future__ import annotations

import pytest

from delivery.aws.permissions import SimulatedPolicies
from delivery.aws.rollback import NO_REVISION, LambdaVersions
from delivery.errors import NotPermitted
from delivery.model import AliasNow, AliasRoute, Asked

ROLE = "arn:aws:iam::123456789012:role/ops/operator"
SESSION = "arn:aws:sts::123456789012:assumed-role/operator/me"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:mra-{}"
ALIAS = AliasNow(f"{FUNCTION}:live", AliasRoute("mra-a", "live", "3"), "r-1")


def result(resource: str, decision: str, *missing: str) -> dict[str, object]:
    return {
        "EvalActionName": "lambda:UpdateAlias",
        "EvalResourceName": resource,
        "EvalDecision": decision,
        "MissingContextValues": list(missing),
    }


def test_a_session_is_simulated_by_its_role_and_what_is_unsure_is_left_out(
    clients,
) -> None:
    names = [FUNCTION.format(name) for name in "abc"]
    role = {
        "Path": "/ops/",
        "RoleName": "operator",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": ROLE,
        "CreateDate": "2026-11-25T00:00:00Z",
    }
    stub = clients.stub("iam")
    stub.add_response("get_role", {"Role": role}, {"RoleName": "operator"})
    stub.add_response(
        "simulate_principal_policy",
        {
            "EvaluationResults": [
                result(names[0], "allowed"),
                result(names[1], "implicitDeny"),
                result(names[2], "implicitDeny", "aws:SourceIp"),
            ]
        },
        {
            "PolicySourceArn": ROLE,
            "ActionNames": ["lambda:UpdateAlias"],
            "ResourceArns": names,
            "ContextEntries": [],
        },
    )
    asked = [Asked("lambda:UpdateAlias", name) for name in names]
    assert SimulatedPolicies(clients).lacking(SESSION, asked) == [asked[1]]


def test_the_accounts_root_lacks_nothing(clients) -> None:
    asked = [Asked("lambda:UpdateAlias", FUNCTION.format("a"))]
    root = "arn:aws:iam::123456789012:root"
    assert SimulatedPolicies(clients).lacking(root, asked) == []


def test_a_simulation_that_is_denied_is_said_so(clients) -> None:
    clients.stub("iam").add_client_error("simulate_principal_policy", "AccessDenied")
    with pytest.raises(NotPermitted):
        SimulatedPolicies(clients).lacking(
            ROLE, [Asked("s3:PutObject", "arn:aws:s3:::b/k")]
        )


@pytest.mark.parametrize(
    ("code", "permitted"),
    [("PreconditionFailedException", True), ("AccessDeniedException", False)],
)
def test_lambda_is_asked_by_a_revision_that_no_alias_has(
    clients, code: str, permitted: bool
) -> None:
    clients.stub("lambda").add_client_error(
        "update_alias",
        code,
        expected_params={
            "FunctionName": "mra-a",
            "Name": "live",
            "RevisionId": NO_REVISION,
        },
    )
    if permitted:
        LambdaVersions(clients).try_move(ALIAS)
        return
    with pytest.raises(NotPermitted):
        LambdaVersions(clients).try_move(ALIAS)
