"""A declaration is kept without its token; what GitHub would refuse is remembered."""

from __future__ import annotations

from typing import Any

import pytest
from rehearsal.codepipeline.definition import accept
from rehearsal.protocol import ApiError


def declaration(token: str) -> dict[str, Any]:
    source = {
        "name": "GitHub",
        "actionTypeId": {
            "category": "Source",
            "owner": "ThirdParty",
            "provider": "GitHub",
            "version": "1",
        },
        "configuration": {
            "Owner": "o",
            "Repo": "r",
            "Branch": "main",
            "OAuthToken": token,
        },
    }
    approval = {
        "name": "Approve",
        "actionTypeId": {
            "category": "Approval",
            "owner": "AWS",
            "provider": "Manual",
            "version": "1",
        },
    }
    stages = [
        {"name": "Source", "actions": [source]},
        {"name": "Approve", "actions": [approval]},
    ]
    return {"name": "P", "roleArn": "r", "stages": stages}


def test_the_token_is_replaced_and_the_defaults_are_filled_in() -> None:
    given = declaration("ghp_secret")
    kept, refused = accept(given, version=3)
    assert "ghp_secret" not in str(kept)
    assert given == declaration("ghp_secret")
    assert refused == set()
    assert (kept["version"], kept["pipelineType"], kept["executionMode"]) == (
        3,
        "V1",
        "SUPERSEDED",
    )


@pytest.mark.parametrize("token", ["", "  ", "****"])
def test_no_token_and_the_mask_sent_back_are_refused_by_github(token: str) -> None:
    assert accept(declaration(token), version=1)[1] == {"GitHub"}


def test_a_refusal_carries_codepipelines_code() -> None:
    given = declaration("t")
    given["stages"].pop()
    with pytest.raises(ApiError, match="at least two stages"):
        accept(given, version=1)
