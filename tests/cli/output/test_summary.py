"""The summary of a run."""

from __future__ import annotations

import gzip
import os
import signal
from hashlib import sha256

import orjson
import pytest

from ld_import.cli.options import ImportFlags
from ld_import.cli.output.summary import rows_of
from ld_import.cli.output.summary_words import explained, meanings_of, unread_text
from ld_import.emulator import Fault
from ld_import.events import Settled, Submitted
from ld_import.importer.dry_run import plan_import
from ld_import.importer.new_run import NewRun
from ld_import.importer.result import Facts, summary_of
from ld_import.model import Content, Invalid, Leave, LeaveReason, Outcome, Send, SendReason, State
from ld_import.pipeline.tally import Tally
from tests.harness.counts import assert_adds_up
from tests.harness.records import broken, video, videos
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
        "heldBack",
        "readToEnd",
        "notReadEstimate",
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


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ({"notSent": 4, "heldBack": 4}, "not sent (held back by --limit)"),
        ({"notSent": 4, "exitCode": 7}, "not sent (the quota was used up before)"),
        ({"notSent": 4, "exitCode": 130}, "not sent (the run was stopped before)"),
        ({"notSent": 4, "exitCode": 8}, "not sent (the run ended before)"),
        (
            {"notSent": 4, "heldBack": 3, "exitCode": 143},
            "not sent (3 records: held back by --limit, 1 record: the run was stopped before)",
        ),
    ],
)
def test_reasons_not_to_send(summary, text):
    """The count of records not sent is shown with the causes."""
    summary = {"heldBack": 0, "exitCode": 0, **summary}

    assert explained("not sent", meanings_of(summary, ImportFlags(limit=10))) == text


def test_records_after_the_maximum_duration():
    """Without an error, the maximum duration is the reason not to send."""
    summary = {"notSent": 4, "heldBack": 0, "exitCode": 3}
    meanings = meanings_of(summary, ImportFlags(max_duration=1))

    assert meanings["not sent"] == "--max-duration was over before"


def test_words_are_explained_where_they_appear(place):
    """A count whose word is not obvious has its explanation beside it."""
    place.imported(place.write(*videos(3), video(3), broken(4)), code=3)
    out = place.run("videos", "--limit", "0", "--force").out

    assert "1  repeated (same id and content as an earlier line)\n" in out
    assert "3  not sent (held back by --limit)\n" in out
    assert "1  invalid (not sent; the causes are below)\n" in out
    assert "not read yet" not in out


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (4036, "about 4,000  not read yet (the run was stopped before the end of the manifest)"),
        (7, "about 7  not read yet (the run was stopped before the end of the manifest)"),
        (None, "the rest is not read yet (the run was stopped before the end of the manifest)"),
    ],
)
def test_records_never_read(estimate, text):
    """The number of records never read is an estimate, and not part of the counts."""
    summary = {"readToEnd": False, "notReadEstimate": estimate, "exitCode": 130}

    assert unread_text(summary) == text
    assert unread_text({"readToEnd": True}) == ""


@pytest.mark.parametrize(
    ("read", "share", "is_read_to_end", "expected"),
    [
        (100, 0.25, False, 300),
        (100, 0.999999, False, 1),
        (100, 1.0, False, None),
        (100, None, False, None),
        (0, None, False, None),
        (0, None, True, 0),
        (100, 1.0, True, 0),
    ],
)
def test_estimate_of_unread_records(read, share, is_read_to_end, expected):
    """The estimate follows from the share of bytes read."""
    tally = Tally(read=read, share=share, is_read_to_end=is_read_to_end)
    summary = make_summary(tally)

    assert (summary["readToEnd"], summary["notReadEstimate"]) == (is_read_to_end, expected)


def rows_in(suffix, count):
    """Return a file of records in the format of a suffix."""
    records = [
        {
            "id": f"v{number}",
            "url": f"https://films.example/{number}.mp4",
            "fileName": sha256(str(number).encode()).hexdigest(),
            "metadata": {"title": f"Film {number}"},
        }
        for number in range(count)
    ]
    if suffix == ".yaml":
        return b"videos:\n" + b"".join(b"- %s\n" % orjson.dumps(record) for record in records)
    if suffix == ".json":
        return orjson.dumps({"videos": records})
    if suffix == ".csv":
        lines = [f"{record['id']},{record['url']},{record['fileName']},Film" for record in records]
        return "\n".join(["id,url,fileName,metadata.title", *lines]).encode()
    text = b"".join(orjson.dumps(record) + b"\n" for record in records)
    return gzip.compress(text) if suffix.endswith(".gz") else text


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".csv", ".json", ".yaml"])
def test_stopped_run_estimates_the_rest(make_place, suffix):
    """After a stop, the estimate is near the number of records left, in packed files too."""

    async def stop(seconds):
        os.kill(os.getpid(), signal.SIGINT)

    place = make_place(Fault(on="POST import/videos", action="slow"), sleep=stop)
    (place.folder / f"rows{suffix}").write_bytes(rows_in(suffix, 4_000))
    summary = place.summary(
        f"rows{suffix}", "--system-name", place.system_name, "--parallel", "1", code=130
    )

    assert not summary["readToEnd"]
    assert 0 < summary["read"] < 4_000
    left = 4_000 - summary["read"]
    assert summary["notReadEstimate"] == pytest.approx(left, rel=0.2)
