"""The work of ``deploy --template`` and ``diff --template``: another stack, the same way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.deploy.differences import Differences, StackDifference
from delivery.deploy.other import read_parameters, request_for
from delivery.deploy.template import Template, read_template
from delivery.errors import BadInput
from delivery.flows.deploy import ARTIFACT_BUCKET_OUTPUT
from delivery.flows.stack import StackDeployment
from delivery.model import StackRequest
from delivery.names import FOUNDATION_STACK


@dataclass(frozen=True, slots=True)
class Other:
    """What to deploy: a template's file, a stack's name, a file of parameters."""

    template: Path
    stack_name: str
    parameters: Path | None


def given_other(
    template: Path | None, stack_name: str | None, parameters: Path | None
) -> Other | None:
    """Return what the flags say, or None when they say nothing.

    Raises:
        BadInput: when only some of them are given.
    """
    if template is not None and stack_name:
        return Other(template, stack_name, parameters)
    if template is None and not stack_name and parameters is None:
        return None
    raise BadInput(
        "--template and --stack-name belong together.",
        next_step="Give both; --parameters FILE is for them too.",
    )


def deploy_other(settings: Settings, other: Other, *, dry_run: bool) -> None:
    """Deploy one stack, and report it."""
    tools = Tools(settings)
    deployer = tools.stack_deployer(dry_run=dry_run)
    done = deployer.deploy(_request(tools, other))
    if settings.as_json:
        outputs = dict(done.stack.outputs) if done.stack else {}
        found = _difference(other, done, dry_run).as_data()
        print_result({**found, "outputs": outputs, "dry_run": dry_run})
        return
    for name, value in (done.stack.outputs if done.stack else {}).items():
        echo(f"{name:<20} {value}")
    if not done.changed:
        echo("Nothing to do.")
    else:
        echo("Dry run: nothing was changed." if dry_run else "Deployed.")


def other_differences(tools: Tools, other: Other) -> Differences:
    """Return what a deployment of the stack would change."""
    deployer = tools.stack_deployer(dry_run=True)
    done = deployer.deploy(_request(tools, other))
    return Differences((_difference(other, done, True),))


def _difference(other: Other, done: StackDeployment, dry: bool) -> StackDifference:
    creates = done.created or (dry and done.stack is None)
    return StackDifference(
        other.stack_name, creates, done.changed, done.changes, done.widened
    )


def _request(tools: Tools, other: Other) -> StackRequest:
    template = read_template(other.template)
    given = read_parameters(other.parameters)
    # Only what nobody gave is looked for in the stack.
    all_given = set(template.parameters) <= set(given)
    stack = None if all_given else tools.stacks.find(other.stack_name)
    request = request_for(other.stack_name, template, given, stack)
    if not template.too_large:
        return request
    return replace(request, template_url=_uploaded(tools, template, other.stack_name))


def _uploaded(tools: Tools, template: Template, name: str) -> str:
    """Put a large template into the foundation's bucket."""
    foundation = tools.stacks.find(FOUNDATION_STACK)
    bucket = foundation.outputs.get(ARTIFACT_BUCKET_OUTPUT) if foundation else None
    if not bucket:
        raise BadInput(
            "The template is too large for a request (51,200 bytes).",
            why="Larger ones are read from the foundation's bucket, which is not there.",
            next_step="./deploy_pipeline.py creates it.",
        )
    digest = hashlib.sha256(template.text.encode()).hexdigest()[:16]
    return tools.uploads.put(bucket, f"templates/{name}-{digest}.json", template.text)
