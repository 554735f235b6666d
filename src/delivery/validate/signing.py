"""Signed code: every function asks for it alike, and a build signs what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from delivery.validate.model import Finding, Level, Rule, Subject

_FUNCTION = "AWS::Serverless::Function"
_ASKED = "CodeSigningConfigArn"
_PROFILES = "SigningProfileVersions"
# SAM's option with its function=profile pairs, or Signer's own command.
_SIGNS = re.compile(
    r"--signing-profiles(?P<pairs>(?:[\s\\]+\w+=\S+)*)|\bstart-signing-job\b"
)
_PACKAGES = re.compile(r"\bsam package\b")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_SOURCE = "AWS Lambda Developer Guide, Using code signing to verify code integrity"


def functions_refuse_alike(subject: Subject) -> Iterator[Finding]:
    """Check that each function of the application asks for signed code where one does."""
    functions = _functions(subject)
    asking = [name for name, properties in functions.items() if _ASKED in properties]
    if not asking:
        return
    for name in functions.keys() - set(asking):
        message = f"{name} has no {_ASKED}, as {asking[0]} has; it takes any code"
        yield subject.application.finding("code-signed", name, message)


def builds_sign_what_is_asked_for(subject: Subject) -> Iterator[Finding]:
    """Warn where an environment takes signed code only, and no command seen here signs.

    A warning: a program of one's own may sign where no text of a buildspec says so.
    """
    asking = [name for name, each in subject.values.items() if each.get(_PROFILES)]
    if not asking:
        return
    texts = {file: _COMMENT.sub("", text) for file, text in _texts(subject).items()}
    signing = [found for text in texts.values() for found in _SIGNS.finditer(text)]
    environments = ", ".join(asking)
    if not signing:
        message = (
            "no command signs packages, and Lambda will refuse them: "
            f"security.signing_profile_versions is given for {environments}"
        )
        yield _warning(texts, message)
    named = {
        pair.partition("=")[0]
        for found in signing
        for pair in re.findall(r"\w+=", found["pairs"] or "")
    }
    for name in sorted(_functions(subject).keys() - named) if named else ():
        message = (
            f"--signing-profiles does not name {name}, and Lambda will refuse its "
            f"package in {environments}"
        )
        yield _warning(texts, message)


def _functions(subject: Subject) -> dict[str, Mapping[str, Any]]:
    shared = subject.application.section("Globals").get("Function", {})
    return {
        name: {**shared, **own} for name, own in subject.application.of_type(_FUNCTION)
    }


def _texts(subject: Subject) -> dict[str, str]:
    """Give the buildspecs and the scripts beside them, by file."""
    scripts = {
        file.relative_to(subject.root).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(subject.root.glob("buildspecs/**/*.sh"))
    }
    return {**subject.buildspecs, **scripts}


def _warning(texts: Mapping[str, str], message: str) -> Finding:
    """Tell it where packages are made."""
    for file, text in texts.items():
        if found := _PACKAGES.search(text):
            line = text.count("\n", 0, found.start()) + 1
            return Finding("build-signs", file, line, message, Level.WARNING)
    return Finding("build-signs", "buildspec.yml", None, message, Level.WARNING)


RULES = (
    Rule(
        "code-signed",
        "Where one function refuses code without a signature, every function does.",
        functions_refuse_alike,
        reason="A function that was forgotten would take code of anybody's.",
        source=_SOURCE,
    ),
    Rule(
        "build-signs",
        "Where an environment takes signed code only, a build signs each package; a warning.",
        builds_sign_what_is_asked_for,
    ),
)
