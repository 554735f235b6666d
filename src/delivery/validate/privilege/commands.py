"""What the commands of a buildspec call: the tool's by its own adapters, others by a table.

Which methods of the adapters a command uses stands here once; what a method calls is read from
its code in ``delivery/aws``, so that a call which is added there is asked for at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ADAPTERS = Path(__file__).resolve().parents[2] / "aws"

# Command, as a buildspec writes it → what is used, each on a kind of resource: a method
# "module.Class.method" of an adapter, or an action of IAM.
_COMMANDS: Mapping[str, Mapping[str, str]] = {
    r"deploy_pipeline\.py releases record": {
        "account.LambdaAliases.route": "function",
        "deployed.StackReader.code_sha256": "function",
        "deployed.StackReader.contents": "stack",
        "pipelines.CodePipelines.actions": "pipeline",
        "pipelines.CodePipelines.execution": "pipeline",
        "release_store.BucketReleaseStore.find": "releases",
        "release_store.BucketReleaseStore.keys": "ledger-list",
        "release_store.BucketReleaseStore.put_new": "ledger releases",
        "release_store.BucketReleaseStore.read": "ledger",
        "kms:Decrypt": "delivery-key",
        "kms:GenerateDataKey": "delivery-key",
    },
    # Only of a release that was verified something is told.
    r"deploy_pipeline\.py releases record(?= [^\n]*--outcome verified)": {
        "metrics.CloudWatchMetrics.put": "metrics",
    },
    r"deploy_pipeline\.py measure": {
        "metrics.CloudWatchMetrics.put": "metrics",
    },
    # What it does in a place it does by that place's receiver.
    r"deploy_pipeline\.py promote": {
        "promotion.BucketHomePackages.read": "packages",
        "kms:Decrypt": "delivery-key",
        "sts:AssumeRole": "receiver",
    },
    r"deploy_pipeline\.py review": {
        "builds.CodeBuilds.build": "project",
        "deployed.StackReader.contents": "stack",
        "pipelines.CodePipelines.actions": "pipeline",
        "pipelines.CodePipelines.execution": "pipeline",
        "pipelines.CodePipelines.executions": "pipeline",
        "release_store.BucketReleaseStore.keys": "ledger-list",
        "release_store.BucketReleaseStore.put": "reviews",
        "release_store.BucketReleaseStore.read": "ledger releases",
        "review.BuildReports.summaries": "report-group",
        "review.ThrowawayChangeSets.change_set": "stack review-stack",
        "review.ThrowawayChangeSets.change_sets": "stack review-stack",
        "review.ThrowawayChangeSets.create_change_set": "stack review-stack transform",
        "review.ThrowawayChangeSets.delete": "review-stack",
        "review.ThrowawayChangeSets.discard": "stack review-stack",
        "review.ThrowawayChangeSets.find": "stack review-stack",
        "review.ThrowawayChangeSets.findings": "stack review-stack",
        "verification.CloudWatchStates.states": "anything",
        # CloudFormation reads the template with the permissions of who asks for it.
        "s3:GetObject": "reviews",
        "kms:Decrypt": "delivery-key",
        "kms:GenerateDataKey": "delivery-key",
    },
    r"deploy_pipeline\.py verify": {
        "account.LambdaAliases.route": "function",
        "deployed.StackReader.contents": "stack",
        "release_store.BucketReleaseStore.keys": "ledger-list",
        "release_store.BucketReleaseStore.read": "ledger",
        "verification.CloudWatchLogs.errors": "log-group",
        "verification.CloudWatchStates.newest_errors": "anything",
        "verification.CloudWatchStates.states": "anything",
        "verification.GatewayStages.deployment": "api-stage",
        "verification.LambdaInvocations.facts": "function",
        "verification.LambdaInvocations.invoke": "function",
        "verification.SignedEndpoints.status": "api-key",
        "execute-api:Invoke": "api",
        "kms:Decrypt": "delivery-key",
    },
    # By itself only traffic first: no shift is stopped and no stack operation cancelled.
    r"rollback\.py(?= production --stack --automatic)": {
        "account.LambdaAliases.route": "function",
        "account.NoticeTopics.publish": "topic",
        "deployed.StackReader.code_sha256": "function",
        "deployed.StackReader.contents": "stack",
        "deployed.StackReader.resources": "stack",
        "pipelines.CodePipelines.state": "pipeline",
        "release_store.BucketReleaseStore.keys": "ledger-list",
        "release_store.BucketReleaseStore.put_new": "ledger",
        "release_store.BucketReleaseStore.read": "ledger releases",
        "rollback.CodeDeployShifts.running": "anything",
        "rollback.LambdaVersions.move": "function",
        "rollback.LambdaVersions.now": "function",
        "rollback.LambdaVersions.try_call": "function",
        "rollback.LambdaVersions.try_move": "function",
        "rollback.LambdaVersions.version": "function",
        "rollback.LambdaVersions.versions": "function",
        "rollback.StageTransitions.freeze": "stage",
        "rollback.StageTransitions.thaw": "stage",
        "stacks.CloudFormationStacks.change_set": "stack",
        "stacks.CloudFormationStacks.create_change_set": "released-stack",
        "stacks.CloudFormationStacks.discard": "stack",
        "stacks.CloudFormationStacks.events": "stack",
        "stacks.CloudFormationStacks.execute": "stack",
        "stacks.CloudFormationStacks.find": "stack pipeline-stack",
        "stacks.CloudFormationStacks.findings": "stack",
        "stacks.CloudFormationStacks.recent_events": "stack",
        "verification.CloudTrailEvents.alias_moves": "anything",
        "verification.CloudWatchLogs.errors": "log-group",
        "verification.CloudWatchStates.newest_errors": "anything",
        "verification.CloudWatchStates.states": "anything",
        "verification.GatewayStages.deployment": "api-stage",
        "verification.LambdaInvocations.facts": "function",
        "verification.LambdaInvocations.invoke": "function",
        "verification.SignedEndpoints.status": "api-key",
        "cloudformation:CreateChangeSet": "transform",
        "execute-api:Invoke": "api",
        "iam:PassRole": "deployer",
        "kms:Decrypt": "delivery-key",
        "kms:GenerateDataKey": "delivery-key",
    },
    # The suites that follow a deployment: requests with a signature and the plan's key.
    r"pytest \"?tests/(\$SUITE|smoke|integration|post_deploy)": {
        "execute-api:Invoke": "api",
        "apigateway:GET": "api-key",
    },
    # Packages are looked for by their content's key, and put where nothing is; boto3 puts
    # large ones in parts, and takes the parts away when it fails.
    r"sam package": {
        "s3:AbortMultipartUpload": "packages",
        "s3:GetObject": "packages",
        "s3:ListBucket": "release-bucket",
        "s3:PutObject": "packages",
        "kms:Decrypt": "delivery-key",
        "kms:GenerateDataKey": "delivery-key",
    },
    # SAM looks for the version it uploaded; Signer reads and writes as who starts the job.
    # Source: "Define an IAM policy", AWS Signer Developer Guide.
    r"sam package [^|;&]*--signing-profiles": {
        "s3:GetObjectTagging": "packages",
        "s3:GetObjectVersion": "packages",
        "signer:DescribeSigningJob": "signing-job",
        "signer:StartSigningJob": "signing-profile",
    },
    # The check is told which stack by the action that starts it: an application's.
    r"aws cloudformation describe-stacks --stack-name \"\$STACK_NAME\"": {
        "cloudformation:DescribeStacks": "stack",
    },
    r"aws s3 cp [^\n|;]*\"\$package\"": {
        "s3:GetObject": "packages",
        "kms:Decrypt": "delivery-key",
    },
}
_LITERAL = re.compile(r"\b(?:record|review|verify|rollback\.py) (?P<name>[a-z]+)\b")
# A script is read as if its lines stood in the buildspec; custom steps are a project's own.
_SCRIPT = re.compile(r"\bbuildspecs/[\w./*-]+\.sh\b")
_AWS = re.compile(r"\baws (?P<service>[a-z0-9-]+) (?P<operation>[a-z][a-z0-9-]+)")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)

# Actions whose name is not the operation's.
_ACTIONS: Mapping[str, str] = {
    "apigateway:GetApiKey": "apigateway:GET",
    "apigateway:GetStage": "apigateway:GET",
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One action that a command needs on a kind of resource, and where it is called.

    ``environment`` is the one that the command names, "" for any.
    """

    action: str
    kind: str
    environment: str
    where: str


