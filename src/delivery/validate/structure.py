"""The actions of the pipeline: types, configuration, artifacts, capabilities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


from delivery.validate.actions import (
    Action,
    actions_of,
    literal_text,
    variants_of,
)
from delivery.validate.builds import is_inline
from delivery.validate.model import Finding, Rule, Subject

_GUIDE = "AWS CodePipeline User Guide"
_NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")
_ARTIFACT = re.compile(r"[A-Za-z0-9_\-]{1,100}")
_LONGEST_VALUE = 1000
_LONGEST_KEY = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """What CodePipeline takes of one type of action."""

    owner: str
    categories: frozenset[str]
    needs: frozenset[str]
    may: frozenset[str]
    inputs: tuple[int, int]
    outputs: tuple[int, int]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Source: AWS CodePipeline User Guide, "Action structure reference" and "Pipeline structure
# reference" (numbers of input and output artifacts).
KINDS: Mapping[str, Kind] = {
    "GitHub": Kind(
        "ThirdParty",
        _words("Source"),
        _words("Owner Repo Branch OAuthToken"),
        _words("PollForSourceChanges"),
        (0, 0),
        (1, 1),
    ),
    "CodeStarSourceConnection": Kind(
        "AWS",
        _words("Source"),
        _words("ConnectionArn FullRepositoryId BranchName"),
        _words("OutputArtifactFormat DetectChanges"),
        (0, 0),
        (1, 1),
    ),
    "S3": Kind(
        "AWS",
        _words("Source"),
        _words("S3Bucket S3ObjectKey"),
        _words("PollForSourceChanges AllowOverrideForS3ObjectKey"),
        (0, 0),
        (1, 1),
    ),
    "CodeBuild": Kind(
        "AWS",
        _words("Build Test"),
        _words("ProjectName"),
        _words("PrimarySource EnvironmentVariables BatchEnabled CombineArtifacts"),
        (1, 5),
        (0, 5),
    ),
    "CloudFormation": Kind(
        "AWS",
        _words("Deploy"),
        _words("ActionMode StackName"),
        _words(
            "ChangeSetName TemplatePath TemplateConfiguration ParameterOverrides "
            "Capabilities RoleArn OutputFileName"
        ),
        (0, 10),
        (0, 1),
    ),
    "Manual": Kind(
        "AWS",
        _words("Approval"),
        _words(""),
        _words("NotificationArn CustomData ExternalEntityLink"),
        (0, 0),
        (0, 0),
    ),
    "Lambda": Kind(
        "AWS",
        _words("Invoke"),
        _words("FunctionName"),
        _words("UserParameters"),
        (0, 5),
        (0, 5),
    ),
}

# What a CloudFormation action cannot do without, by its mode.
_MODES: Mapping[str, frozenset[str]] = {
    "CHANGE_SET_REPLACE": _words("ChangeSetName TemplatePath RoleArn"),
    "CHANGE_SET_EXECUTE": _words("ChangeSetName"),
    "CREATE_UPDATE": _words("TemplatePath RoleArn"),
    "REPLACE_ON_FAILURE": _words("TemplatePath RoleArn"),
    "DELETE_ONLY": _words("RoleArn"),
}
# Modes that delete what a failed or an unwanted stack holds.
_DELETING = frozenset({"REPLACE_ON_FAILURE", "DELETE_ONLY"})
_CAPABILITIES = _words("CAPABILITY_IAM CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND")


def names_are_taken(subject: Subject) -> Iterator[Finding]:
    """Check that names have the form CodePipeline takes, and are unique where they must."""
    for stages in variants_of(subject.pipeline):
        named = [(stage[0].stage, stage[0]) for stage in stages if stage]
        yield from _repeated(subject, named, "the stage")
        for stage in stages:
            yield from _repeated(
                subject, [(each.name, each) for each in stage], "the action"
            )
        for each in (action for stage in stages for action in stage):
            for name in (each.stage, each.name):
                if not _NAME.fullmatch(name):
                    yield _finding(
                        subject, each, "pipeline-names", f"{name!r} is no name"
                    )


def types_exist(subject: Subject) -> Iterator[Finding]:
    """Check each action's category, owner, provider and version."""
    for position, action in _with_stage(subject):
        kind = KINDS.get(action.provider)
        if kind is None:
            message = f"there is no provider {action.provider} that this tool knows"
            yield _finding(subject, action, "action-type", message)
            continue
        given = action.type_id
        if given.get("Owner") != kind.owner:
            message = f"{action.provider} belongs to {kind.owner}"
            yield _finding(subject, action, "action-type", message)
        if given.get("Category") not in kind.categories:
            message = f"{action.provider} is no action of {given.get('Category')}"
            yield _finding(subject, action, "action-type", message)
        if str(given.get("Version")) != "1":
            yield _finding(subject, action, "action-type", "its version must be '1'")
        if (given.get("Category") == "Source") != (position == 0):
            message = "sources stand in the first stage, and nothing else does"
            yield _finding(subject, action, "action-type", message)


