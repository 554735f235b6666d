"""The SAM transform, by AWS's own translator."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from awsrules.templates import TemplateError

TRANSFORM = "AWS::Serverless-2016-10-31"
# The translator keeps settings in class attributes and was not written for threads.
_one_at_a_time = threading.Lock()


def uses_transform(template: Mapping[str, Any]) -> bool:
    """Say whether ``template`` asks for the SAM transform."""
    asked = template.get("Transform") or []
    return TRANSFORM in ([asked] if isinstance(asked, str) else asked)


def transform(
    template: Mapping[str, Any],
    parameters: Mapping[str, Any],
    pseudo: Mapping[str, str],
) -> Mapping[str, Any]:
    """Give the template that CloudFormation works with.

    Raises:
        TemplateError: with the translator's findings, worded as CloudFormation does.
    """
    if not uses_transform(template):
        return template
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    from samtranslator.model.exceptions import InvalidDocumentException

    asked = template["Transform"]
    with _one_at_a_time:
        try:
            translated = _translate(
                json.loads(json.dumps(template)),
                {**parameters, **pseudo},
                pseudo["AWS::Region"],
            )
        except InvalidDocumentException as error:
            raise TemplateError(
                f"Transform {TRANSFORM} failed with: {_findings(error)}"
            ) from error
    # Kept in the processed template, as GetTemplate shows it, with plain types.
    plain: dict[str, Any] = json.loads(json.dumps(translated))
    return {"Transform": asked, **plain}


def _translate(
    template: dict[str, Any], values: dict[str, Any], region: str
) -> dict[str, Any]:
    """Do as `samtranslator.translator.transform.transform` does, for a region given here.

    That one asks boto3 for the region of the machine, which need not have any.
    """
    from boto3.session import Session
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import (
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    to_py27_compatible_template(template, values)
    translator = Translator(None, Parser(), boto_session=Session(region_name=region))
    translated = translator.translate(
        template, parameter_values=values, get_managed_policy_map=_managed_policies
    )
    plain: dict[str, Any] = undo_mark_unicode_str_in_template(translated)
    return plain


@cache
def _managed_policies() -> dict[str, str]:
    found = find_spec("samtranslator.internal")
    assert found is not None and found.submodule_search_locations
    path = Path(
        found.submodule_search_locations[0], "data", "aws_managed_policies.json"
    )
    partitions: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return partitions["aws"]


def _findings(error: Any) -> str:
    causes = [str(each.message) for each in error.causes]
    return (
        "Invalid Serverless Application Specification document. "
        f"Number of errors found: {len(causes)}. {' '.join(causes)}"
    )
