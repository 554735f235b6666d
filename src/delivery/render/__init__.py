"""Templates and an environment's values become what CloudFormation is given."""

from delivery.render.configuration import template_configuration
from delivery.render.functions import PublishedFunction, published_functions
from delivery.render.manifest import BuildFacts, manifest
from delivery.render.model import Target
from delivery.render.release import Release, render_release
from delivery.render.revision import revisions
from delivery.render.write import write_files

__all__ = [
    "BuildFacts",
    "PublishedFunction",
    "Release",
    "Target",
    "manifest",
    "published_functions",
    "render_release",
    "revisions",
    "template_configuration",
    "write_files",
]
