"""Logs: found by what the stacks hold, told once each, in order, followed through trouble."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
from delivery_fakes import START, FakeClock, FakeScreen
from log_fakes import FakeLogs, line
from release_fakes import FakeDeployedStacks, make_contents

from delivery.errors import BadInput, Unreachable
from delivery.flows.logs import MOST_LINES, LogReader
from delivery.model import LogSource, StackResource
from delivery.watch.rhythm import Rhythm

PIPELINE = "medical-record-analysis-pipeline"
STAGING = "medical-record-analysis-lambda-staging"
TEMPLATE = """
Globals: {Function: {DeploymentPreference: {Hooks: {PostTraffic: !Ref After}}}}
Resources:
  Analyze:
    Type: AWS::Serverless::Function
    Properties: {DeploymentPreference: {Hooks: {PreTraffic: !Ref Before}}}
"""


@pytest.fixture
def reader():
    made = make_contents("staging", template=TEMPLATE)
    functions = tuple(
        StackResource(name, "AWS::Lambda::Function", f"mra-{name.lower()}")
        for name in ("Analyze", "Before", "After")
    )
    builds = (
        StackResource("BuildProject", "AWS::CodeBuild::Project", "MedicalBuild"),
        StackResource("BuildLogs", "AWS::Logs::LogGroup", "/aws/codebuild/x"),
    )
    found = {
        STAGING: replace(made, resources=functions),
        PIPELINE: replace(made, template="Resources: {}", resources=builds),
    }
    return LogReader(FakeDeployedStacks(found), FakeLogs(), FakeClock(), FakeScreen())


def names(sources: list[LogSource]) -> list[str]:
    return [each.name for each in sources]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("build", ["BuildProject"]),
        ("functions", ["Analyze"]),
        ("hooks", ["Before", "After"]),
        ("Before", ["Before"]),
        ("mra-analyze", ["Analyze"]),
        ("buildproject", ["BuildProject"]),
    ],
)
def test_who_logs_is_found_by_what_the_stacks_hold(reader, word, meant) -> None:
    assert names(reader.sources(word, "staging")) == meant


def test_a_name_that_nobody_has_is_answered_with_those_there_are(reader) -> None:
    with pytest.raises(BadInput) as caught:
        reader.sources("Bill", "staging")
    assert "Analyze, Before, After, BuildProject" in str(caught.value)


@pytest.mark.parametrize(
    ("word", "said"),
    [("functions", "No release has reached"), ("build", "creates the pipeline")],
)
def test_without_a_stack_it_says_what_is_missing(reader, word, said) -> None:
    reader.stacks.found.clear()
    with pytest.raises(BadInput, match="There is no stack") as caught:
        reader.sources(word, "staging")
    assert said in str(caught.value)


def test_builds_are_found_before_any_release(reader) -> None:
    del reader.stacks.found[STAGING]
    assert names(reader.sources("BuildProject", "staging")) == ["BuildProject"]


A, B = LogSource("A", "/a"), LogSource("B", "/b")


def test_lines_of_several_logs_come_in_the_order_of_their_times(reader) -> None:
    reader.logs.groups = {"/a": [line("1", 1), line("3", 3)], "/b": [line("2", 2)]}
    told = list(reader.read([A, B], START))
    assert [(source.name, each.id) for source, each in told] == [
        ("A", "1"),
        ("B", "2"),
        ("A", "3"),
    ]


def test_a_group_that_is_not_there_is_said_and_the_others_are_read(reader) -> None:
    reader.logs.groups = {"/b": [line("2", 2)]}
    assert len(list(reader.read([A, B], START))) == 1
    assert "A has no log yet: there is no group /a" in reader.screen.text


def test_a_group_that_two_share_is_read_once(reader) -> None:
    reader.logs.groups = {"/a": [line("1")]}
    assert len(list(reader.read([A, replace(A, name="C")], START))) == 1


def test_more_lines_than_anybody_reads_are_said(reader) -> None:
    reader.logs.groups = {"/a": [line(str(n)) for n in range(MOST_LINES + 1)]}
    assert len(list(reader.read([A], START))) == MOST_LINES
    assert "shorter --since" in reader.screen.text


def follow(reader, count: int) -> list[str]:
    rhythm = Rhythm(1, 8, chance=lambda: 0.5)
    return [each.id for _, each in islice(reader.follow([A], START, rhythm), count)]


def test_a_line_that_arrives_late_is_told_and_none_twice(reader) -> None:
    reader.logs.looks = [[line("1", 60)], [line("late", 45), line("2", 61)]]
    assert follow(reader, 3) == ["1", "late", "2"]


def test_only_the_end_of_a_log_is_read_again(reader) -> None:
    reader.logs.looks = [[line("1", 600)], [line("2", 700)], [line("3", 701)]]
    follow(reader, 3)
    assert reader.logs.asked == [("/a", 0), ("/a", 570), ("/a", 670)]


def test_a_look_that_fails_is_said_once_and_following_goes_on(reader) -> None:
    lost = Unreachable("The log could not be read.")
    reader.logs.looks = [[line("1")], lost, lost, [line("2")]]
    assert follow(reader, 2) == ["1", "2"]
    assert reader.screen.text.count("Trying again") == 1


def test_looks_are_rarer_while_nothing_comes_and_at_once_frequent_again(reader) -> None:
    reader.logs.looks = [[], [], [], [], [], [line("1")], [line("2")]]
    reader.logs.groups["/a"] = []
    follow(reader, 2)
    # 1, 1.5, 2.25, 3.375 and 5.0625, then 1 after the news.
    assert reader.clock.seconds == pytest.approx(14.1875)


def test_those_who_began_together_do_not_look_together() -> None:
    waits = [
        Rhythm(2, 10, chance=lambda share=share: share).wait(news=True)
        for share in (0.0, 0.5, 1.0)
    ]
    assert waits == pytest.approx([1.6, 2.0, 2.4])


def test_the_rhythm_has_a_slowest_pace() -> None:
    rhythm = Rhythm(1, 4, chance=lambda: 0.5)
    assert max(rhythm.wait(news=False) for _ in range(20)) == 4
