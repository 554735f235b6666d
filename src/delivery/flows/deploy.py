"""Deploy the product: foundation, then token or connection, then the pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery.deploy.access import holds_token, needs_storing, secret_text
from delivery.deploy.differences import consequences, updates_pipeline
from delivery.deploy.parameters import fill_parameters
from delivery.deploy.template import Template
from delivery.errors import BadInput, OperationFailed, Refused
from delivery.flows.stack import StackDeployer, StackDeployment
from delivery.model import (
    FOUNDATION_STACK,
    PIPELINE_NAME,
    PIPELINE_STACK,
    Access,
    Answers,
    ChangeSet,
    Execution,
    Hidden,
    StackRequest,
    StoredSecret,
)
from delivery.ports import (
    Clock,
    Connections,
    Pipelines,
    Screen,
    Secrets,
    Stacks,
    Uploads,
)

# Outputs of foundation.yaml that the tool itself reads.
TOKEN_SECRET_OUTPUT = "SourceTokenSecretArn"  # nosec B105  # an output's name
CONNECTION_OUTPUT = "SourceConnectionArn"
ARTIFACT_BUCKET_OUTPUT = "ArtifactBucketName"

CONNECTION_POLL_SECONDS = 5.0
CONNECTION_PATIENCE_SECONDS = 1800.0
ADOPTION_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be deployed.

    ``configured`` are values from environment_config.yaml by parameter name; the token is
    None when the stored one stays.
    """

    answers: Answers
    token: Hidden | None
    foundation: Template
    pipeline: Template
    configured: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the deployment led to; stacks are None after a dry run."""

    foundation: StackDeployment
    pipeline: StackDeployment | None = None
    execution: Execution | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, changed."""
        return self.foundation.changed or bool(self.pipeline and self.pipeline.changed)

    @property
    def outputs(self) -> Mapping[str, str]:
        """Return the pipeline stack's outputs."""
        stack = self.pipeline.stack if self.pipeline else None
        return stack.outputs if stack else {}

    def as_data(self) -> dict[str, Any]:
        """Return plain data for ``deploy --output json``."""
        return {
            "changed": self.changed,
            "foundation": _stack_data(self.foundation),
            "pipeline": _stack_data(self.pipeline),
            "execution": self.execution.id if self.execution else None,
            "outputs": dict(self.outputs),
        }


