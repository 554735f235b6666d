"""The deployment role holds what the application's resources need, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from awsrules.policies import Request, evaluate, matches_action, matches_pattern
from awsrules.templates import effective_parameters, line_of
from delivery.validate.model import Finding, Rule, SourceFile, Subject
from delivery.validate.privilege.grants import Grant, RoleGrants, grants_of
from delivery.validate.privilege.names import ACCOUNT, PARTITION, Stack
from delivery.validate.privilege.needs import Need, Surroundings, needs_of
from delivery.validate.sam import NotTranslatable, translate

DEPLOYER = "CloudFormationServiceRole"
PROMOTER, RECEIVER = "PromoterRole", "ReceiverRole"
# The proof is of a delivery that promotes to a place, whatever the configuration says.
ANY_REGION = "us-west-2"


def foundation_stack(subject: Subject) -> Stack:
    """Give the foundation as the configuration deploys it, the source by connection."""
    declared = subject.foundation.section("Parameters")
    given = {key: value for key, value in subject.delivery.items() if key in declared}
    given["SourceAccess"] = "connection"
    values = effective_parameters(subject.foundation.body, given)
    name = f"{subject.delivery['ProjectName']}-foundation"
    return Stack(name, subject.region, subject.foundation.body, values)


def pipeline_stack(subject: Subject, **chosen: str) -> Stack:
    """Give the pipeline's stack as the tool deploys it: the foundation's outputs come in.

    ``chosen`` are parameters that differ from what a delivery in one account has.
    """
    declared = subject.pipeline.section("Parameters")
    outputs = foundation_stack(subject).outputs()
    asked_for = {key: "any" for key, each in declared.items() if "Default" not in each}
    project = subject.delivery["ProjectName"]
    receiver = f"arn:{PARTITION}:iam::{ACCOUNT}:role/{project}-receiver-{ANY_REGION}"
    known = {
        **asked_for,
        **subject.delivery,
        **outputs,
        "ReceiverRoleArns": receiver,
        "PromoterRoleArn": f"arn:{PARTITION}:iam::{ACCOUNT}:role/{project}-promoter-any",
        **chosen,
    }
    given = {key: value for key, value in known.items() if key in declared}
    values = effective_parameters(subject.pipeline.body, given)
    name = f"{project}-pipeline"
    return Stack(name, subject.region, subject.pipeline.body, values)


def application_stacks(subject: Subject) -> Iterator[tuple[str, Stack]]:
    """Give the application's stack as each environment deploys it.

    Raises:
        NotTranslatable: when SAM refuses the template; the lint tells why.
    """
    outputs = foundation_stack(subject).outputs()
    for environment, values in subject.values.items():
        template = translate(subject.packaged, values, region=subject.region)
        declared = template.get("Parameters", {})
        supplied = {key: text for key, text in outputs.items() if key in declared}
        known = {
            **{key: f"any-{key}" for key in declared},
            **{
                key: str(each["Default"])
                for key, each in declared.items()
                if "Default" in each
            },
            **values,
            **supplied,
        }
        name = f"{subject.delivery['ProjectName']}-lambda-{environment}"
        yield environment, Stack(name, subject.region, template, known)


def deployment_needs(subject: Subject) -> dict[str, list[Need]]:
    """Give what each environment's deployment needs, by environment."""
    foundation = foundation_stack(subject)
    around = Surroundings(
        packages=foundation.arn("ReleaseBucket"),
        delivery_key=foundation.arn("DeliveryKey"),
        region=subject.region,
    )
    return {
        environment: list(needs_of(stack, around))
        for environment, stack in application_stacks(subject)
    }


def needs_of_deployer(subject: Subject) -> dict[str, list[Need]]:
    """Give what all environments' deployments need, by the role that deploys them."""
    by_environment = deployment_needs(subject).values()
    return {DEPLOYER: [each for needs in by_environment for each in needs]}


def deployer_lacks_nothing(subject: Subject) -> Iterator[Finding]:
    """Name each permission that a handler needs and the deployment role lacks."""
    role = grants_of(foundation_stack(subject), DEPLOYER)
    try:
        needed = deployment_needs(subject)
    except NotTranslatable:
        return
    lacking: dict[tuple[str, str], list[tuple[str, Need, str]]] = defaultdict(list)
    for environment, needs in needed.items():
        for need, reason in missing(role, needs):
            lacking[need.action, need.kind].append((environment, need, reason))
    for askers in lacking.values():
        yield _lack(subject, role, askers)


