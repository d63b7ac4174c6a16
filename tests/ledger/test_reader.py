"""The queries over a ledger: their rows, and that they use an index."""

from __future__ import annotations

import re

import pytest

from ld_import.errors import LedgerError
from ld_import.ledger import LedgerReader, SqliteLedger, TargetFilter, open_ledger
from ld_import.model import Invalid, ItemKey, Problem, State, Target
from tests.clock import START
from tests.ledger.story import at, outcomes, pend, send, settle
from tests.makers import TARGET, make_item, make_ledger, make_start

MANIFEST = "/manifest.yaml"
OTHER = Target("https://other.example", "tapes", "videos")
ROW = {
    "server": "https://server.example",
    "project": "",
    "kind": "videos",
    "systemName": "archive",
    "externalId": "v1",
    "state": "success",
    "reason": None,
    "mediaId": "m1",
    "url": "https://films.example/1.mp4",
    "fileName": "Film 1",
    "jobId": "job1",
    "attempts": 1,
    "manifest": MANIFEST,
    "line": 1,
    "firstSeenAt": "2026-11-21T01:00:00Z",
    "updatedAt": "2026-11-21T01:00:30Z",
    "originalUrl": None,
    "mimeType": None,
    "width": None,
    "height": None,
    "duration": None,
    "size": None,
    "key": None,
}


@pytest.fixture
def path(tmp_path):
    """Return the path of the ledger."""
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def begin(path):
    """Return a function that opens the ledger and begins a run with this name."""
    opened = []

    def make(run_id, target=TARGET, **fields):
        ledger = SqliteLedger(path, target)
        opened.append(ledger)
        ledger.begin_run(make_start(run_id=run_id, **fields))
        return ledger

    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(begin):
    """Return a ledger in which the run `run-1` has begun."""
    return begin("run-1")


@pytest.fixture
def reader(ledger, path):
    """Return a reader of that ledger, opened beside its writer."""
    with LedgerReader(path) as reader:
        yield reader


def ids(rows):
    return [row["externalId"] for row in rows]


def plan_of(reader, ask):
    """Return SQLite's plan for a query, table by table."""
    asked: list[str] = []
    reader._db.set_trace_callback(asked.append)
    ask(reader)
    reader._db.set_trace_callback(None)
    plans = [reader._db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall() for query in asked]
    return [step["detail"] for plan in plans for step in plan]


def test_missing_ledger_answers_as_an_empty_one(path):
    """All queries return an empty result before the first run."""
    with LedgerReader(path) as reader:
        assert reader.runs(limit=10) == []
        assert reader.jobs(limit=10) == []
        assert reader.job("job1") is None
        assert reader.items_of_job("job1") == []
        assert list(reader.items()) == []
        assert reader.counts() == {}
        assert reader.show("v1") == []


def test_open_ledger_reads_an_existing_file(begin, path):
    """The rows have the documented keys; a path can be a text."""
    ledger = begin("run-1")
    settle(ledger, send(ledger, 1), 1)

    with open_ledger(str(path)) as reader:
        (item,), (shown,) = list(reader.items()), reader.show("v1")
        (run,), (job,) = reader.runs(), reader.jobs()
        assert reader.counts() == {"success": 1}

    words = set(re.findall(r"\w+", open_ledger.__doc__ or ""))
    (attempt,) = shown["history"]
    for row in (item, shown, run, job, attempt):
        assert row.keys() - words == set()


@pytest.mark.parametrize(("content", "message"), [(None, "does not exist"), (b"x" * 99, "damaged")])
def test_open_ledger_raises(path, content, message):
    """A missing or damaged file is an error."""
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(LedgerError, match=message) as raised:
        open_ledger(path)
    assert raised.value.hint
    assert path.exists() == (content is not None)


def test_run_as_it_began(reader):
    """A run has its command, host and start time."""
    assert reader.runs(limit=10) == [
        {
            "run": "run-1",
            "kind": "videos",
            "server": "https://server.example",
            "project": "",
            "systemName": "archive",
            "manifest": MANIFEST,
            "startedAt": "2026-11-21T01:00:00Z",
            "endedAt": None,
            "exitCode": None,
            "host": "here",
            "pid": 1,
            "command": "ld-import videos",
            "activity": "import",
            "summary": None,
        }
    ]