def uses_in(text: str, root: Path, file: str) -> Iterator[Use]:
    """Give what the commands of a buildspec's text need, those of its scripts too."""
    text = _COMMENT.sub("", text)
    for pattern in sorted(set(_SCRIPT.findall(text)) - {file}):
        for script in sorted(root.glob(pattern)):
            name = script.relative_to(root).as_posix()
            yield from uses_in(script.read_text(encoding="utf-8"), root, name)
    known: list[range] = []
    for pattern, used in _COMMANDS.items():
        for found in re.finditer(pattern, text):
            known.append(range(found.start(), found.end()))
            named = _LITERAL.match(text, found.end() - len(found[0].split()[-1]))
            yield from _uses(used, named["name"] if named else "", file)
    for found in _AWS.finditer(text):
        if not any(found.start() in each for each in known):
            yield _unknown(found, file)


def _unknown(found: re.Match[str], file: str) -> Use:
    """A command of ``aws`` that no row knows asks for its own operation, on anything."""
    name = "".join(each.capitalize() for each in found["operation"].split("-"))
    return Use(f"{found['service']}:{name}", "anything", "", file)


def _uses(used: Mapping[str, str], environment: str, file: str) -> Iterator[Use]:
    for name, kinds in used.items():
        for kind in kinds.split():
            if ":" in name:
                yield Use(name, kind, environment, file)
                continue
            for action, line in calls_of(name):
                where = f"src/delivery/aws/{name.partition('.')[0]}.py:{line}"
                yield Use(action, kind, environment, where)