def _lack(
    subject: Subject, role: RoleGrants, askers: list[tuple[str, Need, str]]
) -> Finding:
    _, need, reason = askers[0]
    line = line_of(subject.application.body, "Resources", need.logical_id) or 1
    environments = ", ".join(dict.fromkeys(each for each, _, _ in askers))
    return Finding(
        "deployer-lacks",
        subject.foundation.name,
        role.line,
        f"{role.logical_id} lacks {need.action} on {need.resource}: {need.why}, "
        f"{need.kind or 'SAM'}, needs it in {environments} "
        f"({subject.application.name}:{line}; {reason})",
    )


def lacking(
    rule: str, subject: Subject, asked: Mapping[str, Iterable[Need]]
) -> Iterator[Finding]:
    """Name each action that a role of the delivery lacks, once, with who asks first.

    ``asked`` is what is asked of each role, by its logical id.
    """
    roles = Roles(subject)
    for name, needs in asked.items():
        file, role = roles.named(name)
        told: dict[str, tuple[Need, str]] = {}
        for need, reason in missing(role, needs):
            told.setdefault(need.action, (need, reason))
        for need, reason in told.values():
            yield Finding(
                rule,
                file.name,
                role.line,
                f"{name} lacks {need.action} on {need.resource}: "
                f"{need.logical_id} needs it ({need.why}; {reason})",
            )


def unasked(
    rule: str, subject: Subject, asked: Mapping[str, Iterable[Need]], nobody: str
) -> Iterator[Finding]:
    """Name each action of a role of the delivery that meets no need, at its own line.

    ``nobody`` ends the sentence: who there is that does not need it.
    """
    roles = Roles(subject)
    for name, needs in asked.items():
        file, role = roles.named(name)
        for grant in surplus(role, needs):
            message = f"{name} may {grant.action} ({grant.statement}), and {nobody}"
            yield Finding(rule, file.name, grant.line, message)


@dataclass(frozen=True)
class Roles:
    """The roles of a delivery: the foundation's, and those that the pipeline's stack makes."""

    subject: Subject

    @cached_property
    def _foundation(self) -> Stack:
        return foundation_stack(self.subject)

    @cached_property
    def _pipeline(self) -> Stack:
        return pipeline_stack(self.subject)

    def __contains__(self, name: str) -> bool:
        return any(
            name in each.section("Resources")
            for each in (self.subject.foundation, self.subject.pipeline)
        )

    def named(self, name: str) -> tuple[SourceFile, RoleGrants]:
        """Give a role by its logical id, and the template that it stands in."""
        if name in self.subject.pipeline.section("Resources"):
            return self.subject.pipeline, grants_of(self._pipeline, name)
        return self.subject.foundation, grants_of(self._foundation, name)


def missing(role: RoleGrants, needs: Iterable[Need]) -> Iterator[tuple[Need, str]]:
    """Give each need that ``role`` does not meet, with the evaluator's reason."""
    decided: dict[tuple[str, str, str], str] = {}
    for need in needs:
        if need.key not in decided:
            request = Request(need.action, need.resource, need.context, role.arn)
            decision = evaluate(request, role.documents)
            decided[need.key] = "" if decision.allowed else decision.reason
        if decided[need.key]:
            yield need, decided[need.key]


def deployer_has_no_more(subject: Subject) -> Iterator[Finding]:
    """Name each permission of the deployment role that nothing in the template needs."""
    try:
        asked = needs_of_deployer(subject)
    except NotTranslatable:
        return
    nobody = f"no resource of {subject.application.name} needs it"
    yield from unasked("deployer-surplus", subject, asked, nobody)


def surplus(role: RoleGrants, needs: Iterable[Need]) -> Iterator[Grant]:
    """Give each action of ``role`` that meets no need on any resource it names."""
    asked = {(each.action, each.resource) for each in needs}
    for grant in role.grants:
        if not any(
            matches_action(grant.action, action)
            and any(matches_pattern(pattern, target) for pattern in grant.resources)
            for action, target in asked
        ):
            yield grant


RULES = (
    Rule(
        "deployer-lacks",
        "The deployment role may do all that the handlers of the template's types do.",
        deployer_lacks_nothing,
    ),
    Rule(
        "deployer-surplus",
        "The deployment role may do nothing that the template's types never need.",
        deployer_has_no_more,
    ),
)
