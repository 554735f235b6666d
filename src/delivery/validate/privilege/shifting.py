"""The role by which CodeDeploy shifts traffic holds what a shift needs, and no more.

Sources: the managed policy AWSCodeDeployRoleForLambda, and "Create a service role for
CodeDeploy", AWS CodeDeploy User Guide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import line_of
from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.privilege.grants import RoleGrants, grants_of
from delivery.validate.privilege.names import ACCOUNT, PARTITION, Stack
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.proof import application_stacks, missing, surplus
from delivery.validate.roles import statements_of
from delivery.validate.sam import NotTranslatable

_GROUP = "AWS::CodeDeploy::DeploymentGroup"
_ALIAS = "AWS::Lambda::Alias"
_HOOKS = ("BeforeAllowTrafficHook", "AfterAllowTrafficHook")


def shift_needs(stack: Stack) -> dict[str, list[Need]]:
    """Give what shifts of a stack's aliases need, by the role that shifts them."""
    roles: dict[str, str] = {}
    found: dict[str, list[Need]] = defaultdict(list)
    for logical_id, properties in _of_type(stack, _GROUP):
        role = properties.get("ServiceRoleArn")
        attribute = role.get("Fn::GetAtt") if isinstance(role, dict) else None
        if not attribute:
            continue
        roles[logical_id] = str(attribute[0])
        if stack.properties(logical_id).get("AlarmConfiguration"):
            need = Need("cloudwatch:DescribeAlarms", "*", "alarms", "", logical_id)
            found[roles[logical_id]].append(need)
    for logical_id, _ in _of_type(stack, _ALIAS):
        resource = stack.template["Resources"][logical_id]
        policy = resource.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
        group = (policy or {}).get("DeploymentGroupName", {})
        role = roles.get(group.get("Ref", "") if isinstance(group, dict) else "")
        if policy and role:
            found[role].extend(_of_alias(stack, logical_id, policy))
    return found


def _of_alias(
    stack: Stack, logical_id: str, policy: Mapping[str, Any]
) -> Iterator[Need]:
    function = _function(stack, stack.properties(logical_id)["FunctionName"])
    for name in ("GetAlias", "UpdateAlias"):
        yield Need(f"lambda:{name}", function, "the shift", "", logical_id)
    name = "lambda:GetProvisionedConcurrencyConfig"
    yield Need(name, f"{function}:any", "the shift", "", logical_id)
    for hook in _HOOKS:
        if hook in policy and (called := stack.resolved(policy[hook])):
            target = _function(stack, called)
            yield Need("lambda:InvokeFunction", target, hook, "", logical_id)


def _function(stack: Stack, name: Any) -> str:
    here = f"arn:{PARTITION}:lambda:{stack.region}:{ACCOUNT}"
    return str(name) if str(name).startswith("arn:") else f"{here}:function:{name}"


def _of_type(stack: Stack, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, resource in stack.template["Resources"].items():
        if resource["Type"] == kind:
            yield logical_id, resource.get("Properties") or {}


def shifting_roles(subject: Subject) -> Iterator[tuple[str, RoleGrants, list[Need]]]:
    """Give each environment's roles that shift, with what they hold and are asked there.

    Where SAM refuses the template there are none; the lint tells why.
    """
    try:
        stacks = list(application_stacks(subject))
    except NotTranslatable:
        return
    for environment, stack in stacks:
        for name, needs in shift_needs(stack).items():
            yield environment, grants_of(stack, name), needs


def shifts_lack_nothing(subject: Subject) -> Iterator[Finding]:
    """Name each permission that a shift needs and its role lacks."""
    told: dict[tuple[str, str], Finding] = {}
    for environment, role, needs in shifting_roles(subject):
        name = role.logical_id
        line = line_of(subject.application.body, "Resources", name) or 1
        for need, reason in missing(role, needs):
            message = (
                f"{name} lacks {need.action} on {need.resource}: {need.logical_id} "
                f"needs it ({need.why}, in {environment}; {reason})"
            )
            finding = Finding("shift-lacks", subject.application.name, line, message)
            told.setdefault((name, need.action), finding)
    yield from told.values()


def shifts_have_no_more(subject: Subject) -> Iterator[Finding]:
    """Name each permission of a shifting role that no environment's shift needs."""
    spare: dict[str, list[set[tuple[str, str]]]] = defaultdict(list)
    for _, role, needs in shifting_roles(subject):
        too_much = {(each.statement, each.action) for each in surplus(role, needs)}
        spare[role.logical_id].append(too_much)
    for name, sets in spare.items():
        for statement, action in sorted(set.intersection(*sets)):
            message = f"{name} may {action} ({statement}), and no shift needs it"
            line = _line(subject, name, statement, action)
            yield Finding("shift-surplus", subject.application.name, line, message)


def _line(subject: Subject, role: str, statement: str, action: str) -> int:
    """Find a grant in the template as it was written; translating it loses the lines."""
    for each in statements_of(subject.application):
        if each.resource == role and each.body.get("Sid") == statement:
            position = each.actions.index(action)
            return line_of(each.body, "Action", position) or each.line
    return 1


RULES = (
    Rule(
        "shift-lacks",
        "The role that shifts traffic may do what CodeDeploy does in a shift.",
        shifts_lack_nothing,
    ),
    Rule(
        "shift-surplus",
        "The role that shifts traffic may do nothing that no shift needs.",
        shifts_have_no_more,
    ),
)
