"""The one error of template loading and resolving, with the place it happened."""

from __future__ import annotations


class TemplateError(ValueError):
    """A template or its parameters are wrong, worded as CloudFormation words it."""

    def __init__(
        self,
        message: str,
        *,
        name: str = "",
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = ":".join(
            str(part) for part in (self.name, self.line, self.column) if part
        )
        return f"{place}: {self.message}" if place else self.message
