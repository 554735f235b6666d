"""An event as one JSON object, and back, strictly.

The bytes are canonical (sorted keys, UTF-8, one final newline), so that what is hashed
is what anyone would write for the same event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from delivery.ledger.events import (
    SCHEMA_VERSION,
    AliasMove,
    Approval,
    Commit,
    Deployed,
    Deployment,
    Event,
    Fact,
    Failed,
    FunctionVersion,
    Kind,
    LedgerBroken,
    Pinned,
    Reconciled,
    RolledBack,
    Scope,
    StoredTemplate,
    TrafficComplete,
    Verified,
)
from delivery.ledger.fields import Fields, broken, ordered, written_time
from delivery.model import Override


def encode(event: Event) -> bytes:
    """Return the bytes of an event's object."""
    data = {
        "schema": SCHEMA_VERSION,
        "kind": event.kind.value,
        "account": event.scope.account,
        "region": event.scope.region,
        "environment": event.scope.environment,
        "sequence": event.sequence,
        "at": written_time(event.at),
        "release": event.release,
        "execution": event.execution,
        "actor": event.actor,
        "previous_sha256": event.previous_sha256,
        "details": details(event.fact),
    }
    text = json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


def decode(content: bytes, *, where: str) -> Event:
    """Read an event from its object's bytes; ``where`` names the object in errors.

    Raises:
        LedgerBroken: when it is not exactly what ``encode`` writes.
    """
    try:
        data = json.loads(content)
    except ValueError as error:
        raise broken(where, "is not JSON") from error
    fields = Fields(data, where)
    if (schema := fields.integer("schema")) != SCHEMA_VERSION:
        raise LedgerBroken(
            f"{where} is of schema {schema}; this tool knows {SCHEMA_VERSION}.",
            why="A newer tool wrote it.",
            next_step="Use the tool of the commit that was released last.",
        )
    kind = fields.word("kind", Kind)
    event = Event(
        scope=Scope(
            fields.text("account"), fields.text("region"), fields.text("environment")
        ),
        sequence=fields.integer("sequence"),
        at=fields.time("at"),
        release=fields.integer("release"),
        execution=fields.text("execution"),
        actor=fields.text("actor"),
        previous_sha256=fields.text("previous_sha256"),
        fact=_read(kind, fields.inner("details")),
    )
    fields.done()
    return event


def hash_of(content: bytes) -> str:
    """Return the hash by which the next event names this one."""
    return sha256(content).hexdigest()


def details(fact: Fact) -> dict[str, Any]:
    """Return a fact as plain data."""
    match fact:
        case Deployed():
            return _deployed(fact)
        case TrafficComplete(versions):
            return {"versions": ordered(versions)}
        case Verified(by):
            return {"by": by}
        case Failed(by, reason):
            return {"by": by, "reason": reason}
        case RolledBack():
            return {
                "from_release": fact.from_release,
                "to_release": fact.to_release,
                "reason": fact.reason,
                "seconds": fact.seconds,
                "moves": {name: _move(move) for name, move in fact.moves.items()},
            }
        case Pinned():
            return {
                "function": fact.function,
                "move": _move(fact.move),
                "stack_version": fact.stack_version,
                "reason": fact.reason,
            }
        case Reconciled(functions, reason):
            return {"functions": list(functions), "reason": reason}


def _deployed(fact: Deployed) -> dict[str, Any]:
    approval = fact.approval
    return {
        "kind": fact.kind.value,
        "commit": {
            "id": fact.commit.id,
            "time": written_time(fact.commit.time) if fact.commit.time else None,
            "summary": fact.commit.summary,
        },
        "stack_id": fact.stack_id,
        "template": {
            "bucket": fact.template.bucket,
            "key": fact.template.key,
            "versionId": fact.template.version_id,
            "sha256": fact.template.sha256,
        },
        "parameters": ordered(fact.parameters),
        "hidden_parameters": list(fact.hidden_parameters),
        "tags": ordered(fact.tags),
        "role_arn": fact.role_arn,
        "functions": {
            name: {
                "logical_id": function.logical_id,
                "alias": function.alias,
                "version": function.version,
                "code_sha256": function.code_sha256,
                "revision": function.revision,
            }
            for name, function in fact.functions.items()
        },
        "api_deployments": ordered(fact.api_deployments),
        "build_id": fact.build_id,
        "approval": approval
        and {
            "by": approval.by,
            "comment": approval.comment,
            "at": written_time(approval.at) if approval.at else None,
        },
        # Only where there is one: events from before overrides read and hash as they did.
        **_override(fact.override),
    }


