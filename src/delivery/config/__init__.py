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

from delivery.config.places import place_parameters, receives

__all__ = [
    "Configuration",
    "Environment",
    "Setting",
    "Source",
    "application_parameters",
    "application_tags",
    "delivery_parameters",
    "delivery_tags",
    "explain",
    "load_configuration",
    "place_parameters",
    "read_setting",
    "receives",
]
