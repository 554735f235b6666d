"""A packaged template and its environments become the files of a release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.render.configuration import template_configuration
from delivery.render.manifest import BuildFacts, manifest
from delivery.render.model import Target
from delivery.render.packaged import as_yaml, with_revisions

PACKAGED = "packaged.yaml"
MANIFEST = "deployment_manifest.json"
BILL = "sbom.cdx.json"


@dataclass(frozen=True, slots=True)
class Release:
    """The files of a release by name; the manifest is the last."""

    files: Mapping[str, str]


def configuration_file(environment: str) -> str:
    """Name the template configuration of an environment, as the pipeline expects it."""
    return f"template-configuration.{environment}.json"


def render_release(
    template: Mapping[str, Any],
    targets: Sequence[Target],
    facts: BuildFacts,
    *,
    code_folder: Path | None = None,
    bill: str = "",
) -> Release:
    """Give the files that the pipeline deploys; the same inputs give the same text.

    ``bill`` is the text of the bill of materials, empty where nothing was built.
    """
    made = {BILL: bill} if bill else {}
    packaged = as_yaml(with_revisions(template))
    configurations = {
        target.name: template_configuration(template, target) for target in targets
    }
    described = manifest(
        facts,
        template,
        packaged=packaged,
        targets=targets,
        configurations=configurations,
        code_folder=code_folder,
        bill=made,
    )
    return Release(
        {
            PACKAGED: packaged,
            **{
                configuration_file(name): as_json(configuration)
                for name, configuration in configurations.items()
            },
            **made,
            MANIFEST: as_json(described),
        }
    )


def as_json(value: Any) -> str:
    """Write plain data as people can read it, ending with a newline."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
