"""The summary of a run."""

from __future__ import annotations

import pytest

from ld_import.cli.output.summary import rows_of
from ld_import.events import Settled, Submitted
from ld_import.importer.dry_run import plan_import
from ld_import.importer.new_run import NewRun
from ld_import.importer.result import Facts, summary_of
from ld_import.model import Content, Invalid, Leave, LeaveReason, Outcome, Send, SendReason, State
from ld_import.pipeline.tally import Tally
from tests.harness.counts import assert_adds_up
from tests.harness.records import video
from tests.makers import make_item, make_key

REQUESTS = {"import": 1, "status": 2, "lookup": 0, "retried": 3}


def make_summary(tally, *, dry=False, exit_code=0, **more):
    facts = Facts(
        run_id="run-1",
        kind="videos",
        target="https://server.example",
        system_name="archive",
        manifest="manifest.yaml",
        is_dry_run=dry,
        seconds=1.23456,
        exit_code=exit_code,
    )
    return summary_of(tally, facts, requests=REQUESTS, more=more)


def make_tally(read):
    """Return a tally with every decision of a plan; 4 records are to be sent."""
    tally = Tally(read=read)
    for why in (SendReason.NEW, SendReason.NEW, SendReason.CHANGED, SendReason.RETRY):
        tally.decide(Send(make_item(), why))
    for left, count in (
        (LeaveReason.UNCHANGED, 6),
        (LeaveReason.FAILED_BEFORE, 2),
        (LeaveReason.REPEATED, 1),
        (LeaveReason.OPEN, 3),
        (LeaveReason.HELD_BACK, 2),
    ):
        tally.decide(Leave(left, count))
    for _ in range(2):
        tally.decide(Invalid(1, None, ()))
    return tally


@pytest.fixture
def tally():
    """Return the tally of a run with every outcome; one item was not sent."""
    tally = make_tally(20)
    for state in (State.SUCCESS, State.FAILED, State.SKIPPED):
        tally(Settled(1, None, "success", (Outcome(make_key(), state),)))
    return tally


def test_keys_and_their_order(tally):
    """The document has the documented keys in the documented order."""
    tally(Submitted(1, "job1", 3))
    tally(Submitted(2, "job2", 1))
    tally(Settled(1, "job1", "success", (Outcome(make_key(), State.SUCCESS),) * 3))
    tally(Settled(3, None, "lost", ()))

    summary = make_summary(tally, exit_code=3, extra="more")

    assert list(summary) == [
        "run",
        "kind",
        "target",
        "systemName",
        "dryRun",
        "manifest",
        "read",
        "invalid",
        "repeated",
        "unchanged",
        "failedBefore",
        "sent",
        "notSent",
        "outcomes",
        "skippedOther",
        "skippedNotCompared",
        "requests",
        "jobs",
        "extra",
        "seconds",
        "exitCode",
    ]
    assert summary["jobs"] == [
        {"id": "job1", "state": "success", "items": 3},
        {"id": "job2", "state": "started", "items": 1},
    ]
    assert (summary["seconds"], summary["exitCode"], summary["requests"]) == (1.235, 3, REQUESTS)


def test_counts_of_a_run(tally):
    """Every record read is counted once; open items count as sent."""
    summary = make_summary(tally)

    assert_adds_up(summary)
    assert summary["outcomes"] == {"success": 1, "skipped": 1, "failed": 1, "open": 3}
    assert (summary["sent"], summary["notSent"]) == (6, 3)


def test_counts_of_a_dry_run():
    """A dry run has sent nothing; items it would send, or that are open, count as not sent."""
    summary = make_summary(make_tally(20), dry=True)

    assert_adds_up(summary)
    assert summary["wouldSend"] == {"new": 2, "changed": 1, "retry": 1}
    assert set(summary["outcomes"].values()) == {0}
    assert (summary["unresolved"], summary["notSent"]) == (3, 9)


def test_rows_for_people(tally):
    """The text shows the records read and every count that is not zero."""
    rows = rows_of(make_summary(tally))

    assert rows == [
        ("read", 20),
        ("success", 1),
        ("skipped, content not compared", 1),
        ("failed", 1),
        ("open", 3),
        ("not sent", 3),
        ("unchanged", 6),
        ("failed before", 2),
        ("repeated", 1),
        ("invalid", 2),
    ]
    assert sum(count for _, count in rows[1:]) == rows[0][1]


def test_rows_of_skipped_items(tally):
    """Skipped items are grouped by the content on the server, in text and document."""
    contents = (Content.SAME, Content.SAME, Content.OTHER, Content.UNKNOWN)
    tally.skipped.clear()
    tally.outcomes["skipped"] = 0
    outcomes = [Outcome(make_key(1), State.SKIPPED, content=content) for content in contents]
    tally(Settled(1, None, "success", tuple(outcomes)))
    summary = make_summary(tally)

    assert [row for row in rows_of(summary) if row[0].startswith("skipped")] == [
        ("skipped", 2),
        ("skipped, the server keeps other content", 1),
        ("skipped, content not compared", 1),
    ]
    assert (summary["skippedOther"], summary["skippedNotCompared"]) == (1, 1)


def test_rows_of_a_dry_run():
    """The rows of a dry run add up: items held back are not among those to send."""
    rows = rows_of(make_summary(make_tally(20), dry=True))

    assert sum(count for _, count in rows[1:]) == rows[0][1]
    assert ("in flight since an earlier run", 3) in rows
    assert ("held back", 2) in rows


@pytest.mark.parametrize("dry", [False, True])
def test_rows_of_nothing(dry):
    """An empty manifest has one row: nothing was read."""
    assert rows_of(make_summary(Tally(), dry=dry)) == [("read", 0)]


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_seconds_are_those_that_passed(place, clock, seconds):
    """The duration of a run does not depend on changes of the wall clock."""
    manifest = place.write(video(1))
    run = NewRun.at(clock)
    clock.advance(2)
    clock.jump(seconds)

    assert plan_import(place.spec(manifest), clock=clock, run=run).summary["seconds"] == 2
