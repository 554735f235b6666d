"""What the places of a delivery may do to each other: by one role each, and no more.

A receiver's permissions are held against what the promoter's adapter calls in a place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from awsrules.policies import Request, trusts
from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.privilege.commands import calls_of
from delivery.validate.privilege.grants import grants_of
from delivery.validate.privilege.names import ACCOUNT
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.proof import (
    PROMOTER,
    RECEIVER,
    foundation_stack,
    lacking,
    pipeline_stack,
    unasked,
)

_STRANGER = "999988887777"
# The home's account where it is not the place's.
_ABROAD = "444455556666"
# What of a place each method of the adapter touches; it reads and writes under the key.
_USED: Mapping[str, str] = {
    "promotion.ReceivingPlace.has_package": "package",
    "promotion.ReceivingPlace.put_package": "package",
    "promotion.ReceivingPlace.put_release": "release",
    "promotion.ReceivingPlace.start": "pipeline",
    "s3:ListBucket": "releases artifacts",
    "kms:Decrypt": "key",
    "kms:GenerateDataKey": "key",
}


def needs_of_receiver(subject: Subject) -> dict[str, list[Need]]:
    """Give what the promoter does in a place, by the role that it takes there."""
    if RECEIVER not in subject.pipeline.section("Resources"):
        return {}
    arns = _arns(subject)
    region = foundation_stack(subject).region
    by_s3 = {"kms:ViaService": f"s3.{region}.amazonaws.com"}
    needs: list[Need] = []
    for used, kinds in _USED.items():
        for kind, (action, where) in product(kinds.split(), _actions(used)):
            # Every method may be the first, which reads where the stores are.
            of = "foundation" if action.startswith("cloudformation:") else kind
            context = by_s3 if of == "key" else {}
            needs.append(Need(action, arns[of], where, "", PROMOTER, context))
    return {RECEIVER: needs}


def receiver_lacks_nothing(subject: Subject) -> Iterator[Finding]:
    """Name each permission that the promoter needs in a place and has not there."""
    return lacking("receiver-lacks", subject, needs_of_receiver(subject))


def receiver_has_no_more(subject: Subject) -> Iterator[Finding]:
    """Name each permission in a place that the promoter does not need."""
    nobody = "the promoter does nothing by it"
    return unasked("receiver-surplus", subject, needs_of_receiver(subject), nobody)


def only_the_promoter_is_let_in(subject: Subject) -> Iterator[Finding]:
    """Check that a place trusts the promoter of the home, and nobody else.

    The home is in the place's own account, or in another.
    """
    if RECEIVER not in subject.pipeline.section("Resources"):
        return
    near = str(pipeline_stack(subject).parameters["PromoterRoleArn"])
    findings = {
        each: None
        for promoter in (near, near.replace(ACCOUNT, _ABROAD))
        for each in _others_let_in(subject, promoter)
    }
    yield from findings


def _others_let_in(subject: Subject, promoter: str) -> Iterator[Finding]:
    stack = pipeline_stack(subject, PromoterRoleArn=promoter)
    role = grants_of(stack, RECEIVER)
    home = promoter.split(":")[4]
    for who in (
        promoter,
        *(
            f"arn:aws:iam::{account}:{kind}/any"
            for account in dict.fromkeys((ACCOUNT, home))
            for kind in ("role", "user")
        ),
        *(
            promoter.replace(home, account)
            for account in (ACCOUNT, _STRANGER)
            if account != home
        ),
        "codebuild.amazonaws.com",
    ):
        context = {"aws:PrincipalArn": who}
        asked = Request("sts:AssumeRole", "*", context, who)
        allowed = trusts(role.trust, asked).allowed
        if allowed != (who == promoter):
            verb = "can" if allowed else "cannot"
            message = f"{RECEIVER} {verb} be assumed by {who}"
            yield Finding("receiver-trust", subject.pipeline.name, role.line, message)


def _actions(used: str) -> Iterator[tuple[str, str]]:
    if ":" in used:
        yield used, "src/delivery/aws/promotion.py"
        return
    for action, line in calls_of(used):
        yield action, f"src/delivery/aws/promotion.py:{line}"


def _arns(subject: Subject) -> Mapping[str, str]:
    stack = foundation_stack(subject)
    here = f"{stack.region}:{ACCOUNT}"
    project, label = stack.parameters["ProjectName"], stack.parameters["ProjectLabel"]
    return {
        "foundation": f"arn:aws:cloudformation:{here}:stack/{project}-foundation/any",
        "package": f"{stack.arn('ReleaseBucket')}/packages/any",
        "release": f"{stack.arn('ArtifactBucket')}/promoted/release.zip",
        "pipeline": f"arn:aws:codepipeline:{here}:{label}Pipeline",
        "releases": stack.arn("ReleaseBucket"),
        "artifacts": stack.arn("ArtifactBucket"),
        "key": stack.arn("DeliveryKey"),
    }


RULES = (
    Rule(
        "receiver-lacks",
        "The role of a place that releases are promoted to may do what the promoter does.",
        receiver_lacks_nothing,
    ),
    Rule(
        "receiver-surplus",
        "That role may do nothing that the promoter does not do.",
        receiver_has_no_more,
    ),
    Rule(
        "receiver-trust",
        "A place lets in the promoter of the place that releases come from, and no other.",
        only_the_promoter_is_let_in,
    ),
)
