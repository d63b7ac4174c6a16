"""The SQLite backend passes the contract suite; its file is small and readable."""

from __future__ import annotations

import signal
import sqlite3
from dataclasses import replace

import pytest

from ld_import.errors import LedgerError
from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import LedgerReader, SqliteLedger
from ld_import.ledger.digests import KNOWN
from ld_import.ledger.migrations import SCHEMA
from ld_import.model import Invalid, Job, Outcome, Problem, State
from tests.clock import START
from tests.ledger.contract import LedgerContract
from tests.ledger.story import next_run, outcomes, pend, send, settle
from tests.makers import TARGET, make_item, make_key, make_ledger, make_start

TYPICAL_ITEMS = 5_000
BYTES_PER_ITEM = 400


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def open_backend(self, tmp_path):
        opened = []

        def open_it(target=TARGET, *, read_only=False):
            ledger = SqliteLedger(tmp_path / "ledger.sqlite3", target, read_only=read_only)
            opened.append(ledger)
            return ledger

        yield open_it
        for ledger in opened:
            ledger.close()


def rows(folder, query):
    """Query the file as any SQLite tool would."""
    db = sqlite3.connect(folder / "ledger.sqlite3")
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def test_a_typical_item_is_small(tmp_path):
    """An item takes at most 400 bytes, including indexes and history."""
    ledger = make_ledger(tmp_path)
    metadata = {"title": "An evening at the lake", "credit": "Archive", "year": 1999}
    for start in range(1, TYPICAL_ITEMS, 500):
        items = [make_item(number, metadata=metadata) for number in range(start, start + 500)]
        marks = [hashes_from(item.body) for item in items]
        batch_id = ledger.record_pending(items, marks, request_digest=b"d" * 16, now=START)
        ledger.record_submitted(batch_id, Job("25bzj8j", "started", False), START)
        ended = [Outcome(item.key, State.SUCCESS, None, "jjiwhsf23kdk") for item in items]
        ledger.record_settled(batch_id, ended, job_state="success", now=START)
    count = ledger.highest_row()
    ledger.close()

    assert count == TYPICAL_ITEMS
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) / count <= BYTES_PER_ITEM


def test_history_is_only_appended(ledger, tmp_path):
    """An item sent three times has three attempts, each with its own result."""
    settle(ledger, send(ledger, 1), 1, state=State.FAILED, reason="no")
    settle(ledger, send(ledger, 1), 1)
    send(ledger, 1)

    assert rows(tmp_path, "SELECT state, reason FROM attempt ORDER BY batch_id") == [
        ("failed", "no"),
        ("success", None),
        ("pending", None),
    ]
    assert rows(tmp_path, "SELECT attempts FROM item") == [(3,)]


def test_repeated_settling_corrects_the_history_of_its_own_batch(ledger, tmp_path):
    """Settling an earlier batch again does not change the later attempt."""
    first = send(ledger, 1)
    settle(ledger, first, 1)
    settle(ledger, send(ledger, 1), 1, state=State.FAILED)
    ledger.record_settled(first, outcomes(1), job_state="success", now=START)

    assert rows(tmp_path, "SELECT state FROM attempt ORDER BY batch_id") == [
        ("success",),
        ("failed",),
    ]
    assert rows(tmp_path, "SELECT state FROM item") == [("failed",)]


def test_reason_goes_when_the_item_is_sent_again(ledger, tmp_path):
    """A reason belongs to the attempt that failed."""
    settle(ledger, send(ledger, 1), 1, state=State.FAILED, reason="no")
    send(ledger, 1)

    assert rows(tmp_path, "SELECT state, reason FROM item") == [("pending", None)]


def test_no_secret_is_written(ledger, tmp_path):
    """Secrets in URLs and reasons are not stored; the names of items are."""
    url, shown = "https://films.example/1.mp4?id=7&sig={}", "Bearer {}"
    item = make_item(1, url=url.format("PLANTED"))
    refused = ledger.record_pending([item], [b""], request_digest=b"", now=START)
    ledger.record_refused(refused, shown.format("PLANTED1"), START)
    batch = ledger.record_pending([item], [b""], request_digest=b"", now=START)
    failed = Outcome(item.key, State.FAILED, shown.format("PLANTED2"))
    ledger.record_settled(batch, [failed], job_state="failed", now=START)
    problem = Problem("url", shown.format("PLANTED3"))
    ledger.record_invalid([Invalid(2, "v2", (problem,))], "manifest")

    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with LedgerReader(ledger.path) as reader:
        row, invalid = reader.items()
    assert b"PLANTED" not in written
    assert (row["url"], row["reason"]) == (url.format("***"), shown.format("***"))
    assert invalid["reason"] == shown.format("***")


