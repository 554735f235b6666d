"""Where deliveries are: the home, which builds, and the places that it promotes to.

A place is an account and a region with a whole delivery of its own: foundation, pipeline,
applications. Of another place each knows one role by its name: the home's promoter may take
the receiver's role of a place, and what that allows is the place's to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from delivery.config.model import Configuration

PROMOTED_ENVIRONMENT = "production"


def receives(configuration: Configuration, region: str) -> bool:
    """Say whether the delivery of ``region`` gets its releases from the home's."""
    return region in configuration.pipeline.promotes_to


def place_parameters(
    configuration: Configuration, *, region: str, account: str, partition: str = "aws"
) -> Mapping[str, str]:
    """Give the parameters that tell a place's delivery of the others.

    The home is told the receivers' roles, by ARN, comma separated; a place that receives,
    the role of the home's promoter.
    """
    prefix = f"arn:{partition}:iam::{account}:role/{configuration.project.name}"
    if receives(configuration, region):
        return {"PromoterRoleArn": f"{prefix}-promoter-{configuration.project.region}"}
    receivers = (
        f"{prefix}-receiver-{each}" for each in configuration.pipeline.promotes_to
    )
    return {"ReceiverRoleArns": ",".join(receivers)}
