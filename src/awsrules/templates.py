"""Read CloudFormation templates: short-form tags, line numbers, parameters, intrinsics.

Loading is here; what a template's values become is in `awsrules.intrinsics` and
`awsrules.parameters`, whose names are offered here too.
"""

from __future__ import annotations

from typing import Any, cast

import yaml

from awsrules.intrinsics import (
    NO_VALUE,
    DynamicReference,
    Scope,
    contains_intrinsic,
    dynamic_references,
    evaluate_conditions,
    references,
    replace_dynamic_references,
    resolve,
)
from awsrules.parameters import broken_rules, effective_parameters
from awsrules.template_errors import TemplateError

__all__ = [
    "NO_VALUE",
    "DynamicReference",
    "Scope",
    "TemplateError",
    "TemplateList",
    "TemplateMap",
    "broken_rules",
    "contains_intrinsic",
    "dynamic_references",
    "effective_parameters",
    "evaluate_conditions",
    "line_of",
    "load_template",
    "references",
    "replace_dynamic_references",
    "resolve",
]


class TemplateMap(dict[str, Any]):
    """A mapping that knows its own line and the line of each of its keys, from 1."""

    line: int
    lines: dict[str, int]

    def __init__(self, *, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines = {}


class TemplateList(list[Any]):
    """A sequence that knows its own line and the line of each of its items, from 1."""

    line: int
    lines: list[int]

    def __init__(self, *, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines = []


def load_template(text: str, *, name: str) -> dict[str, Any]:
    """Read a template in YAML or JSON, with `!Ref`, `!Sub`, `!If`… in their long form.

    ``name`` is the file's name for messages. Dates stay text, as CloudFormation has it.

    Raises:
        TemplateError: for text that is not YAML, a key given twice, or a template that
            is not a mapping; it carries the line and the column.
    """
    try:
        _refuse_what_grows(text, name)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise TemplateError(
            f"Template format error: YAML not well-formed. {error.problem or error}",
            name=name,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from error
    except yaml.YAMLError as error:
        raise TemplateError(
            f"Template format error: YAML not well-formed. {error}", name=name
        ) from error
    if not isinstance(root, yaml.MappingNode):
        raise TemplateError(
            "Template format error: unsupported structure. The document must be a "
            "block of keys",
            name=name,
            line=1,
        )
    return cast("dict[str, Any]", _Builder(name).build(root))


def _refuse_what_grows(text: str, name: str) -> None:
    """Refuse aliases, a few lines of which stand for gigabytes, and endless nesting.

    CloudFormation takes no aliases either
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html).
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.AliasEvent):
            what = f"the alias *{event.anchor} is not allowed; write its value out"
        elif depth > DEEPEST:
            what = f"nested deeper than {DEEPEST} levels"
        else:
            continue
        mark = event.start_mark
        raise TemplateError(
            f"Template format error: {what}",
            name=name,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        )


def line_of(template: Any, *path: str | int) -> int | None:
    """Give the line, from 1, of what is at ``path``, or of its nearest parent."""
    line: int | None = getattr(template, "line", None)
    here = template
    for step in path:
        if isinstance(here, TemplateMap) and step in here:
            line = here.lines.get(str(step), line)
            here = here[str(step)]
        elif isinstance(here, TemplateList) and _is_index(step, here):
            line = here.lines[int(step)]
            here = here[int(step)]
        else:
            break
    return line


def _is_index(step: str | int, items: list[Any]) -> bool:
    return isinstance(step, int) and 0 <= step < len(items)


# Far deeper than a template of 1 MB has reason to be, far from what the parser survives.
DEEPEST = 100

# The C parser is eight times as fast; a PyYAML without libyaml does not have it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SCALARS = yaml.SafeLoader("")

_PREFIXED = frozenset(
    "And Base64 Cidr Equals FindInMap ForEach GetAZs If ImportValue Join Length Not Or "
    "Select Split Sub ToJsonString Transform".split()
)


class _Builder:
    """Turn the nodes of a YAML document into values that remember their lines."""

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, node: yaml.Node) -> Any:
        if node.tag.startswith("!") and node.tag != "!":
            return self._short_form(node)
        return self._plain(node)

    def _plain(self, node: yaml.Node) -> Any:
        match node:
            case yaml.MappingNode():
                return self._mapping(node)
            case yaml.SequenceNode():
                return self._sequence(node)
            case _:
                return self._scalar(cast(yaml.ScalarNode, node))

    def _mapping(self, node: yaml.MappingNode) -> TemplateMap:
        built = TemplateMap(line=node.start_mark.line + 1)
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in built:
                first = built.lines[key]
                raise self._error(
                    f'the key "{key}" is given twice (first on line {first})', key_node
                )
            built[key] = self.build(value_node)
            built.lines[key] = key_node.start_mark.line + 1
        return built

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error("a key must be text", node)
        if node.tag == "tag:yaml.org,2002:merge":
            raise self._error("CloudFormation does not know YAML's merge key <<", node)
        return str(node.value)

    def _sequence(self, node: yaml.SequenceNode) -> TemplateList:
        built = TemplateList(line=node.start_mark.line + 1)
        for item in node.value:
            built.append(self.build(item))
            built.lines.append(item.start_mark.line + 1)
        return built

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        match node.tag.rpartition(":")[2]:
            case "int" | "float" | "bool" | "null":
                return _SCALARS.construct_object(node)
            case _:
                return node.value

    def _short_form(self, node: yaml.Node) -> TemplateMap:
        tag = node.tag[1:]
        built = TemplateMap(line=node.start_mark.line + 1)
        value = (
            node.value if isinstance(node, yaml.ScalarNode) else self._untagged(node)
        )
        if tag == "GetAtt":
            key = "Fn::GetAtt"
            value = value.split(".", 1) if isinstance(value, str) else value
        elif tag in ("Ref", "Condition"):
            key = tag
        elif tag in _PREFIXED:
            key = f"Fn::{tag}"
        else:
            raise self._error(f"unknown tag !{tag}", node)
        built[key] = value
        built.lines[key] = built.line
        return built

    def _untagged(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        return self._sequence(cast(yaml.SequenceNode, node))

    def _error(self, problem: str, node: yaml.Node) -> TemplateError:
        return TemplateError(
            f"Template format error: {problem}",
            name=self._name,
            line=node.start_mark.line + 1,
            column=node.start_mark.column + 1,
        )
