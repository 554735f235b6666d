"""CodePipeline, CodeBuild, CodeConnections and CodeDeploy."""

from __future__ import annotations

from typing import Any

from rehearsal.cloudformation.resources.base import Ask, Calls, Kind, Made, fit

_PIPELINE_APART = {"Tags", "RestartExecutionOnUpdate", "DisableInboundStageTransitions"}


def _tags(ask: Ask) -> list[dict[str, str]]:
    """Give the resource's tags as CodePipeline's API writes them."""
    return [
        {"key": each["Key"], "value": each["Value"]}
        for each in ask.properties.get("Tags", [])
    ]


class Pipeline(Kind):
    """AWS::CodePipeline::Pipeline."""

    def create(self, ask: Ask) -> Made:
        declared, client = self._declaration(ask), ask.client("codepipeline")
        made = client.create_pipeline(pipeline=declared, tags=_tags(ask))["pipeline"]
        ask.claimed.append(made["name"])
        self._transitions(ask, made["name"])
        return self._made(ask, made)

    def update(self, ask: Ask) -> Made:
        client = ask.client("codepipeline")
        made = client.update_pipeline(pipeline=self._declaration(ask))["pipeline"]
        self._transitions(ask, made["name"])
        if ask.properties.get("RestartExecutionOnUpdate"):
            client.start_pipeline_execution(name=made["name"])
        return self._made(ask, made)

    def delete(self, ask: Ask) -> None:
        ask.client("codepipeline").delete_pipeline(name=ask.physical_id)

    def _declaration(self, ask: Ask) -> dict[str, Any]:
        client = ask.client("codepipeline")
        model = client.meta.service_model.operation_model("CreatePipeline")
        wanted = {
            key: value
            for key, value in ask.properties.items()
            if key not in _PIPELINE_APART
        }
        wanted["Name"] = ask.name("Name", limit=100)
        if stores := wanted.pop("ArtifactStores", None):
            wanted["ArtifactStores"] = {
                each["Region"]: each["ArtifactStore"] for each in stores
            }
        declared: dict[str, Any] = fit(wanted, model.input_shape.members["pipeline"])
        return declared

    def _transitions(self, ask: Ask, name: str) -> None:
        client = ask.client("codepipeline")
        for each in ask.properties.get("DisableInboundStageTransitions", []):
            client.disable_stage_transition(
                pipelineName=name,
                stageName=each["StageName"],
                transitionType="Inbound",
                reason=each["Reason"],
            )

    def _made(self, ask: Ask, pipeline: Any) -> Made:
        name = pipeline["name"]
        arn = ask.arn("codepipeline", name)
        return Made(name, {"Version": str(pipeline["version"]), "Arn": arn})


class Webhook(Kind):
    """AWS::CodePipeline::Webhook."""

    def create(self, ask: Ask) -> Made:
        client = ask.client("codepipeline")
        # The API takes tags beside the webhook, and the stack's own reach it too.
        apart = {"RegisterWithThirdParty", "TargetPipelineVersion", "Tags"}
        wanted = {k: v for k, v in ask.properties.items() if k not in apart}
        wanted["Name"] = ask.name("Name", limit=100)
        model = client.meta.service_model.operation_model("PutWebhook")
        declared = fit(wanted, model.input_shape.members["webhook"])
        made = client.put_webhook(webhook=declared, tags=_tags(ask))["webhook"]
        ask.claimed.append(wanted["Name"])
        if ask.properties.get("RegisterWithThirdParty"):
            client.register_webhook_with_third_party(webhookName=wanted["Name"])
        return Made(wanted["Name"], {"Url": made["url"], "Id": wanted["Name"]})

    def delete(self, ask: Ask) -> None:
        client, name = ask.client("codepipeline"), ask.physical_id
        if ask.properties.get("RegisterWithThirdParty"):
            client.deregister_webhook_with_third_party(webhookName=name)
        client.delete_webhook(name=name)


KINDS: dict[str, Kind] = {
    "AWS::CodeBuild::Project": Calls(
        service="codebuild",
        creates="CreateProject",
        updates="UpdateProject",
        deletes="DeleteProject",
        name="Name",
        limit=255,
        key=lambda ask: {"name": ask.physical_id},
        identity=lambda ask, sent, answer: str(answer["project"]["name"]),
        attributes=lambda ask, name, answer: {
            "Arn": ask.arn("codebuild", f"project/{name}")
        },
    ),
    "AWS::CodeBuild::ReportGroup": Calls(
        service="codebuild",
        creates="CreateReportGroup",
        updates="UpdateReportGroup",
        deletes="DeleteReportGroup",
        name="Name",
        limit=128,
        without=frozenset({"DeleteReports"}),
        key=lambda ask: {"arn": ask.physical_id},
        delete_key=lambda ask: {
            "arn": ask.physical_id,
            "deleteReports": bool(ask.properties.get("DeleteReports", False)),
        },
        identity=lambda ask, sent, answer: str(answer["reportGroup"]["arn"]),
        attributes=lambda ask, arn, answer: {"Arn": arn},
    ),
    "AWS::CodeConnections::Connection": Calls(
        service="codeconnections",
        creates="CreateConnection",
        updates="",
        deletes="DeleteConnection",
        key=lambda ask: {"ConnectionArn": ask.physical_id},
        identity=lambda ask, sent, answer: str(answer["ConnectionArn"]),
        attributes=lambda ask, arn, answer: {
            "ConnectionArn": arn,
            "ConnectionStatus": "PENDING",
            "OwnerAccountId": ask.plane.account,
        },
        gone=frozenset({"ResourceNotFoundException"}),
    ),
    "AWS::CodeDeploy::Application": Calls(
        service="codedeploy",
        creates="CreateApplication",
        updates="",
        deletes="DeleteApplication",
        name="ApplicationName",
        limit=100,
        key=lambda ask: {"applicationName": ask.physical_id},
        identity=lambda ask, sent, answer: str(sent["applicationName"]),
    ),
    "AWS::CodeDeploy::DeploymentConfig": Calls(
        service="codedeploy",
        creates="CreateDeploymentConfig",
        updates="",
        deletes="DeleteDeploymentConfig",
        name="DeploymentConfigName",
        limit=100,
        key=lambda ask: {"deploymentConfigName": ask.physical_id},
        identity=lambda ask, sent, answer: str(sent["deploymentConfigName"]),
    ),
    "AWS::CodeDeploy::DeploymentGroup": Calls(
        service="codedeploy",
        creates="CreateDeploymentGroup",
        updates="UpdateDeploymentGroup",
        deletes="DeleteDeploymentGroup",
        name="DeploymentGroupName",
        limit=100,
        key=lambda ask: {"currentDeploymentGroupName": ask.physical_id},
        delete_key=lambda ask: {
            "applicationName": ask.properties["ApplicationName"],
            "deploymentGroupName": ask.physical_id,
        },
        identity=lambda ask, sent, answer: str(sent["deploymentGroupName"]),
        gone=frozenset({"ApplicationDoesNotExistException"}),
    ),
    "AWS::CodePipeline::Pipeline": Pipeline(),
    "AWS::CodePipeline::Webhook": Webhook(),
}
