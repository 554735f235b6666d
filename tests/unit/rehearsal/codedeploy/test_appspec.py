"""Reading an AppSpec."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from rehearsal.codedeploy.appspec import AppSpec, BadRevision, read_revision

PROPERTIES = {
    "Name": "demo",
    "Alias": "live",
    "CurrentVersion": "1",
    "TargetVersion": "2",
}
DOCUMENT = {
    "version": "0.0",
    "Resources": [
        {"demo": {"Type": "AWS::Lambda::Function", "Properties": PROPERTIES}}
    ],
    "Hooks": [{"BeforeAllowTraffic": "check"}],
}
EXPECTED = AppSpec("demo", "live", "1", "2", {"BeforeAllowTraffic": "check"})


def revision(content: str, **more: Any) -> dict[str, Any]:
    return {
        "revisionType": "AppSpecContent",
        "appSpecContent": {"content": content, **more},
    }


def test_json_and_yaml_say_the_same() -> None:
    text = """
version: 0.0
Resources:
  - demo:
      type: AWS::Lambda::Function
      properties: {name: demo, alias: live, currentversion: 1, targetversion: 2}
Hooks:
  - BeforeAllowTraffic: check
"""
    assert read_revision(revision(text)) == EXPECTED
    assert read_revision(revision(json.dumps(DOCUMENT))) == EXPECTED


def test_the_checksum_is_checked_where_it_is_given() -> None:
    text = json.dumps(DOCUMENT)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert read_revision(revision(text, sha256=digest)) == EXPECTED
    with pytest.raises(BadRevision):
        read_revision(revision(text + " ", sha256=digest))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", json.dumps({"Resources": []}), json.dumps({"version": "0.0"})],
)
def test_what_is_no_appspec_is_refused(content: str) -> None:
    with pytest.raises(BadRevision):
        read_revision(revision(content))