def test_run_as_it_ended(ledger, reader):
    """The end adds time, exit code and summary."""
    ledger.end_run(exit_code=3, summary='{"failed": 1}', ended_at=at(90))
    (run,) = reader.runs(limit=10)

    assert (run["endedAt"], run["exitCode"], run["summary"]) == (
        "2026-11-21T01:01:30Z",
        3,
        '{"failed": 1}',
    )


def test_runs_come_newest_first(begin, reader):
    """The latest runs come first; a negative limit means all."""
    begin("run-2", OTHER)
    begin("run-3")

    assert [run["run"] for run in reader.runs(limit=2)] == ["run-3", "run-2"]
    assert [run["run"] for run in reader.runs(limit=-1)] == ["run-3", "run-2", "run-1"]
    assert [run["project"] for run in reader.runs(limit=-1)] == ["", "tapes", ""]


def test_end_of_one_run_is_not_that_of_another(begin, ledger, reader):
    """The end of a run does not change other runs."""
    begin("run-2")
    ledger.end_run(exit_code=0, summary="{}", ended_at=at(1))

    assert [(run["run"], run["exitCode"]) for run in reader.runs(limit=-1)] == [
        ("run-2", None),
        ("run-1", 0),
    ]


def test_last_end_of_a_manifest(begin, reader):
    """The latest end with one of the codes counts, for this manifest and target only."""
    ends = [(0, 10), (3, 20), (0, 30), (7, 40)]
    for number, (code, seconds) in enumerate(ends):
        run = begin(f"night-{number}", manifest=MANIFEST)
        run.end_run(exit_code=code, summary="{}", ended_at=at(seconds))
    begin("elsewhere", target=OTHER, manifest=MANIFEST).end_run(
        exit_code=0, summary="{}", ended_at=at(50)
    )

    assert reader.last_end(TARGET, MANIFEST, [0], until=at(60)) == at(30).timestamp()
    assert reader.last_end(TARGET, MANIFEST, [3, 0], until=at(60)) == at(30).timestamp()
    assert reader.last_end(TARGET, MANIFEST, [3], until=at(60)) == at(20).timestamp()
    assert reader.last_end(TARGET, "/other.yaml", [0], until=at(60)) is None
    assert reader.last_end(OTHER, MANIFEST, [3], until=at(60)) is None
    assert reader.last_end(TARGET, MANIFEST, [0], until=at(29)) == at(10).timestamp()


def test_job_from_post_to_outcome(ledger, reader):
    """A batch has its job, its counts and its times."""
    batch_id = send(ledger, 1, 2, 3, 4)
    ended = [
        *outcomes(1, 2),
        *outcomes(3, state=State.SKIPPED),
        *outcomes(4, state=State.FAILED, reason="no"),
    ]
    ledger.record_settled(batch_id, ended, job_state="success", now=at(30))

    assert reader.jobs(limit=10) == [
        {
            "batch": batch_id,
            "jobId": "job1",
            "state": "settled",
            "jobState": "success",
            "items": 4,
            "success": 2,
            "skipped": 1,
            "failed": 1,
            "reason": None,
            "run": "run-1",
            "kind": "videos",
            "server": "https://server.example",
            "project": "",
            "createdAt": "2026-11-21T01:00:00Z",
            "submittedAt": "2026-11-21T01:00:00Z",
            "settledAt": "2026-11-21T01:00:30Z",
        }
    ]
    assert reader.job("job1") == reader.jobs(limit=1)[0]


def test_batches_without_a_job(ledger, reader):
    """Unanswered and declined requests are listed, too."""
    pend(ledger, 1)
    ledger.record_refused(pend(ledger, 2), "400 Bad Request", at(5))
    refused, pending = reader.jobs(limit=10)

    assert (pending["state"], pending["jobId"], pending["settledAt"]) == ("pending", None, None)
    assert (refused["state"], refused["jobId"]) == ("refused", None)
    assert refused["reason"] == "400 Bad Request"
    assert refused["settledAt"] == "2026-11-21T01:00:05Z"


