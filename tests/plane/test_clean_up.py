"""Clean-up of real versions and packages, and a rollback that still has its target."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from own_plane import RunningPlane, clients_of
from plane_stacks import Stack

from awsrules.statuses import ExecutionStatus
from delivery.cli.options import Settings
from delivery.cli.wiring import PlaneSettings, Tools
from delivery.ledger.book import Book
from delivery.ledger.events import (
    Commit,
    Scope,
    StoredTemplate,
    TrafficComplete,
    Verified,
)
from delivery.ledger.facts import (
    ReleasedAlias,
    alias_arns,
    deployed_facts,
    deployed_versions,
)
from delivery.ledger.plan import Step
from delivery.model import Execution

pytestmark = [pytest.mark.plane, pytest.mark.thorough]

BUCKET = "cleaned-releases"
NAME = "medical-record-analysis-lambda-production"
FUNCTION = "mra-production-work"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  RoleArn: {{Type: String}}
  WorkFunctionRevision: {{Type: String}}
Resources:
  WorkFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mra-production-work
      Runtime: python3.11
      Handler: work.handler
      Role: !Ref RoleArn
      CodeUri: s3://{bucket}/{key}
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref WorkFunctionRevision
"""


def _package(content: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        code = f"def handler(event, context): return {content!r}"
        archive.writestr(zipfile.ZipInfo("work.py"), code)
    return held.getvalue()


class Delivery:
    """One function that is released again and again, with its ledger."""

    def __init__(self, plane: RunningPlane, tools: Tools) -> None:
        self.aws, self.tools = clients_of(plane.endpoint), tools
        s3 = self.aws("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        trust["Principal"] = {"Service": "lambda.amazonaws.com"}
        made = self.aws("iam").create_role(
            RoleName="work",
            AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}),
        )
        self.role = made["Role"]["Arn"]
        account = tools.account.identity().account
        self.book = Book(
            tools.release_store, Scope(account, tools.region, "production")
        )

    def release(self, content: str) -> None:
        """Put a package, deploy it, and record it as verified."""
        package = _package(content)
        key = f"packages/{sha256(package).hexdigest()[:32]}"
        self.aws("s3").put_object(Bucket=BUCKET, Key=key, Body=package)
        text = TEMPLATE.format(bucket=BUCKET, key=key)
        status = Stack(self.aws("cloudformation"), NAME).deploy(
            text,
            parameters={
                "RoleArn": self.role,
                "WorkFunctionRevision": sha256(content.encode()).hexdigest(),
            },
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        assert status.endswith("_COMPLETE") and "ROLLBACK" not in status
        self._record(content, text)

    def _record(self, content: str, text: str) -> None:
        tools, digest = self.tools, sha256(text.encode()).hexdigest()
        stored = tools.release_store.put_new(
            f"releases/{digest}/packaged.yaml", text.encode()
        )
        assert stored is not None
        contents = tools.deployed_stacks.contents(NAME)
        assert contents is not None
        versions = deployed_versions(contents.resources)
        routes = [tools.functions.route(e) for e in alias_arns(contents.resources)]
        aliases = [
            ReleasedAlias(
                each,
                versions[each.function],
                tools.deployed_stacks.code_sha256(
                    each.function, versions[each.function]
                ),
            )
            for each in routes
        ]
        deployed = deployed_facts(
            contents,
            aliases,
            commit=Commit(content),
            execution=Execution(content, ExecutionStatus.SUCCEEDED),
            template=StoredTemplate(BUCKET, stored.key, stored.version_id, digest),
            approval=None,
            build_id="",
        )
        number = len(self.book.whole().releases) + 1
        for step in (
            Step(deployed),
            Step(TrafficComplete(versions), number),
            Step(Verified("test"), number),
        ):
            view = self.book.whole()
            assert self.book.append(
                view, step, execution=content, actor="x", now=tools.clock.now()
            )

    def answers(self) -> Any:
        """Return what the alias answers."""
        answer = self.aws("lambda").invoke(FunctionName=FUNCTION, Qualifier="live")
        return json.load(answer["Payload"])

    def versions(self) -> list[str]:
        """Return the published versions."""
        found = self.aws("lambda").list_versions_by_function(FunctionName=FUNCTION)
        return [e["Version"] for e in found["Versions"] if e["Version"] != "$LATEST"]

    def packages(self) -> int:
        """Return how many versions of packages there are, with delete markers."""
        found = self.aws("s3").list_object_versions(Bucket=BUCKET, Prefix="packages/")
        return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))


@pytest.fixture
def delivery(own_plane: RunningPlane, tmp_path, monkeypatch) -> Delivery:
    monkeypatch.setenv("RELEASE_BUCKET", BUCKET)
    port = int(own_plane.endpoint.rpartition(":")[2])
    settings = Settings(local=True, yes=True)
    return Delivery(
        own_plane, Tools(settings, plane_settings=PlaneSettings(tmp_path, port))
    )


def test_old_versions_and_packages_go_and_a_rollback_still_has_its_target(
    delivery,
) -> None:
    for content in ("one", "two", "three"):
        delivery.release(content)
    cleaner = replace(delivery.tools.cleaner(), keep={"production": 2})
    planned = cleaner.plan(before=delivery.tools.now_there())
    assert [each.version for each in planned.clean_up.versions] == ["1"]
    assert len(planned.clean_up.packages) == 1
    cleaner.clean(planned)
    assert (delivery.versions(), delivery.packages()) == (["2", "3"], 2)
    assert cleaner.plan(before=delivery.tools.now_there()).clean_up.empty
    assert delivery.answers() == "three"

    undoer = delivery.tools.undoer("production")
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    undoer.roll_back(situation, option, to=None, reason="bad")
    assert delivery.answers() == "two"
    assert delivery.book.problems(delivery.book.links()) == []
