"""The values of a report: what the ledger knows about a run, each fact once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ld_import.model import State
from ld_import.report.facts import Ending, RunFacts
from ld_import.report.headline import Level, headline_of
from ld_import.report.timeline import MOST_INTERVALS, timeline_of
from ld_import.report.warnings import Warned
from ld_import.verification.files import RESULT_FORMAT, RESULT_VERSION, write_result
from tests.ledger.story import at, pend, send, settle
from tests.makers import TARGET
from tests.report.ledgers import (
    ANYTHING,
    REASON,
    begin,
    data_in,
    end,
    page_in,
    reading,
    write_story,
)


@pytest.fixture
def story(tmp_path):
    """Return the folder of a ledger with two runs."""
    write_story(tmp_path)
    return tmp_path


def states(data):
    return [(row.state, row.external_id) for row in data.problems.rows]


def test_every_item_without_success_is_listed(story):
    """Each item that did not arrive is listed once, those that failed before included."""
    assert sorted(states(data_in(story))) == sorted(
        [
            *(("failed", f"v{number}") for number in (13, 14, 15)),
            ("invalid", "v21"),
            ("invalid", ""),
            ("refused", "v19"),
            ("open", "v18"),
            ("failed before", "v3"),
            ("failed before", "v4"),
            ("skipped", "v16"),
        ]
    )


def test_one_cause_is_one_group(story):
    """Values that differ are cut out of the sentence; a group has its count and first items."""
    group, *others = data_in(story).problems.groups

    assert (group.count, group.state, group.examples) == (3, "failed", ["v13", "v14", "v15"])
    assert group.sentence == REASON.format("…")
    assert group.advice == "remove the cause, then `ld-import videos /manifest.yaml --retry-failed`"
    assert [(other.state, other.count) for other in others] == [
        ("failed before", 2),
        ("invalid", 2),
        ("invalid", 1),
        ("refused", 1),
        ("open", 1),
        ("skipped", 1),
    ]


def test_record_with_two_problems(story):
    """An invalid record counts in the group of each problem, and is listed once."""
    problems = data_in(story).problems
    (row,) = [row for row in problems.rows if row.external_id == "v21"]

    assert len(row.groups) == 2
    assert (problems.total, problems.invalid, problems.is_complete) == (9, 2, True)
    assert problems.groups[2].advice == "give an address"


def test_result_of_the_run_and_state_at_present(story):
    """The report of an earlier run keeps its results, and names the state since."""
    ledger = begin(story, "run-c", started=200)
    settle(ledger, send(ledger, 13, job_id="job9", now=at(200)), 13, now=at(210))
    end(ledger, success=1, exit_code=0, after=220)

    rows = {row.external_id: row for row in data_in(story, "run-b").problems.rows}
    assert (rows["v13"].state, rows["v13"].now) == ("failed", "success")
    assert (rows["v14"].state, rows["v14"].now) == ("failed", "")


def test_item_that_is_sent_twice_in_a_run(tmp_path):
    """The last attempt of a run is its result: parts of a lost batch are sent again."""
    ledger = begin(tmp_path, "run-a")
    settle(ledger, send(ledger, 1, 2), 1, 2, state=State.LOST, now=at(1))
    settle(ledger, send(ledger, 1, job_id="job2", now=at(2)), 1, now=at(3))
    settle(ledger, send(ledger, 2, job_id="job3", now=at(2)), 2, state=State.FAILED, now=at(4))
    end(ledger, success=1, failed=1)

    assert states(data_in(tmp_path)) == [("failed", "v2")]


def test_invalid_records_of_an_earlier_run(story):
    """The ledger has only those of the latest run; the report of an earlier one says so."""
    ledger = begin(story, "run-c", started=200)
    ledger.forget_invalid("/manifest.yaml")
    end(ledger, exit_code=0, after=210)

    data = data_in(story, "run-b")
    assert (data.problems.invalid, data.lost_invalid) == (0, 2)


def test_outcomes_over_time(story):
    """Each outcome is counted in the interval in which it was recorded."""
    timeline = data_in(story).timeline
    filled = [
        (interval.name, interval.counts)
        for interval in timeline.intervals
        if any(interval.counts.values())
    ]

    assert filled == [
        ("01:00:50", {"success": 2, "skipped": 0, "failed": 0}),
        ("01:01:10", {"success": 1, "skipped": 1, "failed": 3}),
    ]
    assert (timeline.totals, timeline.late) == ({"success": 3, "skipped": 1, "failed": 3}, 0)


@pytest.mark.parametrize("seconds", [0, 1, 40, 3_000, 86_400, 40_000_000])
def test_timeline_is_bounded(seconds):
    """A run of any length has at most 48 intervals, and no outcome is lost."""
    batches = [
        {"at": 1_000_000 + at, "success": 1, "skipped": 0, "failed": 2}
        for at in range(0, seconds + 1, max(1, seconds // 1000))
    ]
    timeline = timeline_of(batches, 1_000_000, 1_000_000 + seconds)

    assert 1 <= len(timeline.intervals) <= MOST_INTERVALS
    assert len({interval.name for interval in timeline.intervals}) == len(timeline.intervals)
    assert timeline.totals == {"success": len(batches), "skipped": 0, "failed": 2 * len(batches)}


def test_outcomes_of_a_later_run_are_apart(tmp_path):
    """A job that a later run followed does not stretch the time of its run."""
    ledger = begin(tmp_path, "run-a")
    batch = send(ledger, 1)
    end(ledger, open=1, after=10)
    ledger = begin(tmp_path, "run-b", started=50_000)
    settle(ledger, batch, 1, now=at(50_001))
    end(ledger, exit_code=0, after=50_002)

    timeline = data_in(tmp_path, "run-a").timeline
    assert (timeline.intervals, timeline.late) == ((), 1)


def test_slowest_jobs(story):
    """An open job comes first, then the jobs by their time."""
    jobs = [(job.job_id, job.items, job.seconds) for job in data_in(story).jobs]

    assert jobs == [("job5", 1, None), ("job4", 5, 30), ("job3", 2, 10)]


def test_quota_counts_a_day_and_knows_the_limit_of_a_refusal(story):
    """Items sent to the target in 24 hours count; the server names its limit in a refusal."""
    quota = data_in(story).quota
    assert (quota.sent, quota.limit, quota.until) == (12, None, at(90))

    ledger = begin(story, "run-c", started=200)
    refusal = "429: Your plan does not allow to upload more than 5000 videos per day. You have"
    ledger.record_refused(pend(ledger, 30, now=at(200)), refusal, at(201))
    end(ledger, exit_code=7, after=210)
    quota = data_in(story).quota
    assert (quota.sent, quota.server_limit, quota.limit) == (12, 5000, 5000)


def test_comparison_with_the_run_before(story):
    """Counts of the previous run of the same manifest and target, those that are zero left out."""
    comparison = data_in(story).comparison
    changes = {change.name: (change.before, change.now) for change in comparison.changes}

    assert comparison.before.run_id == "run-a"
    assert changes["failed"] == (2, 3) and changes["invalid"] == (0, 2)
    assert "repeated" not in changes
    assert [change.name for change in comparison.changes if change.is_worse] == [
        *("failed", "open", "invalid", "failedBefore", "notSent"),
    ]
    assert data_in(story, "run-a").comparison is None


def test_runs_of_other_manifests_are_not_compared(story):
    """The previous run of another manifest is not the run before."""
    ledger = begin(story, "run-c", manifest="/other.yaml", started=200)
    end(ledger, exit_code=0, after=210)

    data = data_in(story)
    assert (data.run.run_id, data.comparison, data.problems.total) == ("run-c", None, 0)


def test_run_that_was_killed(tmp_path):
    """Without a recorded end, the report says so and shows what is known."""
    ledger = begin(tmp_path, "run-a")
    settle(ledger, send(ledger, 1), 1, now=at(5))
    ledger.close()

    data = data_in(tmp_path)
    assert data.headline.level is Level.UNKNOWN
    assert data.timeline.totals["success"] == 1


def test_unknown_run(story):
    """There is no row for an id that the ledger does not have."""
    with reading(story) as reader:
        assert reader.run("run-z", of=ANYTHING) is None


@pytest.mark.parametrize(
    ("code", "counts", "sentence"),
    [
        (0, {"read": 2, "unchanged": 2}, "Of 2 records, none had to be sent; 2 unchanged."),
        (
            3,
            {"read": 4, "sent": 3, "invalid": 1, "outcomes": {"success": 2, "failed": 1}},
            "3 of 4 records were sent: 2 imported and 1 failed; 1 invalid.",
        ),
        (
            143,
            {"read": 2, "sent": 1, "notSent": 1, "outcomes": {"success": 1}},
            "The run ended early: it was stopped by SIGTERM. 1 of 2 records was sent: 1 imported;"
            " 1 not sent.",
        ),
    ],
)
def test_headline(code, counts, sentence):
    """One sentence says what happened, with every count that is not zero."""
    run = RunFacts(
        kind="videos",
        server="",
        manifest="",
        command="",
        run_id="r",
        exit_code=code,
        summary=counts,
    )

    assert headline_of(run).sentence == sentence


def test_error_of_the_run_is_the_headline(story):
    """The error that ended the run and its hint come first."""
    data = data_in(story, ending=Ending(error="the quota is used up", hint="run it again"))

    assert data.headline.level is Level.STOPPED
    assert data.headline.sentence.startswith("The run ended early: the quota is used up. 8 of 13")
    assert data.headline.advice == "Run it again"


def test_long_error_is_a_paragraph(story):
    """The sentence stays short: a long error is beside it."""
    error = f"POST https://server.example: 429 {'x' * 200}"
    data = data_in(story, ending=Ending(error=error, exit_code=7))

    assert data.headline.sentence.startswith("The run ended early: the quota is used up. 8 of 13")
    assert (data.headline.detail, data.run.exit_code) == (error, 7)
    assert f'<p class="detail"><bdi>{error}</bdi></p>' in page_in(
        story, ending=Ending(error=error, exit_code=7)
    )


def test_last_verification(story):
    """The result of `ledger verify` beside the ledger is shown if it is about this target."""
    document = {
        "format": RESULT_FORMAT,
        "version": RESULT_VERSION,
        "sentence": "2026-11-21: 9 of 9 verified, 1 differ",
        "endedAt": "2026-11-21T02:00:00Z",
        "mismatches": {"missing": 1, "foreign": 0},
        "properties": {},
        "found": [{"kind": "missing", "externalId": "v1", "text": "gone", "advice": "look"}],
    }
    ledger = story / "ledger.sqlite3"
    write_result(ledger, replace(TARGET, server="https://other.example"), document)
    assert data_in(story).verified is None

    write_result(ledger, TARGET, document)
    verified = data_in(story).verified
    assert verified.sentence == document["sentence"]
    assert [(one.word, one.count, one.examples) for one in verified.mismatches] == [
        ("missing or archived", 1, ("v1",))
    ]
    write_result(ledger, TARGET, {**document, "found": 7})
    assert data_in(story).verified is None


def test_runs_that_are_no_imports(story):
    """An undo or adoption is a run, but has no report, whatever its command was."""
    for run_id, activity in (("run-c", "undo"), ("run-d", "adopt")):
        ledger = begin(story, run_id, started=200, command="python night.py", activity=activity)
        end(ledger, exit_code=0, after=210)
    ledger = begin(story, "run-e", started=300, command="ld-import ledger videos")

    assert data_in(story).run.run_id == "run-e"
    end(ledger, exit_code=0, after=310)
    with reading(story) as reader:
        assert reader.run_before(reader.run("run-e", of=ANYTHING))["run"] == "run-b"
    with reading(story) as reader:
        assert reader.run("run-c", of=ANYTHING) is None


def test_warnings_about_records(tmp_path):
    """The groups of warnings in the summary are shown with their first lines."""
    group = {"rule": "r", "field": "f", "count": 5, "lines": [2, 3], "text": "t", "advice": "a"}
    ledger = begin(tmp_path, "run-a")
    end(ledger, success=5, preflight={"warnings": [group]})

    assert data_in(tmp_path).warnings == (Warned(5, "t", "a", (2, 3)),)
    assert "line 2, 3 …" in page_in(tmp_path)


def test_manifest_that_was_not_read_to_its_end(tmp_path):
    """After an interruption, the page says about how many records were not read."""
    ledger = begin(tmp_path, "run-a")
    end(ledger, exit_code=143, success=5, readToEnd=False, notReadEstimate=1_200)

    assert "about 1,200 records are not read yet" in page_in(tmp_path)


@pytest.mark.parametrize("summary", ["[]", "7", '{"outcomes": 7, "read": "x", "seconds": null}'])
def test_summary_of_another_program(tmp_path, summary):
    """A summary of another form shows no counts."""
    ledger = begin(tmp_path, "run-a")
    ledger.end_run(exit_code=0, summary=summary, ended_at=at(9))
    ledger.close()

    assert data_in(tmp_path).run.count("read") == 0
    assert page_in(tmp_path)
