"""Forgetting: chosen items are new to the next run, and nothing refers to their row numbers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from ld_import.errors import UsageError
from ld_import.ledger import SqliteLedger, TargetFilter
from ld_import.ledger.forgetting import Choice, forget
from ld_import.model import Block, Invalid, Job, MediaFacts, Outcome, Problem, State, Target
from tests.clock import START
from tests.ledger.changing import crash_everywhere, rows_of
from tests.ledger.story import pend, send, settle
from tests.makers import TARGET, make_item, make_key, make_start

OTHER = Target("https://other.example", "", "videos")
NOW = START + timedelta(days=2)
OF_TARGET = TargetFilter(TARGET.server, TARGET.project, TARGET.kind)
OF_OTHER = TargetFilter(OTHER.server, OTHER.project, OTHER.kind)


@pytest.fixture
def path(tmp_path):
    """Return the path of the ledger."""
    return tmp_path / "ledger.sqlite3"


def run(path, run_id, *numbers, target=TARGET, now=START):
    """Import items successfully in one run."""
    with closing(SqliteLedger(path, target)) as ledger:
        ledger.begin_run(make_start(run_id=run_id))
        items = [make_item(number) for number in numbers]
        batch_id = send(ledger, *numbers, now=now)
        facts = MediaFacts(original_url="https://cdn.example/1")
        outcomes = [Outcome(item.key, State.SUCCESS, None, "m", facts=facts) for item in items]
        ledger.record_settled(batch_id, outcomes, job_state="success", now=now)
        ledger.note_digests()
        ledger.end_run(exit_code=0, summary="{}", ended_at=now)


def learn(path, name, *numbers, target=TARGET):
    """Record a block of items."""
    with closing(SqliteLedger(path, target)) as ledger:
        found = ledger.find([make_key(number) for number in numbers])
        ledger.learn_blocks([Block(name, [item.row for item in found.values()])], "/manifest.yaml")


def known(path, *numbers, target=TARGET):
    """Return the externalIds of the known items."""
    with closing(SqliteLedger(path, target, read_only=True)) as ledger:
        found = ledger.find([make_key(number) for number in numbers])
    return sorted(key.external_id for key in found)


def block(path, name, target=TARGET):
    """Return the rows of a block, `None` if it is not valid."""
    with closing(SqliteLedger(path, target, read_only=True)) as ledger:
        rows = ledger.known_block(name)
    return None if rows is None else list(rows)


def count(path, table):
    """Return the number of rows of a table."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def forget_now(path, choice, target=OF_TARGET, **options):
    """Forget two days after the imports."""
    return forget(path, target, choice, now=NOW, is_dry_run=False, **options)


def test_items_by_id(path):
    """The named items go with all that refers to them; the others stay."""
    run(path, "run-1", 1, 2, 3)
    learn(path, b"both", 1, 2)
    learn(path, b"third", 3)
    result = forget_now(path, Choice(external_ids=["v1", "v9"]))

    assert (result.items, result.on_server, result.unknown_ids) == (1, 1, ["v9"])
    assert known(path, 1, 2, 3) == ["v2", "v3"]
    assert block(path, b"both") is None
    assert block(path, b"third") == [3]
    assert [count(path, name) for name in ("item", "media", "attempt", "digest")] == [2, 2, 2, 2]


def test_row_number_is_given_again(path):
    """A new item with the row number of a forgotten one is not taken for it."""
    run(path, "run-1", 1, 2)
    learn(path, b"second", 2)
    forget_now(path, Choice(external_ids=["v2"]))
    run(path, "run-2", 3)

    assert block(path, b"second") is None
    with closing(SqliteLedger(path, TARGET)) as ledger:
        (row, _), *rest = ledger.known([b"digest-3", b"digest-2"]).values()
    assert (row, rest) == (2, [])


def test_items_of_a_run(path):
    """Only items that the run sent first go; those of earlier runs stay."""
    run(path, "run-1", 1)
    run(path, "run-2", 1, 2)
    run(path, "run-3", 2, 3)
    result = forget_now(path, Choice(run_id="run-2"))

    assert (result.items, result.known_before) == (1, 1)
    assert known(path, 1, 2, 3) == ["v1", "v3"]


def test_run_without_its_history(path):
    """An item whose first attempt is pruned stays: its first run is not known."""
    run(path, "run-1", 1)
    run(path, "run-2", 1)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM earlier_attempt WHERE batch_id = 1")
        db.commit()

    assert forget_now(path, Choice(run_id="run-2")).items == 0


def test_unknown_run(path):
    """A run of another target, or of none, is a usage error."""
    run(path, "run-1", 1)
    run(path, "run-2", 1, target=OTHER)

    for name in ("run-2", "run-9"):
        with pytest.raises(UsageError, match="has no run"):
            forget_now(path, Choice(run_id=name))


def test_whole_target(path):
    """A target goes with its runs and requests; the other one is as before."""
    run(path, "run-1", 1, 2)
    run(path, "run-2", 1, 2, target=OTHER)
    learn(path, b"other", 1, 2, target=OTHER)
    rows = block(path, b"other", target=OTHER)
    result = forget_now(path, Choice(is_all=True))

    assert (result.items, result.kept_requests) == (2, 0)
    assert known(path, 1, 2) == []
    assert known(path, 1, 2, target=OTHER) == ["v1", "v2"]
    assert block(path, b"other", target=OTHER) == rows
    assert [count(path, name) for name in ("target", "run", "batch", "attempt")] == [1, 1, 1, 2]


