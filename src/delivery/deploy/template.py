"""Read a template's file: its text, and the parameters it declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsrules.template_errors import TemplateError
from delivery.errors import BadInput

# Requests carry templates up to this size; larger ones come from a bucket. Source:
# AWS CloudFormation User Guide, "Quotas".
INLINE_TEMPLATE_BYTES = 51_200
_FORM = "AWS::CloudFormation::Interface"


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is sent, and what it asks for."""

    text: str
    parameters: Mapping[str, Any]

    @property
    def too_large(self) -> bool:
        """Whether it does not fit into a request."""
        return len(self.text.encode()) > INLINE_TEMPLATE_BYTES


def read_template(path: Path) -> Template:
    """Read a template; one too large for a request is sent as compact JSON.

    Comments and indentation are a third of a well-documented template, and CloudFormation
    does not need them; nor does it need how the console would ask for parameters.
    Foundation has to fit: it makes the bucket that a larger template would be read from.

    Raises:
        BadInput: when the file is missing or is no template.
    """
    from awsrules.templates import load_template

    try:
        text = path.read_text(encoding="utf-8")
        body = load_template(text, name=path.name)
    except OSError as error:
        raise BadInput(
            f"Template {path} cannot be read.",
            why=str(error),
            next_step="Run the tool in the project's folder.",
        ) from error
    except TemplateError as error:
        raise BadInput(
            f"Template {path} is not valid.",
            why=str(error),
            next_step="./deploy_pipeline.py validate",
        ) from error
    template = Template(text, body.get("Parameters") or {})
    if template.too_large:
        needed = _without_form(body)
        compact = json.dumps(needed, separators=(",", ":"), ensure_ascii=False)
        return Template(compact, template.parameters)
    return template


def _without_form(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out how the console would group the parameters."""
    metadata = {k: v for k, v in (body.get("Metadata") or {}).items() if k != _FORM}
    others = {key: value for key, value in body.items() if key != "Metadata"}
    return {**others, "Metadata": metadata} if metadata else others
