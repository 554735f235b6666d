"""What a release needs in order to serve, read from its template and parameters.

Code cannot be read, so what it uses is taken from what its template gives it: the
statements of its role, its variables, its layers, its log group, and its routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsrules.compared import scope_of, written
from awsrules.templates import Scope, load_template, references, resolve

_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
Permission = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class FunctionNeeds:
    """What one function is given.

    ``permissions`` are (action, resource, condition) that its role allows; ``denied`` those that
    it denies. ``variables`` are its environment variables by name. ``uses`` are logical ids
    of resources that its properties or its role's statements refer to. ``does_without`` are
    names that its release declares, in ``Metadata.NoLongerNeeds``, to use no more.
    """

    role: str = ""
    permissions: frozenset[Permission] = frozenset()
    denied: frozenset[Permission] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    log_group: str = ""
    uses: frozenset[str] = frozenset()
    does_without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; ``name`` is empty where CloudFormation names it.

    ``kept`` when it stays in the account after a template no longer has it.
    """

    type: str
    name: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One release: its functions and its resources by logical id, its routes.

    ``routes`` are "METHOD path" with the function that serves them.
    """

    functions: Mapping[str, FunctionNeeds]
    resources: Mapping[str, Resource]
    routes: Mapping[str, str]


def read_side(template: str, parameters: Mapping[str, str]) -> Side:
    """Read what a release needs and gives.

    Raises:
        TemplateError: when the template cannot be read.
    """
    document = load_template(template, name="template")
    scope = scope_of(document, parameters)
    resources = {
        name: body
        for name, body in (document.get("Resources") or {}).items()
        if scope.conditions.get(body.get("Condition", ""), True)
    }
    defaults = (document.get("Globals") or {}).get("Function") or {}
    reader = _Reader(resources, defaults, scope)
    return Side(
        functions={
            name: reader.function(name)
            for name, body in resources.items()
            if body.get("Type") in _FUNCTIONS
        },
        resources={
            name: Resource(
                type=str(body.get("Type", "")),
                name=reader.name_of(body),
                kept=str(body.get("DeletionPolicy", "")).startswith("Retain"),
            )
            for name, body in resources.items()
        },
        routes=dict(reader.routes()),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one template's resources."""

    resources: Mapping[str, Any]
    defaults: Mapping[str, Any]
    scope: Scope

    def function(self, name: str) -> FunctionNeeds:
        properties = _merged(
            self.defaults, self.resources[name].get("Properties") or {}
        )
        role_of_it = properties.get("Role")
        role_ids = references(role_of_it) & set(self.resources)
        statements = [
            *self._statements(properties.get("Policies")),
            *(each for role in role_ids for each in self._of_role(role)),
        ]
        allowed = [each for each in statements if each.get("Effect") == "Allow"]
        denied = [each for each in statements if each.get("Effect") == "Deny"]
        used = [
            properties.get("Environment"),
            properties.get("Layers"),
            properties.get("LoggingConfig"),
            properties.get("DeadLetterQueue"),
            properties.get("DeadLetterConfig"),
            properties.get("VpcConfig"),
            properties.get("FileSystemConfigs"),
            properties.get("KmsKeyArn"),
            [each.get("Resource") for each in allowed],
        ]
        variables = (properties.get("Environment") or {}).get("Variables") or {}
        logging = properties.get("LoggingConfig") or {}
        return FunctionNeeds(
            role=self._text(role_of_it),
            permissions=frozenset(self._permissions(allowed)),
            denied=frozenset(self._permissions(denied)),
            variables={key: self._text(value) for key, value in variables.items()},
            layers=tuple(self._text(each) for each in properties.get("Layers") or ()),
            log_group=self._text(logging.get("LogGroup")),
            uses=(references(used) | role_ids) & set(self.resources),
            does_without=frozenset(
                (self.resources[name].get("Metadata") or {}).get("NoLongerNeeds") or ()
            ),
        )

    def name_of(self, body: Mapping[str, Any]) -> str:
        """Return the name a resource is given, for it is another one under another name."""
        for key, value in (body.get("Properties") or {}).items():
            simple = str(body.get("Type", "")).rpartition("::")[2]
            if key in {"Name", f"{simple}Name"}:
                return self._text(value)
        return ""

    def routes(self) -> Iterator[tuple[str, str]]:
        for name, body in self.resources.items():
            events = (body.get("Properties") or {}).get("Events") or {}
            if body.get("Type") not in _FUNCTIONS:
                continue
            for event in events.values():
                if event.get("Type") in ("Api", "HttpApi"):
                    route = event.get("Properties") or {}
                    method = str(route.get("Method", "any")).upper()
                    yield f"{method} {self._text(route.get('Path'))}", name

    def _of_role(self, role: str) -> Iterator[Mapping[str, Any]]:
        properties = self.resources[role].get("Properties") or {}
        for policy in properties.get("Policies") or ():
            yield from self._statements([policy.get("PolicyDocument")])
        for arn in properties.get("ManagedPolicyArns") or ():
            yield {"Effect": "Allow", "Action": "(policy)", "Resource": arn}
        for body in self.resources.values():
            policy = body.get("Properties") or {}
            attached = [policy.get("Roles"), policy.get("RoleName")]
            if body.get("Type") in _POLICIES and role in references(attached):
                yield from self._statements([policy.get("PolicyDocument")])

    def _statements(self, policies: Any) -> Iterator[Mapping[str, Any]]:
        """Yield statements of documents; SAM's templates and ARNs count as one each."""
        if isinstance(policies, (str, dict)):
            policies = [policies]
        for policy in resolve(policies or [], self.scope):
            if isinstance(policy, dict) and "Statement" in policy:
                statements = policy["Statement"]
                yield from statements if isinstance(statements, list) else [statements]
            else:
                action, resource = "(policy)", policy
                if isinstance(policy, dict) and len(policy) == 1:
                    ((action, resource),) = policy.items()
                yield {"Effect": "Allow", "Action": action, "Resource": resource}

    def _permissions(self, statements: list[Mapping[str, Any]]) -> Iterator[Permission]:
        for each in statements:
            condition = self._text(each.get("Condition") or "")
            for action in self._named(each, "Action"):
                for resource in self._named(each, "Resource"):
                    yield action, resource, condition

    def _named(self, statement: Mapping[str, Any], key: str) -> list[str]:
        """Return actions or resources; all but some compares only with the same."""
        if f"Not{key}" in statement:
            return [f"all but {self._text(statement[f'Not{key}'])}"]
        return [self._text(each) for each in _as_list(statement.get(key, "*"))]

    def _text(self, value: Any) -> str:
        """Return a value as one text: references as ${Name}, so that they compare."""
        return written(resolve(value, self.scope))


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a function's properties with SAM's Globals, mappings merged, lists added."""
    merged = {**defaults, **own}
    for key in set(defaults) & set(own):
        if isinstance(defaults[key], dict) and isinstance(own[key], dict):
            merged[key] = _merged(defaults[key], own[key])
        elif isinstance(defaults[key], list) and isinstance(own[key], list):
            merged[key] = [*defaults[key], *own[key]]
    return merged


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
