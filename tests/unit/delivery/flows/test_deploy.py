"""Foundation, access and pipeline, in order, each only as far as it has to change."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from delivery_fakes import (
    FakeConnections,
    FakePipelines,
    FakeSecrets,
    FakeUploads,
    make_execution,
    make_stack,
    make_state,
)

from delivery.deploy.access import secret_text
from delivery.deploy.template import INLINE_TEMPLATE_BYTES, Template
from delivery.errors import BadInput, OperationFailed, Refused
from delivery.flows.deploy import (
    ProductDeployer,
    Wanted,
    answers_as_parameters,
    connection_link,
)
from delivery.flows.stack import StackDeployer
from delivery.model import Access, Answers, Hidden, ResourceChange, StoredSecret

FOUNDATION = "medical-record-analysis-foundation"
PIPELINE = "medical-record-analysis-pipeline"
TOKEN = Hidden("ghp_synthetic_token")
OUTPUTS = {
    "SourceTokenSecretArn": "arn:secret",
    "SourceConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/c",
    "ArtifactBucketName": "artifacts",
    "DeliveryKeyArn": "arn:key",
}
ANSWERS = Answers("clinic", "records", "main", Access.TOKEN, "production")
WANTED = Wanted(
    ANSWERS,
    TOKEN,
    Template("Resources: {}", {"SourceAccess": {}}),
    Template(
        "Resources: {}",
        {
            "GitHubOwner": {},
            "DeliveryKeyArn": {},
            "TokenVersion": {"Default": ""},
            "BuildImage": {"Default": "standard"},
        },
    ),
    configured={"BuildImage": "configured"},
)


@pytest.fixture
def product(stacks, clock, screen, pipelines):
    stacks.outputs = OUTPUTS
    return ProductDeployer(
        deployer=StackDeployer(stacks, clock, screen),
        stacks=stacks,
        secrets=FakeSecrets(),
        connections=FakeConnections(),
        pipelines=pipelines,
        uploads=FakeUploads(),
        clock=clock,
        screen=screen,
        region="us-east-1",
    )


def _with_connection(wanted: Wanted = WANTED) -> Wanted:
    answers = replace(ANSWERS, access=Access.CONNECTION)
    return replace(wanted, answers=answers, token=None)


def test_foundation_comes_first_and_its_outputs_reach_the_pipeline(
    product, stacks
) -> None:
    product.deploy(WANTED)
    foundation, pipeline = stacks.requests
    assert foundation.name == FOUNDATION
    assert foundation.parameters == {"SourceAccess": "token"}
    assert pipeline.name == PIPELINE
    assert pipeline.parameters == {
        "GitHubOwner": "clinic",
        "DeliveryKeyArn": "arn:key",
        "TokenVersion": "version-1",
        "BuildImage": "configured",
    }


def test_the_token_goes_into_the_secret_and_into_no_parameter(product, stacks) -> None:
    product.deploy(WANTED)
    ((arn, text),) = product.secrets.stored
    assert arn == "arn:secret"
    assert json.loads(text.reveal()) == {"token": TOKEN.reveal()}
    assert TOKEN.reveal() not in repr(stacks.requests)


def test_the_same_token_keeps_its_version(product, stacks) -> None:
    product.secrets.values["arn:secret"] = StoredSecret("v7", secret_text(TOKEN))
    product.deploy(WANTED)
    assert product.secrets.stored == []
    assert stacks.requests[1].parameters["TokenVersion"] == "v7"


def test_without_a_new_token_the_stored_one_stays(product, stacks) -> None:
    product.secrets.values["arn:secret"] = StoredSecret("v7", secret_text(TOKEN))
    product.deploy(replace(WANTED, token=None))
    assert stacks.requests[1].parameters["TokenVersion"] == "v7"


def test_without_any_token_the_pipeline_is_not_created(product, stacks) -> None:
    with pytest.raises(BadInput, match="no GitHub token"):
        product.deploy(replace(WANTED, token=None))
    assert [each.name for each in stacks.requests] == [FOUNDATION]


def test_the_stored_token_is_known_only_once_it_has_a_value(product, stacks) -> None:
    assert product.stored_token() is None
    stacks.stacks[FOUNDATION] = make_stack(FOUNDATION, outputs=OUTPUTS)
    assert product.stored_token() is None
    product.secrets.values["arn:secret"] = StoredSecret("v1", secret_text(TOKEN))
    assert product.stored_token().version_id == "v1"


def test_the_execution_that_the_creation_started_is_adopted(
    product, pipelines, stacks, monkeypatch
) -> None:
    execute = stacks.execute

    def creates_the_pipeline(change_set, *, token):
        execute(change_set, token=token)
        if PIPELINE in change_set.stack_id:
            pipelines.states = [make_state()]
            pipelines.runs = [make_execution("execution-1")]

    monkeypatch.setattr(stacks, "execute", creates_the_pipeline)
    deployed = product.deploy(WANTED)
    assert deployed.execution.id == "execution-1"
    assert deployed.as_data()["execution"] == "execution-1"


def test_no_execution_within_the_time_is_no_failure(product, clock) -> None:
    assert product.deploy(WANTED).execution is None


def test_a_second_deployment_without_changes_says_so(product, stacks) -> None:
    for name in (FOUNDATION, PIPELINE):
        stacks.stacks[name] = make_stack(name, outputs=OUTPUTS)
    stacks.change_set_status = "FAILED"
    stacks.change_set_reason = "No updates are to be performed."
    product.secrets.values["arn:secret"] = StoredSecret("v7", secret_text(TOKEN))
    deployed = product.deploy(WANTED)
    assert not deployed.changed
    assert deployed.as_data()["pipeline"]["changed"] is False


def test_an_available_connection_needs_no_token(product, stacks) -> None:
    product.deploy(_with_connection())
    assert stacks.requests[0].parameters == {"SourceAccess": "connection"}
    assert product.secrets.stored == []


def test_a_pending_connection_is_waited_for_with_its_link(product, screen) -> None:
    waiting = replace(
        product, connections=FakeConnections(["PENDING", "PENDING", "AVAILABLE"])
    )
    waiting.deploy(_with_connection())
    assert connection_link(OUTPUTS["SourceConnectionArn"], "us-east-1") in screen.text


@pytest.mark.parametrize(
    ("status", "word"), [("ERROR", "GitHub refused"), ("PENDING", "Nobody confirmed")]
)
def test_a_connection_that_does_not_become_available_stops_before_the_pipeline(
    product, stacks, status, word
) -> None:
    stuck = replace(product, connections=FakeConnections([status]))
    with pytest.raises(OperationFailed) as caught:
        stuck.deploy(_with_connection())
    assert word in caught.value.why
    assert [each.name for each in stacks.requests] == [FOUNDATION]


def _touches_pipeline(stacks, pipelines) -> None:
    stacks.stacks[PIPELINE] = make_stack(PIPELINE)
    stacks.changes = (
        ResourceChange("Pipeline", "AWS::CodePipeline::Pipeline", "Modify"),
    )
    pipelines.states = [make_state()]
    pipelines.runs = [make_execution("execution-5", "InProgress")]


def test_an_update_that_would_cancel_a_running_execution_is_refused(
    product, stacks, pipelines
) -> None:
    _touches_pipeline(stacks, pipelines)
    with pytest.raises(Refused, match="left as it is") as caught:
        product.deploy(WANTED)
    assert "execution-5" in caught.value.why
    assert "--even-while-running" in caught.value.next_step


def test_a_running_execution_is_cancelled_only_when_told_to(
    product, stacks, pipelines, screen
) -> None:
    _touches_pipeline(stacks, pipelines)
    told = replace(product, even_while_running=True)
    assert told.deploy(WANTED).pipeline.changed
    assert "execution-5 is cancelled" in screen.text


def test_a_settled_execution_does_not_hold_an_update_back(
    product, stacks, pipelines
) -> None:
    _touches_pipeline(stacks, pipelines)
    pipelines.runs = [make_execution("execution-5", "Succeeded")]
    assert product.deploy(WANTED).pipeline.changed


def test_a_large_pipeline_template_is_read_from_the_artifact_bucket(
    product, stacks
) -> None:
    large = Template("x" * (INLINE_TEMPLATE_BYTES + 1), {})
    product.deploy(replace(WANTED, pipeline=large))
    (key,) = product.uploads.objects
    assert key.startswith("artifacts/templates/pipeline-")
    assert stacks.requests[1].template_url.endswith(key.partition("/")[2])


def test_a_foundation_too_large_for_a_request_is_bad_input(product) -> None:
    large = Template("x" * (INLINE_TEMPLATE_BYTES + 1), {})
    with pytest.raises(BadInput, match="too large"):
        product.deploy(replace(WANTED, foundation=large))


def _dry(product):
    deployer = replace(product.deployer, dry_run=True)
    return replace(product, deployer=deployer, dry_run=True)


def test_a_dry_run_of_a_first_deployment_stops_after_the_foundation(
    product, stacks, screen
) -> None:
    deployed = _dry(product).deploy(WANTED)
    assert deployed.pipeline is None
    assert deployed.as_data()["pipeline"] is None
    assert "follows the foundation" in screen.text
    assert stacks.stacks == {}


def test_a_dry_run_stores_no_token(product, stacks, screen) -> None:
    stacks.stacks[FOUNDATION] = make_stack(FOUNDATION, outputs=OUTPUTS)
    dry = _dry(product)
    foundation = dry.deployer.deploy
    stacks.change_set_status = "FAILED"
    stacks.change_set_reason = "No updates are to be performed."
    assert foundation is not None
    dry.deploy(WANTED)
    assert product.secrets.stored == []
    assert "would be replaced" in screen.text


def test_answers_have_the_parameters_names() -> None:
    assert answers_as_parameters(ANSWERS)["GitHubRepository"] == "records"


def test_pipelines_that_do_not_exist_have_no_executions(product) -> None:
    assert replace(product, pipelines=FakePipelines())._executions() == []