def test_jobs_come_newest_first_and_by_run(begin, ledger, reader):
    """All runs together, or one of them."""
    second = begin("run-2")
    send(ledger, 1, job_id="a")
    send(second, 2, job_id="b")
    send(ledger, 3, job_id="c")

    assert [job["jobId"] for job in reader.jobs(limit=-1)] == ["c", "b", "a"]
    assert [job["jobId"] for job in reader.jobs(limit=2)] == ["c", "b"]
    assert [job["jobId"] for job in reader.jobs(limit=-1, run_id="run-1")] == ["c", "a"]
    assert [job["jobId"] for job in reader.jobs(limit=1, run_id="run-1")] == ["c"]
    assert reader.jobs(limit=-1, run_id="run-9") == []


def test_job_id_that_came_twice(ledger, reader):
    """If a server used an id twice, the later job is returned."""
    send(ledger, 1)
    latest = send(ledger, 2)
    job = reader.job("job1")

    assert job is not None
    assert job["batch"] == latest
    assert reader.job("job2") is None


def test_items_of_a_job_as_they_ended_there(ledger, reader):
    """An item that was sent again later still has its result in this job."""
    settle(ledger, send(ledger, 2, 1), 2, 1, state=State.FAILED, reason="no")
    settle(ledger, send(ledger, 2, job_id="job2"), 2)

    assert reader.items_of_job("job1") == [
        {"externalId": "v2", "state": "failed", "reason": "no", "mediaId": "m2", "line": 2},
        {"externalId": "v1", "state": "failed", "reason": "no", "mediaId": None, "line": 1},
    ]
    assert ids(reader.items_of_job("job2")) == ["v2"]
    assert reader.items_of_job("job3") == []


def test_item_as_a_row(ledger, reader):
    """A row has the columns of the export, in their order."""
    settle(ledger, send(ledger, 1), 1, now=at(30))
    (row,) = reader.items()

    assert row == ROW
    assert list(row) == list(ROW)


def test_invalid_record_as_a_row(ledger, reader):
    """An invalid record has the same columns, and all its problems as the reason."""
    problems = (Problem("url", 'one "quoted"'), Problem("id", "two, ünd"))
    ledger.record_invalid([Invalid(7, None, problems)], MANIFEST)
    (row,) = reader.items()

    assert list(row) == list(ROW)
    assert row == {
        **dict.fromkeys(ROW),
        "server": "https://server.example",
        "project": "",
        "kind": "videos",
        "systemName": "archive",
        "state": "invalid",
        "reason": 'one "quoted"; two, ünd',
        "attempts": 0,
        "manifest": MANIFEST,
        "line": 7,
        "firstSeenAt": "2026-11-21T01:00:00Z",
        "updatedAt": "2026-11-21T01:00:00Z",
    }


def test_row_of_an_item_sent_twice(begin, ledger, reader):
    """The row describes the latest attempt, and when the item was first seen."""
    settle(ledger, send(ledger, 1), 1, state=State.FAILED, reason="no")
    second = begin("run-2", manifest="/later.yaml")
    settle(second, send(second, 1, job_id="job2", now=at(60), fileName="Other"), 1, now=at(90))
    (row,) = reader.items()

    assert row == {
        **ROW,
        "fileName": "Other",
        "jobId": "job2",
        "attempts": 2,
        "manifest": "/later.yaml",
        "updatedAt": "2026-11-21T01:01:30Z",
    }