def configuration_is_known(subject: Subject) -> Iterator[Finding]:
    """Check that an action has the keys it needs, and no others, within their limits."""
    for action in actions_of(subject.pipeline):
        kind = KINDS.get(action.provider)
        if kind is None:
            continue
        keys = set(action.configuration)
        for name in sorted(kind.needs - keys):
            yield _finding(subject, action, "action-configuration", f"lacks {name}")
        for name in sorted(keys - kind.needs - kind.may):
            message = f"{action.provider} takes no {name}"
            yield _finding(subject, action, "action-configuration", message)
        for name, value in action.configuration.items():
            size = len(literal_text(value))
            if size > _LONGEST_VALUE or len(name) > _LONGEST_KEY:
                message = f"{name} has {size} characters; {_LONGEST_VALUE} are taken"
                yield _finding(subject, action, "action-configuration", message)
            if not isinstance(value, str | dict):
                message = f"{name} must be text, in quotes"
                yield _finding(subject, action, "action-configuration", message)


def modes_are_whole(subject: Subject) -> Iterator[Finding]:
    """Check that a CloudFormation action has a known mode, and what that needs."""
    for action in actions_of(subject.pipeline):
        if action.provider != "CloudFormation":
            continue
        if action.mode not in _MODES:
            message = f"there is no ActionMode {action.mode}"
            yield _finding(subject, action, "action-mode", message)
            continue
        if action.mode in _DELETING:
            message = f"{action.mode} deletes a stack, and with it what it holds"
            yield _finding(subject, action, "action-mode", message)
        for name in sorted(_MODES[action.mode] - set(action.configuration)):
            message = f"{action.mode} needs {name}"
            yield _finding(subject, action, "action-mode", message)


def capabilities_suffice(subject: Subject) -> Iterator[Finding]:
    """Check the form of Capabilities, and that the application's template needs no more."""
    needed = _needed_capabilities(subject)
    for action in actions_of(subject.pipeline):
        if action.mode not in {"CHANGE_SET_REPLACE", "CREATE_UPDATE"}:
            continue
        text = literal_text(action.configuration.get("Capabilities", ""))
        given = set(text.split(",")) - {""}
        for name in sorted(given - _CAPABILITIES):
            message = f"{name!r} is no capability; they are joined by commas alone"
            yield _finding(subject, action, "capabilities", message)
        for name in sorted(needed - given):
            message = f"{subject.application.name} needs {name}"
            yield _finding(subject, action, "capabilities", message)


def artifacts_are_counted(subject: Subject) -> Iterator[Finding]:
    """Check how many artifacts an action has, their names, and the files in them."""
    for stages in variants_of(subject.pipeline):
        actions = [action for stage in stages for action in stage]
        outputs = [(name, each) for each in actions for name in each.outputs]
        yield from _repeated(
            subject, outputs, "the output artifact", rule="artifact-count"
        )
        read = {name for each in actions for name in each.inputs}
        for name, action in outputs:
            if name not in read:
                message = f"{name} is read by nobody"
                yield _finding(subject, action, "artifact-count", message)
        for action in actions:
            for message in _artifact_problems(action):
                yield _finding(subject, action, "artifact-count", message)


def files_are_made(subject: Subject) -> Iterator[Finding]:
    """Check that the build makes each template and each buildspec that is read later."""
    made = "\n".join(subject.buildspecs.get("buildspec.yml", "").splitlines())
    for action in actions_of(subject.pipeline):
        path = literal_text(action.configuration.get("TemplatePath"))
        artifact, _, file = path.partition("::")
        if path and (not file or file not in subject.released):
            message = f"{file or path} is none of the files that the build makes"
            yield _finding(subject, action, "file-made", message)
        spec = _buildspec_of(subject, action)
        if spec and "SourceOutput" not in action.inputs and not _copied(spec, made):
            message = f"{spec} is not copied into the artifact it runs from"
            yield _finding(subject, action, "file-made", message)


