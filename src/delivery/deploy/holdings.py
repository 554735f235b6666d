"""What the deletion of a stack would take along, and what it would leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.template_errors import TemplateError
from awsrules.templates import load_template
from delivery.model import StackContents, StackResource
from delivery.model.marks import holds_data

_KEPT = frozenset({"Retain", "RetainExceptOnCreate"})


@dataclass(frozen=True, slots=True)
class Holdings:
    """A stack's resources by what its deletion does to them."""

    lost: tuple[StackResource, ...] = ()
    kept: tuple[StackResource, ...] = ()

    @property
    def data_lost(self) -> tuple[StackResource, ...]:
        """Return what is deleted and holds what no deployment brings back."""
        return tuple(each for each in self.lost if holds_data(each.type))

    def lines(self) -> Iterator[str]:
        """Say what is deleted with its data, and what is left behind."""
        for each in self.data_lost:
            yield f"DATA IS LOST: {each.logical_id} ({each.type}) {each.physical_id}"
        for each in self.kept:
            yield f"left behind: {each.logical_id} ({each.type}) {each.physical_id}"

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "deleted": [_data(each) for each in self.lost],
            "retained": [_data(each) for each in self.kept],
            "data_lost": [each.logical_id for each in self.data_lost],
        }


def holdings_of(contents: StackContents) -> Holdings:
    """Sort a stack's resources by their DeletionPolicy.

    A resource that the template does not name, made by a transform, is deleted. Without
    a policy CloudFormation deletes; source: AWS CloudFormation User Guide,
    "DeletionPolicy attribute".
    """
    policies = _policies(contents.template)
    kept = tuple(
        each for each in contents.resources if policies.get(each.logical_id) in _KEPT
    )
    lost = tuple(each for each in contents.resources if each not in kept)
    return Holdings(lost, kept)


def _policies(template: str) -> Mapping[str, str]:
    try:
        resources = load_template(template, name="template").get("Resources") or {}
    except TemplateError:
        return {}
    return {
        name: str(body.get("DeletionPolicy", "Delete"))
        for name, body in resources.items()
        if isinstance(body, Mapping)
    }


def _data(resource: StackResource) -> dict[str, str]:
    return {
        "resource": resource.logical_id,
        "type": resource.type,
        "id": resource.physical_id,
    }