@dataclass(frozen=True, slots=True)
class ProductDeployer:
    """Deploys the stacks in order; each step finds by itself what is done already."""

    deployer: StackDeployer
    stacks: Stacks
    secrets: Secrets
    connections: Connections
    pipelines: Pipelines
    uploads: Uploads
    clock: Clock
    screen: Screen
    region: str
    dry_run: bool = False
    even_while_running: bool = False
    before_pipeline: Callable[[], None] = lambda: None

    def stored_token(self) -> StoredSecret | None:
        """Return the token that an earlier deployment stored, if any."""
        stack = self.stacks.find(FOUNDATION_STACK)
        arn = stack.outputs.get(TOKEN_SECRET_OUTPUT) if stack else None
        stored = self.secrets.current(arn) if arn else None
        return stored if holds_token(stored) else None

    def deploy(self, wanted: Wanted) -> Deployed:
        """Bring foundation, access and pipeline to what is wanted."""
        foundation = self._deploy_foundation(wanted)
        if foundation.stack is None or (self.dry_run and foundation.changed):
            self.screen.say(
                f"Stack {PIPELINE_STACK} follows the foundation: its changes can be "
                "shown once the foundation's are made."
            )
            return Deployed(foundation)
        outputs = foundation.stack.outputs
        access = self._settle_access(wanted, outputs)
        if not self.dry_run:
            self.before_pipeline()
        before = {each.id for each in self._executions()}
        pipeline = self._deploy_pipeline(wanted, outputs, access)
        started = None
        # In a place that others promote to, a new pipeline's own start finds no release.
        promoted = wanted.answers.access is Access.PROMOTION
        if pipeline.changed and not self.dry_run and not promoted:
            started = self._adopt_execution(before)
        return Deployed(foundation, pipeline, started)

    def _deploy_foundation(self, wanted: Wanted) -> StackDeployment:
        template = wanted.foundation
        if template.too_large:
            raise BadInput(
                "templates/foundation.yaml is too large.",
                why="It makes the bucket that a large template is read from, so it has "
                "to fit into a request (51,200 bytes as compact JSON).",
                next_step="Move resources into templates/pipeline.yaml.",
            )
        answers = {"SourceAccess": wanted.answers.access.value}
        parameters = fill_parameters(template.parameters, answers, wanted.configured)
        request = StackRequest(FOUNDATION_STACK, template.text, parameters, wanted.tags)
        return self.deployer.deploy(request)

    def _deploy_pipeline(
        self, wanted: Wanted, outputs: Mapping[str, str], access: Mapping[str, str]
    ) -> StackDeployment:
        template = wanted.pipeline
        parameters = fill_parameters(
            template.parameters,
            access,
            answers_as_parameters(wanted.answers),
            outputs,
            wanted.configured,
        )
        request = StackRequest(
            PIPELINE_STACK,
            template.text,
            parameters,
            wanted.tags,
            template_url=self._uploaded(template, outputs),
        )
        return self.deployer.deploy(request, before_execute=self._spare_running)

    def _uploaded(self, template: Template, outputs: Mapping[str, str]) -> str:
        """Put a template that is too large for a request where it can be read from."""
        if not template.too_large:
            return ""
        digest = hashlib.sha256(template.text.encode()).hexdigest()
        return self.uploads.put(
            outputs[ARTIFACT_BUCKET_OUTPUT],
            f"templates/pipeline-{digest[:16]}.json",
            template.text,
        )

    def _settle_access(
        self, wanted: Wanted, outputs: Mapping[str, str]
    ) -> dict[str, str]:
        """Store the token, or wait for the connection; return what the pipeline needs.

        A place that others promote to reads nothing from GitHub.
        """
        if wanted.answers.access is Access.PROMOTION:
            return {}
        if wanted.answers.access is Access.CONNECTION:
            self._await_connection(outputs[CONNECTION_OUTPUT])
            return {}
        arn = outputs[TOKEN_SECRET_OUTPUT]
        stored = self.secrets.current(arn)
        if wanted.token is not None and needs_storing(stored, wanted.token):
            if self.dry_run:
                self.screen.say("The token in Secrets Manager would be replaced.")
                return {"TokenVersion": stored.version_id if stored else "pending"}
            version = self.secrets.store(arn, secret_text(wanted.token))
            self.screen.say("The token is stored in Secrets Manager.")
            return {"TokenVersion": version}
        if stored is None or not holds_token(stored):
            raise BadInput(
                "There is no GitHub token.",
                why="None was given, and Secrets Manager holds none.",
                next_step="Give it at the prompt, with --token-stdin or in GITHUB_TOKEN.",
            )
        return {"TokenVersion": stored.version_id}

    def _await_connection(self, arn: str) -> None:
        """Wait until a person has confirmed the connection to GitHub."""
        status = self.connections.status(arn)
        if status == "AVAILABLE" or self.dry_run:
            return
        self.screen.warn(
            "The connection to GitHub is PENDING. Confirm it in the console:\n"
            f"  {connection_link(arn, self.region)}"
        )
        deadline = self.clock.monotonic() + CONNECTION_PATIENCE_SECONDS
        with self.screen.watch("Waiting for the connection") as live:
            while status == "PENDING" and self.clock.monotonic() < deadline:
                live.tick()
                self.clock.sleep(CONNECTION_POLL_SECONDS)
                status = self.connections.status(arn)
        if status != "AVAILABLE":
            raise OperationFailed(
                f"The connection to GitHub is {status}.",
                why=(
                    "Nobody confirmed it within half an hour."
                    if status == "PENDING"
                    else "GitHub refused it."
                ),
                next_step=f"{connection_link(arn, self.region)}, then deploy again: it "
                "goes on from here.",
            )

    def _spare_running(self, change_set: ChangeSet) -> None:
        """Refuse an update that would cancel a running execution unseen."""
        if not updates_pipeline(change_set.changes):
            return
        running = [each for each in self._executions() if each.status.running]
        self.screen.warn(
            "The pipeline itself changes: "
            + consequences(running[0].id if running else "")
        )
        if not running or self.dry_run or self.even_while_running:
            return
        raise Refused(
            "The pipeline was left as it is.",
            why=f"Its update would cancel execution {running[0].id}.",
            next_step="Wait for it (./deploy_pipeline.py status --watch), or give "
            "--even-while-running.",
        )

    def _executions(self) -> list[Execution]:
        if self.pipelines.state(PIPELINE_NAME) is None:
            return []
        return self.pipelines.executions(PIPELINE_NAME, limit=10)

    def _adopt_execution(self, before: set[str]) -> Execution | None:
        """Return the execution that the pipeline's creation started, if it did."""
        if before:
            return None
        deadline = self.clock.monotonic() + ADOPTION_SECONDS
        while self.clock.monotonic() < deadline:
            fresh = [each for each in self._executions() if each.id not in before]
            if fresh:
                return fresh[-1]
            self.clock.sleep(1)
        return None


def answers_as_parameters(answers: Answers) -> dict[str, str]:
    """Return the answers by the names that pipeline.yaml gives them."""
    return {
        "GitHubOwner": answers.owner,
        "GitHubRepository": answers.repository,
        "GitHubBranch": answers.branch,
        "SourceAccess": answers.access.value,
        "Environment": answers.environment,
    }


def connection_link(arn: str, region: str) -> str:
    """Return the console's page on which a connection is confirmed."""
    return (
        f"https://{region}.console.aws.amazon.com/codesuite/settings/"
        f"{arn.split(':')[4]}/{region}/connections/{arn.rpartition('/')[2]}"
    )


def _stack_data(deployment: StackDeployment | None) -> dict[str, Any] | None:
    if deployment is None or deployment.stack is None:
        return None
    return {
        "name": deployment.stack.name,
        "status": deployment.stack.status.value,
        "changed": deployment.changed,
    }