@pytest.fixture
def mixed(ledger):
    """Fill the ledger with items of several states, out of order, and an invalid record."""
    settle(ledger, send(ledger, 5), 5, state=State.FAILED)
    settle(ledger, send(ledger, 9, 2), 9, 2)
    settle(ledger, send(ledger, 7), 7, state=State.SKIPPED)
    settle(ledger, send(ledger, 3), 3, state=State.FAILED)
    send(ledger, 8)
    ledger.record_invalid([Invalid(4, "v4", (Problem("url", "no"),))], MANIFEST)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), ["v5", "v9", "v2", "v7", "v3", "v8", "v4"]),
        (("failed",), ["v5", "v3"]),
        (("skipped", "failed"), ["v5", "v7", "v3"]),
        (("success",), ["v9", "v2"]),
        (("success", "failed"), ["v5", "v9", "v2", "v3"]),
        (("invalid",), ["v4"]),
        (("invalid", "submitted"), ["v8", "v4"]),
        (("pending",), []),
    ],
)
def test_items_of_some_states(mixed, reader, states, expected):
    """Items come in the order they were first seen, then invalid records, of one target or all."""
    target = TargetFilter(server=TARGET.server, project="", kind=TARGET.kind)

    assert ids(reader.items(states=states)) == expected
    assert ids(reader.items(states=states, of=target)) == expected


def test_items_are_limited(mixed, reader):
    """A limit counts items and invalid records together; a negative one means all."""
    assert ids(reader.items(limit=2)) == ["v5", "v9"]
    assert ids(reader.items(states=("failed", "invalid"), limit=2)) == ["v5", "v3"]
    assert len(list(reader.items(limit=-1))) == 7


def test_counts_by_state(mixed, reader):
    """Every state that occurs has a count, and so have invalid records."""
    assert reader.counts() == {
        "success": 2,
        "failed": 2,
        "skipped": 1,
        "submitted": 1,
        "invalid": 1,
    }


def test_item_with_its_history(begin, ledger, reader):
    """An item has its row and all attempts, oldest first."""
    settle(ledger, send(ledger, 1), 1, state=State.FAILED, reason="no")
    second = begin("run-2")
    settle(second, send(second, 1, 2, job_id="job2", now=at(60)), 1, 2, now=at(90))
    (item,) = reader.show("v1")

    assert item.pop("history") == [
        {
            "batch": 1,
            "jobId": "job1",
            "state": "failed",
            "reason": "no",
            "run": "run-1",
            "sentAt": "2026-11-21T01:00:00Z",
        },
        {
            "batch": 2,
            "jobId": "job2",
            "state": "success",
            "reason": None,
            "run": "run-2",
            "sentAt": "2026-11-21T01:01:00Z",
        },
    ]
    assert item == {**ROW, "jobId": "job2", "attempts": 2, "updatedAt": "2026-11-21T01:01:30Z"}


def test_same_id_in_several_places(begin, ledger, reader):
    """One id can belong to items of several targets and systems, and to an invalid record."""
    send(ledger, 1)
    other = begin("run-2", OTHER)
    settle(other, send(other, 1), 1)
    ledger.record_invalid([Invalid(4, "v1", (Problem("url", "no"),))], "/second.yaml")
    items = reader.show("v1")

    assert [(item["state"], len(item["history"])) for item in items] == [
        ("submitted", 1),
        ("success", 1),
        ("invalid", 0),
    ]
    assert reader.show("v9") == []


def test_same_id_in_several_systems(begin, ledger, reader):
    """Items of every system with this id are returned."""
    send(ledger, 1)
    tapes = begin("run-2", system_name="tapes")
    item = make_item(1)._replace(key=ItemKey("tapes", "v1"))
    tapes.record_pending([item], [b""], request_digest=b"request", now=START)

    assert [(one["systemName"], one["state"]) for one in reader.show("v1")] == [
        ("archive", "submitted"),
        ("tapes", "pending"),
    ]


def test_invalid_records_of_a_run_before_are_forgotten(begin, ledger, reader):
    """After a run over a manifest only the invalid records of that run remain."""
    ledger.record_invalid(
        [Invalid(1, "v1", (Problem("url", "no"),)), Invalid(2, "v2", (Problem("url", "no"),))],
        MANIFEST,
    )
    ledger.record_invalid([Invalid(1, "w1", (Problem("url", "no"),))], "/other.yaml")
    second = begin("run-2")
    second.record_invalid([Invalid(2, "v2", (Problem("url", "still"),))], MANIFEST)
    second.forget_invalid(MANIFEST)

    assert [(row["manifest"], row["externalId"], row["reason"]) for row in reader.items()] == [
        (MANIFEST, "v2", "still"),
        ("/other.yaml", "w1", "no"),
    ]