@cache
def calls_of(method: str) -> tuple[tuple[str, int], ...]:
    """Give the actions that ``module.Class.method`` calls, with lines, helpers included.

    Raises:
        LookupError: when there is no such method.
    """
    module, name, function = method.split(".")
    methods = _methods(module, name)
    if function not in methods:
        raise LookupError(f"delivery/aws has no {method}")
    found: dict[str, int] = {}
    for operation, line in _walk(methods, function, "", frozenset()):
        found.setdefault(_ACTIONS.get(operation, operation), line)
    return tuple(found.items())


def _walk(
    methods: Mapping[str, ast.FunctionDef],
    name: str,
    service: str,
    seen: frozenset[str],
) -> Iterator[tuple[str, int]]:
    """Follow ``self.…`` calls; a helper that is handed a client has its caller's service."""
    body = methods[name]
    service = _service(body) or service or _service(methods.get("_api"))
    clients = _clients(body)
    for node in ast.walk(body):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=called, value=receiver)
            ) if _is_client(receiver, clients):
                if called == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    called = str(node.args[0].value)
                yield f"{service}:{_camel(called)}", node.lineno
            case ast.Attribute(attr=called, value=receiver) if (
                called in methods and called not in seen and _is_self(receiver)
            ):
                yield from _walk(methods, called, service, seen | {name})


def _is_client(node: ast.expr, clients: frozenset[str]) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "_api" and _is_self(node.value)
    if isinstance(node, ast.Name):
        return node.id in clients
    return _gets_client(node)


def _gets_client(node: ast.AST) -> bool:
    """Say whether this is ``….clients.get("service")``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "clients"
    )


def _clients(body: ast.FunctionDef) -> frozenset[str]:
    """Give the names that hold a client: an argument ``api``, or what is got by name."""
    arguments = {each.arg for each in body.args.args if each.arg == "api"}
    made = {
        target.id
        for node in ast.walk(body)
        if isinstance(node, ast.Assign) and _gets_client(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return frozenset(arguments | made)


def _service(body: ast.AST | None) -> str:
    """Give the service whose client a method gets; each of ours gets one at most."""
    for node in ast.walk(body) if body else ():
        if _gets_client(node) and isinstance(node, ast.Call):
            first = node.args[0]
            if isinstance(first, ast.Constant):
                return str(first.value)
    return ""


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


@cache
def _methods(module: str, name: str) -> Mapping[str, ast.FunctionDef]:
    """Give a class's methods, over those of its bases in the same folder."""
    tree = ast.parse((_ADAPTERS / f"{module}.py").read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module.rpartition(".")[2]
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if node.module.startswith("delivery.aws.")
    }
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or node.name != name:
            continue
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in imported:
                found.update(_methods(imported[base.id], base.id))
        found.update({m.name: m for m in node.body if isinstance(m, ast.FunctionDef)})
    return found


def _camel(name: str) -> str:
    """Give an operation's name; a digit's letter is capital too: ``list_objects_v2``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
