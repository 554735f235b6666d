"""environment_config.yaml becomes one checked Configuration with a block an environment."""

from delivery.config.explain import explain
from delivery.config.load import load_configuration, read_setting
from delivery.config.model import Configuration, Environment, Setting, Source
from delivery.config.parameters import (
    application_parameters,
    application_tags,
    delivery_parameters,
    delivery_tags,
)

from delivery.config.places import (
    Place,
    asks,
    belongs,
    home_of,
    in_one_account,
    of_other_accounts,
    place_parameters,
    places_of,
    receives,
)

__all__ = [
    "Configuration",
    "Environment",
    "Place",
    "Setting",
    "Source",
    "application_parameters",
    "application_tags",
    "asks",
    "belongs",
    "delivery_parameters",
    "delivery_tags",
    "explain",
    "home_of",
    "in_one_account",
    "load_configuration",
    "of_other_accounts",
    "place_parameters",
    "places_of",
    "read_setting",
    "receives",
]
