"""Pruning: history goes, and no answer of the ledger to a run changes."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import count

import pytest

from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import LedgerReader, SqliteLedger
from ld_import.ledger.pruning import prune
from ld_import.model import Block, Invalid, ItemKey, Job, Outcome, Problem, State, Target
from tests.clock import START
from tests.ledger.changing import crash_everywhere
from tests.makers import SYSTEM, TARGET, make_item, make_key, make_start

OTHER = Target("https://other.example", "", "videos")
NUMBERS = range(1, 13)
MANIFESTS = ("/a.yaml", "/b.yaml")
ENDS = (State.SUCCESS, State.SUCCESS, State.SKIPPED, State.FAILED, State.LOST)
NOW = START + timedelta(days=40)


class Story:
    """Random runs over two targets, one or two days apart; the same seed gives the same runs."""

    def __init__(self, path, seed):
        self.path = path
        self.random = random.Random(seed)
        self.day = 0.0
        self.runs = count(1)

    def play(self, runs):
        for _ in range(runs):
            self.day += self.random.choice([0.3, 1.0, 2.5])
            self._run(self.random.choice([TARGET, TARGET, OTHER]))

    def _run(self, target):
        now = START + timedelta(days=self.day)
        manifest = self.random.choice(MANIFESTS)
        start = make_start(
            run_id=f"run-{next(self.runs)}",
            manifest=manifest,
            records_file=self.random.choice(["/r1", "/r2"]),
            template=self.random.choice([None, "x-{{ id }}"]),
        )
        with closing(SqliteLedger(self.path, target)) as ledger:
            ledger.begin_run(start)
            for batch in list(ledger.open_batches()):
                if self.random.random() < 0.7:
                    self._settle(ledger, batch.batch_id, batch.keys, now)
            for _ in range(self.random.randrange(3)):
                self._send(ledger, now)
            if self.random.random() < 0.3:
                problem = Problem("url", "not a URL")
                ledger.record_invalid([Invalid(9, "bad", (problem,))], manifest)
            ledger.note_digests()
            if self.random.random() < 0.8:
                code = self.random.choice([0, 3])
                ledger.end_run(exit_code=code, summary="{}", ended_at=now)
        self._learn(target)

    def _send(self, ledger, now):
        title = self.random.choice(["a", "b", "c"])
        numbers = self.random.sample(NUMBERS, self.random.randint(1, 4))
        items = [make_item(number, metadata={"title": title}) for number in numbers]
        hashes = [hashes_from(item.body) for item in items]
        batch_id = ledger.record_pending(items, hashes, request_digest=b"r", now=now)
        chance = self.random.random()
        if chance < 0.15:
            ledger.record_refused(batch_id, "no", now)
        elif chance < 0.9:
            job = Job(f"job{batch_id}", "started", False)
            ledger.record_submitted(batch_id, job, now)
            if chance < 0.75:
                self._settle(ledger, batch_id, [item.key for item in items], now)

    def _settle(self, ledger, batch_id, keys, now):
        outcomes = []
        for key in keys:
            state = self.random.choice(ENDS)
            has_entry = state in (State.SUCCESS, State.SKIPPED)
            media_id = f"m{key.external_id}" if has_entry else None
            outcomes.append(Outcome(key, state, None, media_id, is_existing=has_entry))
        ledger.record_settled(batch_id, outcomes, job_state="success", now=now)

    def _learn(self, target):
        with closing(SqliteLedger(self.path, target)) as ledger:
            found = ledger.find([make_key(number) for number in NUMBERS])
            rows = [item.row for item in found.values() if item.state is State.SUCCESS][:3]
            if rows:
                ledger.learn_blocks([Block(b"block-%d" % len(rows), rows)], "/a.yaml")


def answers(path):
    """Return every answer of the ledger that a decision of a run depends on."""
    found = []
    for target in (TARGET, OTHER):
        with closing(SqliteLedger(path, target, read_only=True)) as ledger:
            since = NOW - timedelta(days=1)
            found.append(
                (
                    ledger.highest_row(),
                    ledger.find([make_key(number) for number in NUMBERS]),
                    ledger.known([b"digest-%d" % number for number in NUMBERS]),
                    [ledger.known_block(b"block-%d" % size) for size in (1, 2, 3)],
                    ledger.rows_of_other_content(),
                    ledger.archived_rows(),
                    list(ledger.open_batches()),
                    [ledger.identity_of(manifest) for manifest in MANIFESTS],
                    [ledger.identity_of_file(name) for name in ("/r1", "/r2")],
                    ledger.count_sent(since, NOW),
                    ledger.oldest_sent(since, NOW),
                )
            )
    with LedgerReader(path) as reader:
        ends = [
            reader.last_end(TARGET, manifest, codes, until=NOW)
            for manifest in MANIFESTS
            for codes in ([0], [0, 3])
        ]
        items = [row for row in reader.items() if row["state"] != "invalid"]
        return found, ends, items, reader.targets()


def table(path, query):
    """Return the rows of a query."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(10))
