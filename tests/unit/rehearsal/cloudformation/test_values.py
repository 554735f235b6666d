"""References, secrets and tags in properties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from awsrules.templates import TemplateError
from rehearsal.cloudformation.model import Resource
from rehearsal.cloudformation.values import Lookup, Secrets, with_stack_tags

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def resource(**given: Any) -> Resource:
    return Resource("Topic", "AWS::SNS::Topic", "CREATE_COMPLETE", NOW, **given)


def test_ref_gives_the_physical_id_and_getatt_an_attribute_or_a_property() -> None:
    found = resource(
        physical_id="arn:t",
        attributes={"TopicName": "t"},
        properties={"DisplayName": "d"},
    )
    lookup = Lookup({"Topic": found})
    assert lookup.ref("Topic") == "arn:t"
    assert lookup.att("Topic", "TopicName") == "t"
    assert lookup.att("Topic", "DisplayName") == "d"


def test_an_attribute_that_the_type_does_not_have_is_refused() -> None:
    lookup = Lookup({"Topic": resource(physical_id="arn:t")})
    with pytest.raises(TemplateError, match="does not support attribute type Nope"):
        lookup.att("Topic", "Nope")


class FakeSecretsManager:
    """One secret."""

    def get_secret_value(self, **wanted: str) -> dict[str, str]:
        self.wanted = wanted
        return {"SecretString": '{"token": "t0ken", "other": "x"}'}


def test_a_secret_is_filled_in_and_hidden_in_what_is_said_afterwards() -> None:
    manager = FakeSecretsManager()
    secrets = Secrets(lambda service: manager)

    filled = secrets.fill(
        {"Token": "{{resolve:secretsmanager:s:SecretString:token::v-1}}"}
    )

    assert filled == {"Token": "t0ken"}
    assert manager.wanted == {"SecretId": "s", "VersionId": "v-1"}
    assert secrets.hide("bad value 't0ken'") == "bad value '****'"


def test_a_key_that_the_secret_does_not_have_is_named_without_its_value() -> None:
    secrets = Secrets(lambda service: FakeSecretsManager())
    with pytest.raises(TemplateError) as caught:
        secrets.fill({"T": "{{resolve:secretsmanager:s:SecretString:missing}}"})
    assert "missing" in str(caught.value) and "t0ken" not in str(caught.value)


TAGS = (("team", "delivery"), ("stage", "test"))


def test_a_resources_own_tag_wins_over_the_stacks() -> None:
    own = {"Tags": [{"Key": "team", "Value": "mine"}]}
    assert with_stack_tags("AWS::SNS::Topic", own, TAGS)["Tags"] == [
        {"Key": "team", "Value": "mine"},
        {"Key": "stage", "Value": "test"},
    ]


def test_a_type_without_tags_gets_none() -> None:
    assert with_stack_tags("AWS::S3::BucketPolicy", {}, TAGS) == {}