def test_invalid_record_is_written_once(begin, reader):
    """A line that is invalid again in a later run replaces its earlier record."""
    for words in ("first", "second"):
        run = begin(words)
        run.record_invalid([Invalid(2, "v2", (Problem("url", words),))], MANIFEST)

    assert [row["reason"] for row in reader.items()] == ["second"]


def test_invalid_records_of_another_target_stay(begin, ledger, reader):
    """The same manifest has separate invalid records for each target."""
    ledger.record_invalid([Invalid(1, "v1", (Problem("url", "no"),))], MANIFEST)
    begin("run-2", OTHER).forget_invalid(MANIFEST)

    assert ids(reader.items()) == ["v1"]


def test_reader_sees_each_commit(ledger, reader):
    """The next query includes the last commit."""
    assert reader.counts() == {}
    batch_id = send(ledger, 1)
    assert reader.counts() == {"submitted": 1}
    settle(ledger, batch_id, 1)
    assert reader.counts() == {"success": 1}


def test_rows_half_read_do_not_hinder_the_writer(ledger, reader):
    """A long export sees the state at its start and does not block the run."""
    settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
    rows = reader.items()
    first = next(rows)
    send(ledger, 4)

    assert [first["externalId"], *ids(rows)] == ["v1", "v2", "v3"]
    assert len(list(reader.items())) == 4


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: reader.show("v1"),
        lambda reader: reader.job("job1"),
        lambda reader: reader.items_of_job("job1"),
        lambda reader: list(reader.items(states=("failed", "skipped"))),
        lambda reader: reader.counts(states=("failed",), of=TargetFilter(kind="videos")),
    ],
    ids=["show", "job", "items of a job", "items with trouble", "their number"],
)
def test_single_things_are_found_by_an_index(ledger, reader, ask):
    """A query for one thing does not scan all items, attempts or batches."""
    settle(ledger, send(ledger, 1), 1)
    plan = plan_of(reader, ask)

    assert any("SEARCH" in step for step in plan)
    for table in ("item", "one", "last", "earlier", "batch"):
        scans = [step for step in plan if step.startswith(f"SCAN {table}")]
        # A partial index has only the items with trouble.
        assert not [step for step in scans if not step.endswith("INDEX item_trouble")], plan


def test_key_of_a_row_is_the_key_of_its_item(ledger, reader):
    """The key of a row finds its item."""
    send(ledger, 1)
    (row,) = reader.items()

    assert ledger.find([ItemKey(row["systemName"], row["externalId"])])


def test_closing_a_reader_leaves_the_writer_alone(path, tmp_path):
    """A reader can be closed while a run writes."""
    ledger = make_ledger(tmp_path)
    with LedgerReader(path) as reader:
        reader.counts()
    send(ledger, 1)

    with LedgerReader(path) as reader:
        assert reader.counts() == {"submitted": 1}
    ledger.close()


def test_rows_of_one_target(begin, ledger, reader):
    """Every query can be narrowed to a server, a project, a kind or a systemName."""
    settle(ledger, send(ledger, 1), 1)
    other = begin("run-2", target=OTHER)
    settle(other, send(other, 1, 2, job_id="job2"), 1, 2)
    other.record_invalid([Invalid(7, "v7", (Problem("url", "bad"),))], MANIFEST)

    of = TargetFilter(server=OTHER.server, project="tapes")
    assert reader.targets() == [
        {"server": one.server, "project": one.project, "kind": one.kind} for one in (TARGET, OTHER)
    ]
    assert ids(reader.items(of=of)) == ["v1", "v2", "v7"]
    assert reader.counts(of=of) == {"success": 2, "invalid": 1}
    assert [run["run"] for run in reader.runs(of=of)] == ["run-2"]
    assert [job["jobId"] for job in reader.jobs(of=of)] == ["job2"]
    assert [row["server"] for row in reader.show("v1", of=of)] == [OTHER.server]
    for nothing in (TargetFilter(kind="images"), TargetFilter(system_name="other")):
        assert list(reader.items(of=nothing)) == []
        assert reader.counts(of=nothing) == {}