def test_no_answer_changes(tmp_path, seed):
    """After pruning, and after further runs, the ledger answers as the whole one does."""
    whole, pruned = tmp_path / "whole.sqlite3", tmp_path / "pruned.sqlite3"
    story = Story(whole, seed)
    story.play(8)
    shutil.copyfile(whole, pruned)
    now = START + timedelta(days=story.day)
    prune(pruned, now - timedelta(days=seed % 4), now=now, is_dry_run=False)

    assert answers(pruned) == answers(whole)
    assert table(pruned, "PRAGMA foreign_key_check") == []
    twin = Story(pruned, 0)
    twin.random.setstate(story.random.getstate())
    twin.day, twin.runs = story.day, count(100)
    story.runs = count(100)
    story.play(4)
    twin.play(4)
    assert answers(pruned) == answers(whole)


def aged(tmp_path):
    """Return a ledger in which an item was sent on three days, and its path."""
    path = tmp_path / "ledger.sqlite3"
    for day in range(3):
        now = START + timedelta(days=day)
        with closing(SqliteLedger(path, TARGET)) as ledger:
            ledger.begin_run(make_start(run_id=f"run-{day}"))
            item = make_item(1, metadata={"title": str(day)})
            batch_id = ledger.record_pending([item], [b""], request_digest=b"r", now=now)
            outcome = Outcome(item.key, State.SUCCESS, None, "m1")
            ledger.record_settled(batch_id, [outcome], job_state="success", now=now)
            invalid = Invalid(day, None, (Problem("url", "not a URL"),))
            ledger.record_invalid([invalid], f"/day-{day}.yaml")
            ledger.end_run(exit_code=0, summary="{}", ended_at=now)
    return path


def counts(path):
    """Return the number of rows of each table of the history."""
    return {
        name: table(path, f"SELECT count(*) FROM {name}")[0][0]
        for name in ("item", "attempt", "batch", "run", "invalid")
    }


def test_history_is_removed(tmp_path):
    """Earlier attempts go, with their requests, runs and invalid records; the last one stays."""
    path = aged(tmp_path)
    now = START + timedelta(days=9)
    result = prune(path, now, now=now, is_dry_run=False)

    assert counts(path) == {"item": 1, "attempt": 1, "batch": 1, "run": 1, "invalid": 0}
    assert (result.attempts, result.batches, result.runs, result.invalid) == (2, 2, 2, 3)
    assert result.before == now - timedelta(days=1)
    assert path.stat().st_size == result.bytes_after <= result.bytes_before


def test_only_older_history_is_removed(tmp_path):
    """The date decides."""
    path = aged(tmp_path)
    before = START + timedelta(days=1)
    prune(path, before, now=START + timedelta(days=9), is_dry_run=False)

    assert counts(path)["attempt"] == 2


def test_dry_run_counts_the_same(tmp_path):
    """A dry run has the same counts, and changes no byte."""
    path = aged(tmp_path)
    content, now = path.read_bytes(), START + timedelta(days=9)
    planned = prune(path, now, now=now, is_dry_run=True)

    assert path.read_bytes() == content
    done = prune(path, now, now=now, is_dry_run=False)
    names = ("attempts", "batches", "runs", "invalid", "bytes_before")
    assert [getattr(planned, name) for name in names] == [getattr(done, name) for name in names]


def test_lost_result_keeps_its_attempts(tmp_path):
    """The first request without an answer dates a lost item; its attempts stay."""
    path = tmp_path / "ledger.sqlite3"
    item = make_item(1)
    for day in range(2):
        now = START + timedelta(days=day)
        with closing(SqliteLedger(path, TARGET)) as ledger:
            ledger.begin_run(make_start(run_id=f"run-{day}"))
            batch_id = ledger.record_pending([item], [b""], request_digest=b"r", now=now)
            lost = Outcome(item.key, State.LOST, "no answer")
            ledger.record_settled(batch_id, [lost], job_state="lost", now=now)
    now = START + timedelta(days=9)
    prune(path, now, now=now, is_dry_run=False)
    with closing(SqliteLedger(path, TARGET)) as ledger:
        (known,) = ledger.find([ItemKey(SYSTEM, "v1")]).values()

    assert known.lost_since == START


def test_crash_at_every_statement(tmp_path, monkeypatch):
    """A prune that is cut off leaves the ledger as it was."""
    now = START + timedelta(days=9)
    crash_everywhere(
        aged(tmp_path), lambda path: prune(path, now, now=now, is_dry_run=False), monkeypatch
    )
