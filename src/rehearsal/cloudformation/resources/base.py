"""What a resource type is asked, what it answers, and the generic way to be one.

A `Calls` row in a table is enough for most types: the properties of CloudFormation and the
parameters of the service's API bear the same names but for their case, so the API's own model
says where each property goes.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from botocore import xform_name
from botocore.model import OperationModel

if TYPE_CHECKING:
    from rehearsal.cloudformation.model import Operation
    from rehearsal.plane import Plane

Properties = Mapping[str, Any]
_SUFFIX = string.ascii_uppercase + string.digits


class NotRehearsed(Exception):
    """The plane cannot make this; the text says why."""


class SaysItself(Exception):
    """A failure whose text goes into the event as it is."""


@dataclass(frozen=True, slots=True)
class Made:
    """A physical resource: its id (what Ref gives) and what Fn::GetAtt answers.

    ``not_rehearsed`` says what of it the plane left out.
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    not_rehearsed: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to do to one resource, as the stack's role.

    Attributes:
        properties: what is wanted, secrets resolved.
        previous: what it was before; empty on create.
        physical_id: the id so far; empty on create.
        shift: the resource's UpdatePolicy, resolved.
        rolling_back: whether a failed update is being undone.
        missing: properties that were left out because no API call takes them.
        claimed: ids of what a create has made, should it fail half-way.
        uncertain: whether the change before this one failed half-way.
    """

    plane: Plane
    operation: Operation
    stack_name: str
    stack_id: str
    logical_id: str
    type: str
    properties: Properties
    previous: Properties = field(default_factory=dict)
    physical_id: str = ""
    attributes: Properties = field(default_factory=dict)
    shift: Properties = field(default_factory=dict)
    rolling_back: bool = False
    uncertain: bool = False
    claimed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """Give a client that acts with the stack's rights."""
        return self.plane.client(service, self.operation.role_arn)

    def changed(self, name: str) -> bool:
        """Say whether the top-level property ``name`` may be another than before."""
        return bool(
            self.uncertain or self.properties.get(name) != self.previous.get(name)
        )

    def differing(self) -> set[str]:
        """Name the top-level properties that are others than before."""
        before, after = self.previous, self.properties
        names = before.keys() | after.keys()
        return {name for name in names if before.get(name) != after.get(name)}

    def name(self, key: str, *, limit: int = 64, lower: bool = False) -> str:
        """Give the name that property ``key`` asks for, else one made as AWS makes it."""
        given = self.properties.get(key)
        if given:
            return str(given)
        return self.physical_id or generated_name(
            self.stack_name, self.logical_id, limit=limit, lower=lower
        )

    def arn(self, service: str, resource: str) -> str:
        """Give an ARN of this account and region."""
        return f"arn:aws:{service}:{self.plane.region}:{self.plane.account}:{resource}"


def generated_name(stack: str, logical_id: str, *, limit: int, lower: bool) -> str:
    """Make ``<stack>-<logical id>-<suffix>``, the stack's part cut to fit ``limit``."""
    suffix = "".join(secrets.choice(_SUFFIX) for _ in range(12))
    room = limit - len(suffix) - 2
    logical_id = logical_id[: max(room - 1, 1)]
    stack = stack[: max(room - len(logical_id), 0)].rstrip("-")
    name = "-".join(part for part in (stack, logical_id, suffix) if part)
    return name.lower() if lower else name


class Kind:
    """How resources of one type are made, changed and removed.

    ``changes`` names the properties that ``update`` can change, where it is not all.
    """

    changes: ClassVar[frozenset[str] | None] = None

    def create(self, ask: Ask) -> Made:
        """Make it."""
        raise NotRehearsed(f"the plane cannot make {ask.type}")

    def update(self, ask: Ask) -> Made:
        """Change it in place; most APIs put the whole, so creating again does."""
        return self.create(ask)

    def delete(self, ask: Ask) -> None:
        """Remove it. A resource that is gone already is removed."""


