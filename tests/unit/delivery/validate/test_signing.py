"""Signed code: what is told when an environment asks for it and a build does not sign."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.validate.model import Level, Subject
from delivery.validate.signing import (
    builds_sign_what_is_asked_for,
    functions_refuse_alike,
)

PROFILE = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/release/a1b2C3d4E5"
PACKAGE = "--s3-prefix packages "
FUNCTIONS = (
    "AnalyzeFunction",
    "HealthFunction",
    "PostTrafficFunction",
    "PreTrafficFunction",
    "RecordsFunction",
)


@pytest.fixture
def asking(make_subject) -> Subject:
    """Give the product as it stands, with profiles for production."""
    subject = make_subject()
    values = {
        **subject.values,
        "production": {
            **subject.values["production"],
            "SigningProfileVersions": PROFILE,
        },
    }
    return replace(subject, values=values)


def built_with(subject: Subject, old: str, new: str) -> Subject:
    text = subject.buildspecs["buildspec.yml"]
    assert old in text
    changed = {"buildspec.yml": text.replace(old, new, 1)}
    return replace(subject, buildspecs={**subject.buildspecs, **changed})


def signed(*functions: str) -> str:
    pairs = " \\\n            ".join(f"{each}=release" for each in functions)
    return f"{PACKAGE}--signing-profiles {pairs} "


def test_nobody_who_asks_for_no_signature_hears_of_it(make_subject) -> None:
    assert list(builds_sign_what_is_asked_for(make_subject())) == []


def test_a_build_that_does_not_sign_is_warned_of_where_it_packages(asking) -> None:
    (finding,) = builds_sign_what_is_asked_for(asking)

    assert finding.level is Level.WARNING
    assert finding.message == (
        "no command signs packages, and Lambda will refuse them: "
        "security.signing_profile_versions is given for production"
    )
    line = asking.buildspecs[finding.file].splitlines()[(finding.line or 0) - 1]
    assert "sam package" in line


def test_a_comment_about_signing_signs_nothing(asking) -> None:
    comment = "    # sam package --signing-profiles, or aws signer start-signing-job\n"
    subject = built_with(asking, "  build:\n", f"  build:\n{comment}")

    assert len(list(builds_sign_what_is_asked_for(subject))) == 1


@pytest.mark.parametrize(
    "command",
    [signed(*FUNCTIONS), f"{PACKAGE}--signing-profiles $PROFILES "],
    ids=["every function", "names that a variable holds"],
)
def test_a_build_that_signs_everything_is_not_warned_of(asking, command: str) -> None:
    subject = built_with(asking, PACKAGE, command)

    assert list(builds_sign_what_is_asked_for(subject)) == []


def test_a_command_of_the_signers_own_counts_as_signing(asking) -> None:
    own = "      - aws signer start-signing-job --profile-name release\n"
    subject = built_with(asking, "    commands:\n", f"    commands:\n{own}")

    assert list(builds_sign_what_is_asked_for(subject)) == []


def test_a_function_that_sam_is_not_told_to_sign_is_named(asking) -> None:
    subject = built_with(asking, PACKAGE, signed(*FUNCTIONS[1:]))

    (finding,) = builds_sign_what_is_asked_for(subject)

    assert "does not name AnalyzeFunction, and Lambda will refuse" in finding.message


def test_a_function_that_takes_any_code_beside_others_is_named(make_subject) -> None:
    asks = (
        "      CodeSigningConfigArn: !If [AcceptsSignedCodeOnly, "
        "!Ref AcceptedSignatures, !Ref AWS::NoValue]\n"
    )
    role = "      Role: !GetAtt HealthRole.Arn\n"
    subject = make_subject(template={role + asks: role})

    (finding,) = functions_refuse_alike(subject)

    assert finding.message.startswith("HealthFunction has no CodeSigningConfigArn")
    line = subject.application.text.splitlines()[(finding.line or 0) - 1]
    assert line == "  HealthFunction:"


def test_where_no_function_asks_none_has_to(make_subject) -> None:
    subject = make_subject()
    body = dict(subject.application.body)
    body["Resources"] = {
        name: (
            each
            if each["Type"] != "AWS::Serverless::Function"
            else {
                **each,
                "Properties": {
                    key: value
                    for key, value in each["Properties"].items()
                    if key != "CodeSigningConfigArn"
                },
            }
        )
        for name, each in body["Resources"].items()
    }

    without = replace(subject.application, body=body)
    assert list(functions_refuse_alike(replace(subject, application=without))) == []