def test_digests_that_no_item_has_are_swept_away(ledger, tmp_path):
    """Records or templates that change every night do not make the ledger grow without limit."""
    settle(ledger, send(ledger, 1, 2), 1, 2)
    for night in range(10):
        ledger.learn_digests([(row, b"%d-%d" % (row, night)) for row in (1, 2)])
        ledger.note_digests()

    assert rows(tmp_path, "SELECT count(*) FROM digest")[0][0] <= 4
    assert set(ledger.known([b"1-9", b"2-9"])) == {b"1-9", b"2-9"}


def test_marks_and_items_belong_together(ledger):
    """A wrong number of field hashes raises, and nothing is written."""
    with pytest.raises(ValueError, match="shorter"):
        ledger.record_pending([make_item(1), make_item(2)], [b""], request_digest=b"", now=START)
    assert ledger.find([make_key(1)]) == {}
    assert list(ledger.open_batches()) == []


@pytest.mark.parametrize(
    "query",
    [
        KNOWN.format("?, ?"),
        "SELECT 1 FROM item WHERE target_id = ? AND system_id = ? AND external_id = ?",
        "SELECT batch_id FROM batch WHERE target_id = ? AND state IN ('pending', 'submitted')",
        "SELECT 1 FROM batch WHERE target_id = ? AND created_at > ? AND state <> 'refused'",
    ],
)
def test_questions_of_a_run_use_an_index(ledger, tmp_path, query):
    """A query for each record or request does not scan the whole table."""
    values = (None,) * query.count("?")
    db = sqlite3.connect(tmp_path / "ledger.sqlite3")
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    db.close()

    assert plan
    by_index = ("INDEX", "PRIMARY KEY")
    assert all(step.startswith("SEARCH") and any(map(step.__contains__, by_index)) for step in plan)


def test_killed_between_two_commits(tmp_path, starter):
    """A killed run leaves its commits and nothing of an unfinished transaction."""
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from tests.makers import make_ledger; from tests.ledger.story import send;"
        "ledger = make_ledger(Path(sys.argv[1])); send(ledger, 1, 2);"
        "ledger._db.execute('BEGIN IMMEDIATE');"
        "ledger._db.execute(\"UPDATE item SET state = 'success'\");"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with starter.start([str(tmp_path)], code=code) as killed:
        killed.wait()
    ledger = next_run(tmp_path)

    assert killed.returncode == -signal.SIGKILL
    assert ledger.find([make_key(1)])[make_key(1)].state is State.SUBMITTED
    assert [batch.keys for batch in ledger.open_batches()] == [(make_key(1), make_key(2))]
    ledger.close()


def test_file_that_looks_right_and_is_not(tmp_path):
    """A file with the right version and without the tables is reported."""
    db = sqlite3.connect(tmp_path / "ledger.sqlite3")
    db.execute(f"PRAGMA user_version = {SCHEMA.version}")
    db.close()

    for read_only in (False, True):
        with pytest.raises(LedgerError, match="is missing"):
            make_ledger(tmp_path, read_only=read_only)


STRANGE = ["x" * 70_000, "a\0b", "\x1b[2J", "\u202e", "\ud800 \udcff", "\r\n", ""]


@pytest.mark.parametrize("text", STRANGE)
def test_any_text_of_a_server_can_be_stored(tmp_path, text):
    """Reasons and states are bounded, and any text in them can be queried."""
    ledger = make_ledger(tmp_path)
    batch_id = pend(ledger, 1)
    ledger.record_submitted(batch_id, Job("job1", text, False), START)
    ended = outcomes(1, state=State.FAILED, reason=text)
    ledger.record_settled(batch_id, ended, job_state=text, now=START)
    ledger.record_refused(pend(ledger, 2), text, START)
    ledger.record_invalid([Invalid(9, text, (Problem("url", text),))], "/manifest.yaml")
    ledger.end_run(exit_code=3, summary="{}", ended_at=START)
    again = next_run(tmp_path)
    with LedgerReader(tmp_path / "ledger.sqlite3") as reader:
        shown = [*reader.items(), *reader.jobs(limit=-1), *reader.runs(limit=-1)]
        shown += reader.show("v1")[0]["history"]
    reasons = {row["reason"] for row in shown if row.get("reason")}
    states = {row["jobState"] for row in shown if row.get("jobState")}

    assert again.find([make_key(1)])[make_key(1)].state is State.FAILED
    assert max(map(len, reasons | states), default=0) <= 1_000
    ledger.close()
    again.close()


def test_any_command_can_be_stored(tmp_path):
    """Bytes of a command line that are not UTF-8 are stored as escapes."""
    ledger = SqliteLedger(tmp_path / "ledger.sqlite3", TARGET)
    ledger.begin_run(replace(make_start(), command="ld-import videos b\udcffd.csv"))
    ledger.close()

    assert rows(tmp_path, "SELECT command FROM run") == [(r"ld-import videos b\udcffd.csv",)]
