"""Defects sown into our own templates, one at a time: each is caught by its rule's name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seeded import BUILD_STAGE, DEFECTS, Defect, condition

from delivery.validate import RULES, chosen_rules, run_rules

_KNOWN: dict[Defect, bool] = {}


def caught(make_subject, defect: Defect) -> bool:
    """Whether the defect's rule finds something; asked once for each defect."""
    if defect not in _KNOWN:
        _KNOWN[defect] = _caught(make_subject, defect)
    return _KNOWN[defect]


def _caught(make_subject, defect: Defect) -> bool:
    subject = sown(make_subject, defect)
    return bool(run_rules(chosen_rules(only=[defect.rule]), subject))


def sown(make_subject, defect: Defect):
    if defect.file.endswith(".yml"):
        subject = make_subject()
        text = subject.buildspecs[defect.file]
        assert defect.old in text, f"{defect.old!r} is no longer in {defect.file}"
        changed = {defect.file: text.replace(defect.old, defect.new)}
        return replace(subject, buildspecs={**subject.buildspecs, **changed})
    return make_subject(**{defect.file: {defect.old: defect.new}})


@pytest.mark.thorough
@pytest.mark.parametrize("defect", DEFECTS, ids=str)
def test_a_sown_defect_is_caught_by_its_rule(make_subject, defect: Defect) -> None:
    assert caught(make_subject, defect)


@pytest.mark.thorough
def test_every_sown_defect_is_caught_and_the_share_is_told(
    make_subject, capsys
) -> None:
    missed = [str(each) for each in DEFECTS if not caught(make_subject, each)]

    with capsys.disabled():
        share = len(DEFECTS) - len(missed)
        print(f"\n{share} of {len(DEFECTS)} sown defects caught by their rule's name")
    assert missed == []
    assert len(set(DEFECTS)) == len(DEFECTS) >= 190


@pytest.mark.thorough
def test_the_proofs_of_roles_do_not_stumble_over_a_defect(make_subject) -> None:
    proofs = chosen_rules(only=["pipeline-lacks", "build-lacks"])
    for defect in (each for each in DEFECTS if each.file != "template"):
        run_rules(proofs, sown(make_subject, defect))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "change",
    [
        {BUILD_STAGE: condition("BeforeEntry", "FAIL", "DeploymentWindow")},
        {BUILD_STAGE: condition("BeforeEntry", "SKIP", "VariableCheck")},
        {BUILD_STAGE: condition("OnSuccess", "ROLLBACK", "CloudWatchAlarm")},
        {BUILD_STAGE: condition("OnFailure", "ROLLBACK", "LambdaInvoke")},
        {"ExecutionMode: SUPERSEDED": "ExecutionMode: QUEUED"},
        {"TimeoutInMinutes: !Ref ApprovalTimeoutMinutes": "TimeoutInMinutes: 5"},
        {"Image: !Ref BuildImage": f"Image: build@sha256:{'0' * 64}"},
    ],
    ids=str,
)
def test_what_codepipeline_takes_is_no_defect(make_subject, change) -> None:
    of_structure = [
        rule
        for rule in RULES
        if rule.id != "lint" and ".privilege" not in rule.check.__module__
    ]

    subject = make_subject(pipeline=change)
    assert [str(each) for each in run_rules(of_structure, subject)] == []


def test_every_rule_of_a_fact_outside_names_its_reason_and_its_public_source() -> None:
    sown = {each.rule for each in DEFECTS}

    for rule in RULES:
        if rule.source:
            assert rule.reason.endswith("."), rule.id
            assert rule.id in sown, rule.id