@dataclass(frozen=True, slots=True)
class Calls(Kind):
    """A type made by one API call, changed by one and removed by one.

    Attributes:
        identity: physical id from (ask, parameters sent, answer).
        key: the parameters that name it, for update and delete, from (ask).
        delete_key: the same for delete, where it differs.
        gone: error codes that say that there is nothing to delete.
        name: the property that names it; generated when it is not given.
        renames: property → parameter, where the API has another name.
        attributes: Fn::GetAtt's answers from (ask, physical id, answer).
        without: properties that other calls take care of.
        then: what else to do after create and update, from (ask, physical id).
    """

    service: str
    creates: str
    updates: str
    deletes: str
    identity: Callable[[Ask, dict[str, Any], Any], str]
    key: Callable[[Ask], dict[str, Any]]
    name: str = ""
    limit: int = 64
    renames: Mapping[str, str] = field(default_factory=dict)
    attributes: Callable[[Ask, str, Any], dict[str, Any]] | None = None
    without: frozenset[str] = frozenset()
    then: Callable[[Ask, str], None] | None = None
    delete_key: Callable[[Ask], dict[str, Any]] | None = None
    gone: frozenset[str] = frozenset()

    def create(self, ask: Ask) -> Made:
        """Call the API's create."""
        return self._send(ask, self.creates, {})

    def update(self, ask: Ask) -> Made:
        """Call the API's update; refused for a type whose API has none."""
        if not self.updates and ask.differing() <= {"Tags"}:
            return Made(ask.physical_id, ask.attributes)
        if not self.updates:
            raise NotRehearsed(f"the plane cannot change {ask.type} in place")
        return self._send(ask, self.updates, self.key(ask))

    def delete(self, ask: Ask) -> None:
        """Call the API's delete."""
        if not self.deletes:
            return
        key = (self.delete_key or self.key)(ask)
        call(ask.client(self.service), self.deletes, key, gone=self.gone)

    def _send(self, ask: Ask, operation: str, key: dict[str, Any]) -> Made:
        client = ask.client(self.service)
        wanted = {
            self.renames.get(name, name): value
            for name, value in ask.properties.items()
            if name not in self.without
        }
        if self.name:
            renamed = self.renames.get(self.name, self.name)
            wanted[renamed] = ask.name(self.name, limit=self.limit)
        model = client.meta.service_model.operation_model(operation)
        parameters = {**arguments(model, wanted, ask), **key}
        answer = call(client, operation, parameters)
        physical_id = ask.physical_id or self.identity(ask, parameters, answer)
        ask.claimed.append(physical_id)
        if self.then:
            self.then(ask, physical_id)
        found = self.attributes(ask, physical_id, answer) if self.attributes else {}
        return Made(physical_id, found)


def call(
    client: Any,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    gone: frozenset[str] = frozenset(),
) -> Any:
    """Call ``operation``; an error whose code is in ``gone`` means there is nothing left."""
    from botocore.exceptions import ClientError

    try:
        return getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in gone:
            return {}
        raise


def arguments(
    model: OperationModel, wanted: Properties, ask: Ask | None = None
) -> dict[str, Any]:
    """Turn properties into the parameters of an API call.

    A property that the call has no place for goes into ``ask.missing``: on create each, on
    update those that changed (tags are changed apart).
    """
    shape = model.input_shape
    if shape is None:
        return {}
    members = _by_lower_case(shape)
    if ask is not None:
        unplaced = [name for name in wanted if name.lower() not in members]
        updating = bool(ask.physical_id)
        ask.missing.extend(
            name
            for name in unplaced
            if not updating or (name != "Tags" and name in ask.differing())
        )
    return {
        members[name.lower()]: fit(value, shape.members[members[name.lower()]])
        for name, value in wanted.items()
        if name.lower() in members
    }


def fit(value: Any, shape: Any) -> Any:
    """Give ``value`` the names and types that an API's ``shape`` has."""
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            members = _by_lower_case(shape)
            return {
                members.get(key.lower(), key): (
                    fit(each, shape.members[members[key.lower()]])
                    if key.lower() in members
                    else each
                )
                for key, each in value.items()
            }
        case "list":
            items = value if isinstance(value, list) else [value]
            return [fit(each, shape.member) for each in items]
        case "map" if isinstance(value, dict):
            inner = shape.value
            return {str(key): fit(each, inner) for key, each in value.items()}
        case "map" if isinstance(value, list):
            return {each["Key"]: str(each["Value"]) for each in value}
        case "string":
            return text_of(value)
        case "boolean":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case _:
            return value


def _by_lower_case(shape: Any) -> dict[str, str]:
    return {name.lower(): name for name in shape.members}


def text_of(value: Any) -> str:
    """Give a value as the APIs want text: documents as JSON, truth in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value)