def _artifact_problems(action: Action) -> Iterator[str]:
    kind = KINDS.get(action.provider)
    if kind is None:
        return
    for what, names, (least, most) in (
        ("input", action.inputs, kind.inputs),
        ("output", action.outputs, kind.outputs),
    ):
        if not least <= len(names) <= most:
            yield f"has {len(names)} {what} artifacts; {least} to {most} are taken"
        for name in names:
            if not _ARTIFACT.fullmatch(name):
                yield f"{name!r} is no name of an artifact"
    if action.provider == "CodeBuild" and len(action.inputs) > 1:
        primary = action.configuration.get("PrimarySource")
        if primary not in action.inputs:
            yield f"PrimarySource {primary} is none of its inputs"
    if bool(action.outputs) != ("OutputFileName" in action.configuration):
        if action.provider == "CloudFormation":
            yield "OutputFileName and an output artifact go together"


def _needed_capabilities(subject: Subject) -> set[str]:
    needed = set()
    resources = subject.application.section("Resources").values()
    roles = [each for each in resources if each.get("Type") == "AWS::IAM::Role"]
    if any("RoleName" in each.get("Properties", {}) for each in roles):
        needed.add("CAPABILITY_NAMED_IAM")
    if "Transform" in subject.application.body:
        needed.add("CAPABILITY_AUTO_EXPAND")
    return needed


def _buildspec_of(subject: Subject, action: Action) -> str:
    match action.configuration.get("ProjectName"):
        case {"Ref": str(name)}:
            project = subject.pipeline.section("Resources").get(name, {})
            source = project.get("Properties", {}).get("Source", {})
            spec = str(source.get("BuildSpec", "buildspec.yml"))
            return "" if is_inline(spec) else spec
        case _:
            return ""


def _copied(file: str, commands: str) -> bool:
    """Say whether the build's commands name a file, or a folder that holds it."""
    steps = file.split("/")
    wholes = ["/".join(steps[: end + 1]) for end in range(len(steps))]
    return any(
        re.search(rf"(?<![\w./]){re.escape(w)}(?![\w./])", commands) for w in wholes
    )


def _with_stage(subject: Subject) -> Iterator[tuple[int, Action]]:
    for stages in variants_of(subject.pipeline):
        for position, stage in enumerate(stages):
            for action in stage:
                yield position, action


def _repeated(
    subject: Subject,
    named: list[tuple[str, Action]],
    what: str,
    *,
    rule: str = "pipeline-names",
) -> Iterator[Finding]:
    counted = Counter(name for name, _ in named)
    for name, action in named:
        if counted[name] > 1:
            yield _finding(subject, action, rule, f"{what} {name} is there twice")


def _finding(subject: Subject, action: Action, rule: str, message: str) -> Finding:
    told = f"{action.stage}: {action.name}: {message}"
    return Finding(rule, subject.pipeline.name, action.line, told)


RULES = (
    Rule(
        "pipeline-names",
        "Names of stages and actions have CodePipeline's form and are unique.",
        names_are_taken,
        reason="CreatePipeline refuses the whole pipeline.",
        source=f"{_GUIDE}, Quotas in AWS CodePipeline",
    ),
    Rule(
        "action-type",
        "Each action has a category, owner, provider and version that go together.",
        types_exist,
        reason="CloudFormation takes the template, and CodePipeline refuses the pipeline.",
        source=f"{_GUIDE}, Valid action providers",
    ),
    Rule(
        "action-configuration",
        "Each action has the configuration keys it needs, no others, and short values.",
        configuration_is_known,
        reason="An unknown key fails the pipeline's creation; a missing one the action.",
        source=f"{_GUIDE}, Action structure reference; API Reference, ActionDeclaration",
    ),
    Rule(
        "action-mode",
        "Each CloudFormation action has a known mode that deletes nothing, and its needs.",
        modes_are_whole,
        reason="Without RoleArn the deployment runs with the pipeline's own rights.",
        source=f"{_GUIDE}, AWS CloudFormation deploy action reference",
    ),
    Rule(
        "capabilities",
        "Capabilities are joined by commas alone and are what the template needs.",
        capabilities_suffice,
        reason="The change set fails with InsufficientCapabilities, or on a blank.",
        source=f"{_GUIDE}, AWS CloudFormation deploy action reference",
    ),
    Rule(
        "artifact-count",
        "Each action has as many artifacts as its type takes, under unique names, and each "
        "output is read.",
        artifacts_are_counted,
        reason="CodePipeline refuses the pipeline, or CodeBuild knows no primary source.",
        source=f"{_GUIDE}, Number of input and output artifacts for each action type",
    ),
    Rule(
        "file-made",
        "The build makes each template and copies each buildspec that a later action reads.",
        files_are_made,
        reason="The action fails in the first execution, after the build has succeeded.",
        source=f"{_GUIDE}, Input and output artifacts",
    ),
)