def test_number_of_a_request_is_given_again(path):
    """A request with the number of a forgotten one still ends the validity of a block."""
    run(path, "run-1", 1, target=OTHER)
    run(path, "run-2", 1, 2, 3)
    learn(path, b"other", 1, target=OTHER)
    forget_now(path, Choice(is_all=True))
    assert block(path, b"other", target=OTHER) is not None
    run(path, "run-3", 1, target=OTHER)

    assert block(path, b"other", target=OTHER) is None
    with closing(SqliteLedger(path, OTHER)) as ledger:
        assert ledger.known([b"digest-1"])


def test_quota_after_a_whole_target(path):
    """The requests of the last 24 hours still count, until they are older."""
    run(path, "run-1", 1, 2, now=NOW - timedelta(hours=30))
    run(path, "run-2", 3, 4, 5, now=NOW - timedelta(hours=2))
    result = forget_now(path, Choice(is_all=True))

    assert result.kept_requests == 1
    with closing(SqliteLedger(path, TARGET)) as ledger:
        assert ledger.count_sent(NOW - timedelta(days=1), NOW) == 3
        assert list(ledger.open_batches()) == []
        assert ledger.highest_row() == 0
    later = NOW + timedelta(days=2)
    forget(path, OF_TARGET, Choice(is_all=True), now=later, is_dry_run=False)
    assert count(path, "target") == 0


@pytest.mark.parametrize("choice", [Choice(external_ids=["v1"]), Choice(run_id="run-1")])
def test_open_requests(path, choice):
    """An item whose result is not recorded cannot be forgotten alone."""
    with closing(SqliteLedger(path, TARGET)) as ledger:
        ledger.begin_run(make_start(run_id="run-1"))
        pend(ledger, 1, 2)
    before = rows_of(path)

    with pytest.raises(UsageError, match="whose result is not recorded yet"):
        forget_now(path, choice)
    assert rows_of(path) == before


def test_open_requests_of_a_whole_target(path):
    """With the whole target open requests go as well, and none stays open."""
    with closing(SqliteLedger(path, TARGET)) as ledger:
        ledger.begin_run(make_start(run_id="run-1"))
        pend(ledger, 1, now=NOW)
        ledger.record_submitted(pend(ledger, 2, now=NOW), Job("job1", "started", False), NOW)
    result = forget_now(path, Choice(is_all=True))

    assert (result.items, result.open, result.kept_requests) == (2, 2, 2)
    with closing(SqliteLedger(path, TARGET)) as ledger:
        assert list(ledger.open_batches()) == []


def test_one_system_of_a_target(path):
    """With a systemName only its items go, and no request."""
    run(path, "run-1", 1)
    of_system = TargetFilter(TARGET.server, TARGET.project, TARGET.kind, "another")

    assert forget_now(path, Choice(is_all=True), of_system).items == 0
    assert known(path, 1) == ["v1"]


def test_invalid_records(path):
    """Invalid records go with their externalId, with their run, or with the target."""
    problem = (Problem("url", "not a URL"),)
    for number in (1, 2):
        with closing(SqliteLedger(path, TARGET)) as ledger:
            ledger.begin_run(make_start(run_id=f"run-{number}"))
            ledger.record_invalid([Invalid(number, f"v{number}", problem)], f"/{number}.yaml")
            settle(ledger, send(ledger, 7), 7)

    result = forget_now(path, Choice(external_ids=["v1"]))
    assert (result.items, result.invalid, result.unknown_ids) == (0, 1, [])
    assert forget_now(path, Choice(run_id="run-2")).invalid == 1
    assert count(path, "invalid") == 0


def test_copy_is_kept(path):
    """The ledger as it was is beside it, under an unused name."""
    run(path, "run-1", 1, 2)
    before = rows_of(path)
    first = forget_now(path, Choice(external_ids=["v1"])).copy
    second = forget_now(path, Choice(external_ids=["v2"])).copy

    assert rows_of(first) == before
    assert known(second, 1, 2) == ["v2"]
    assert (first.name, second.name) == (
        "ledger.sqlite3.before-forget",
        "ledger.sqlite3.before-forget-2",
    )
    assert first.stat().st_mode & 0o777 == 0o600


def test_dry_run(path):
    """A dry run has the same counts; it changes no byte and makes no copy."""
    run(path, "run-1", 1, 2)
    content = path.read_bytes()
    planned = forget(path, OF_TARGET, Choice(is_all=True), now=NOW, is_dry_run=True)

    assert (planned.items, planned.on_server, planned.copy) == (2, 2, None)
    assert path.read_bytes() == content
    assert not [file for file in path.parent.iterdir() if "before" in file.name]


@pytest.mark.parametrize("choice", [Choice(external_ids=["v1"]), Choice(is_all=True)])
def test_crash_at_every_statement(path, choice, monkeypatch):
    """A change that is cut off leaves the ledger as it was."""
    run(path, "run-1", 1, 2)
    run(path, "run-2", 1, target=OTHER)
    learn(path, b"both", 1, 2)
    crash_everywhere(path, lambda path: forget_now(path, choice), monkeypatch)
