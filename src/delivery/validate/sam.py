"""What SAM makes of the application's template for one environment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# SAM takes code from S3 only; before packaging it is a folder. Nothing reads this address.
_CODE = {
    "AWS::Serverless::Function": ("CodeUri", "s3://packages/code"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "s3://packages/layer"),
}


class NotTranslatable(Exception):
    """SAM refuses the template; ``problems`` are its sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def translate(
    template: Mapping[str, Any], parameters: Mapping[str, str], *, region: str
) -> dict[str, Any]:
    """Give the CloudFormation template that SAM makes for ``parameters``.

    Raises:
        NotTranslatable: with SAM's reasons.
    """
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    from samtranslator.model.exceptions import (
        InvalidDocumentException,
        InvalidEventException,
        InvalidResourceException,
    )
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    translator = Translator({}, Parser(), boto_session=_Place(region))
    try:
        translated: dict[str, Any] = translator.translate(
            _with_code_in_s3(template), dict(parameters)
        )
    except InvalidDocumentException as error:
        causes = [str(cause.message) for cause in error.causes]
        raise NotTranslatable(causes) from error
    except (InvalidResourceException, InvalidEventException) as error:
        raise NotTranslatable([str(error.message)]) from error
    return translated


@dataclass(frozen=True, slots=True)
class _Place:
    """All that the translator reads of a boto3 session; a real one may have no region."""

    region_name: str


def _with_code_in_s3(template: Mapping[str, Any]) -> dict[str, Any]:
    """Give a deep copy in plain data whose local folders are addresses in S3."""
    copy: dict[str, Any] = _plain(template)
    for resource in copy.get("Resources", {}).values():
        if resource.get("Type") in _CODE:
            name, address = _CODE[resource["Type"]]
            properties = resource.setdefault("Properties", {})
            if "InlineCode" not in properties and "ImageUri" not in properties:
                properties[name] = address
    copy.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    return copy


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value