def _override(override: Override | None) -> dict[str, Any]:
    if override is None:
        return {}
    return {"override": {"reason": override.reason, "by": override.by}}


def _move(move: AliasMove) -> dict[str, str]:
    return {
        "alias": move.alias,
        "from_version": move.from_version,
        "to_version": move.to_version,
    }


def _read(kind: Kind, fields: Fields) -> Fact:
    fact = _READERS[kind](fields)
    fields.done()
    return fact


def _read_deployed(fields: Fields) -> Deployed:
    return Deployed(
        kind=fields.word("kind", Deployment),
        commit=_read_commit(fields.inner("commit")),
        stack_id=fields.text("stack_id"),
        template=_read_template(fields.inner("template")),
        parameters=fields.texts("parameters"),
        hidden_parameters=fields.words("hidden_parameters"),
        tags=fields.texts("tags"),
        role_arn=fields.text("role_arn"),
        functions={
            name: _read_function(function)
            for name, function in fields.inners("functions").items()
        },
        api_deployments=fields.texts("api_deployments"),
        build_id=fields.text("build_id"),
        approval=_read_approval(fields.inner_or_none("approval")),
        override=_read_override(fields),
    )


def _read_commit(fields: Fields) -> Commit:
    commit = Commit(
        fields.text("id"), fields.time_or_none("time"), fields.text("summary")
    )
    fields.done()
    return commit


def _read_template(fields: Fields) -> StoredTemplate:
    template = StoredTemplate(
        bucket=fields.text("bucket"),
        key=fields.text("key"),
        version_id=fields.text("versionId"),
        sha256=fields.text("sha256"),
    )
    fields.done()
    return template


def _read_function(fields: Fields) -> FunctionVersion:
    function = FunctionVersion(
        logical_id=fields.text("logical_id"),
        alias=fields.text("alias"),
        version=fields.text("version"),
        code_sha256=fields.text("code_sha256"),
        revision=fields.text("revision"),
    )
    fields.done()
    return function


def _read_approval(fields: Fields | None) -> Approval | None:
    if fields is None:
        return None
    approval = Approval(
        fields.text("by"), fields.text("comment"), fields.time_or_none("at")
    )
    fields.done()
    return approval


def _read_override(fields: Fields) -> Override | None:
    if "override" not in fields.names():
        return None
    inner = fields.inner("override")
    override = Override(inner.text("reason"), inner.text("by"))
    inner.done()
    return override


def _read_move(fields: Fields) -> AliasMove:
    move = AliasMove(
        fields.text("alias"), fields.text("from_version"), fields.text("to_version")
    )
    fields.done()
    return move


def _read_rolled_back(fields: Fields) -> RolledBack:
    return RolledBack(
        from_release=fields.integer("from_release"),
        to_release=fields.integer("to_release"),
        reason=fields.text("reason"),
        seconds=fields.number("seconds"),
        moves={name: _read_move(move) for name, move in fields.inners("moves").items()},
    )


_READERS: Mapping[Kind, Callable[[Fields], Fact]] = {
    Kind.DEPLOYED: _read_deployed,
    Kind.TRAFFIC_COMPLETE: lambda fields: TrafficComplete(fields.texts("versions")),
    Kind.VERIFIED: lambda fields: Verified(fields.text("by")),
    Kind.FAILED: lambda fields: Failed(fields.text("by"), fields.text("reason")),
    Kind.ROLLED_BACK: _read_rolled_back,
    Kind.PINNED: lambda fields: Pinned(
        function=fields.text("function"),
        move=_read_move(fields.inner("move")),
        stack_version=fields.text("stack_version"),
        reason=fields.text("reason"),
    ),
    Kind.RECONCILED: lambda fields: Reconciled(
        fields.words("functions"), fields.text("reason")
    ),
}
