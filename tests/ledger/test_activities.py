"""Adopted and archived items in the ledger: all other answers stay those of imports."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import LedgerReader, SqliteLedger
from ld_import.model import Block, Content, Identity, MediaFacts, Outcome, State
from tests.clock import START
from tests.ledger.story import at, send, settle
from tests.makers import SYSTEM, TARGET, make_item, make_key, make_start

NOW = at(60)
FACTS = MediaFacts(original_url="https://cdn.example/1.mp4")


@pytest.fixture
def path(tmp_path):
    """Return the path of the ledger."""
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def open_run(path):
    """Return a function that opens the ledger with a new run of an activity."""

    def opened(activity, run_id, **start):
        ledger = SqliteLedger(path, TARGET)
        ledger.begin_run(replace(make_start(run_id=run_id, **start), activity=activity))
        return closing(ledger)

    return opened


def adopt(ledger, *numbers, content=Content.SAME):
    """Adopt items."""
    items = [make_item(number) for number in numbers]
    state = State.SUCCESS if content is Content.SAME else State.SKIPPED
    outcomes = [
        Outcome(item.key, state, "adopted", "m1", True, content=content, facts=FACTS)
        for item in items
    ]
    ledger.record_adopted(items, [hashes_from(item.body) for item in items], outcomes, NOW)


def imported(open_run, *numbers):
    """Import items in the run `import`."""
    with open_run("import", "import") as ledger:
        settle(ledger, send(ledger, *numbers), *numbers)
        ledger.note_digests()
        return ledger.find([make_key(number) for number in numbers])


def archive(ledger, *rows):
    """Archive the entries of rows of the run `import`."""
    number, _ = ledger.run_named("import")
    ledger.record_archiving([(row, "1", b"digest") for row in rows], number)
    ledger.record_archived(dict.fromkeys(rows, "archived"), [], NOW)


def test_adopted_items_are_known(path, open_run):
    """An adopted item is known by key, digest and URL, with its facts, and nothing is open."""
    with open_run("adopt", "a") as ledger:
        adopt(ledger, 1)
        ledger.note_digests()
        (known,) = ledger.find([make_key(1)]).values()

        assert (known.state, known.media_id) == (State.SUCCESS, "m1")
        assert known.field_hashes == hashes_from(make_item(1).body)
        assert ledger.known([b"digest-1"]) == {b"digest-1": (1, State.SUCCESS)}
        assert ledger.known_urls() is not None
        assert list(ledger.open_batches()) == []
        assert ledger.rows_of_other_content() == frozenset()
    with LedgerReader(path) as reader:
        assert [row["originalUrl"] for row in reader.items()] == [FACTS.original_url]


def test_adopted_item_with_other_content(open_run):
    """Its row is skipped, and its content on the server is unknown: a PATCH may change it."""
    with open_run("adopt", "a") as ledger:
        adopt(ledger, 1, content=Content.OTHER)
        (known,) = ledger.find([make_key(1)]).values()

        assert (known.state, known.field_hashes) == (State.SKIPPED, b"")
        assert ledger.rows_of_other_content() == frozenset({1})


def test_only_imports_count_for_the_quota(open_run):
    """Neither adopted nor archived items count."""
    known = imported(open_run, 1)
    with open_run("adopt", "a") as ledger:
        adopt(ledger, 2, 3)
    with open_run("undo", "u") as ledger:
        archive(ledger, known[make_key(1)].row)
        since, until = START - timedelta(days=1), START + timedelta(days=1)

        assert ledger.count_sent(since, until) == 1
        assert ledger.oldest_sent(since, until) == START


def test_identity_of_a_manifest(open_run):
    """The identity is that of the last import or adoption, never of an undo."""
    with open_run("adopt", "a", template="{{ id }}") as ledger:
        adopt(ledger, 1)
        assert ledger.identity_of("/manifest.yaml") == Identity(SYSTEM, "{{ id }}")
    imported(open_run, 2)
    with open_run("undo", "u", template="never") as ledger:
        archive(ledger, 2)

        assert ledger.identity_of("/manifest.yaml") == Identity(SYSTEM, None)


def test_archived_items(path, open_run):
    """An archived item is failed, without media id and facts, and its blocks are not valid."""
    known = imported(open_run, 1, 2)
    rows = [item.row for item in known.values()]
    with closing(SqliteLedger(path, TARGET)) as ledger:
        ledger.learn_blocks([Block(b"block", rows)], "/manifest.yaml")
    with open_run("undo", "u") as ledger:
        archive(ledger, rows[0])
    with closing(SqliteLedger(path, TARGET)) as ledger:
        found = ledger.find([make_key(1), make_key(2)])

        assert [item.state for item in found.values()] == [State.FAILED, State.SUCCESS]
        assert found[make_key(1)].media_id is None
        assert ledger.archived_rows() == {rows[0]}
        assert ledger.known_block(b"block") is None
        assert ledger.known([b"digest-1"]) == {b"digest-1": (rows[0], State.FAILED)}


def test_item_sent_after_it_was_archived(open_run):
    """A later attempt decides again."""
    known = imported(open_run, 1)
    with open_run("undo", "u") as ledger:
        archive(ledger, known[make_key(1)].row)
    with open_run("import", "later") as ledger:
        settle(ledger, send(ledger, 1), 1, state=State.SKIPPED)

        assert ledger.archived_rows() == frozenset()
        assert ledger.find([make_key(1)])[make_key(1)].media_id == "m1"


def test_archiving_that_was_begun(open_run):
    """It is listed until its result is recorded; an item that is left keeps its state."""
    known = imported(open_run, 1, 2)
    rows = [item.row for item in known.values()]
    with open_run("undo", "u") as ledger:
        number, activity = ledger.run_named("import")
        ledger.record_archiving([(row, "7", b"digest") for row in rows], number)
    with open_run("undo", "again") as ledger:
        begun = ledger.begun_archiving()
        assert [(one.row, one.version, one.entry_digest) for one in begun] == [
            (row, "7", b"digest") for row in rows
        ]
        assert ({one.run_id for one in begun}, activity) == ({"import"}, "import")
        ledger.record_archived({rows[0]: "archived"}, [rows[1]], NOW)

        assert ledger.begun_archiving() == []
        states = [item.state for item in ledger.find([make_key(1), make_key(2)]).values()]
        assert states == [State.FAILED, State.SUCCESS]


def test_attempts_say_whether_the_entry_existed(open_run):
    """Created, existing and failed are three results, in batches of one and of several results."""
    with open_run("import", "import") as ledger:
        keys = [make_item(number).key for number in (1, 2, 3)]
        mixed = [
            Outcome(keys[0], State.SUCCESS, None, "m1"),
            Outcome(keys[1], State.SUCCESS, "patched", "m2", is_existing=True),
            Outcome(keys[2], State.FAILED, "no"),
        ]
        ledger.record_settled(send(ledger, 1, 2, 3), mixed, job_state="success", now=NOW)
        settle(ledger, send(ledger, 4, 5), 4, 5)
        number, _ = ledger.run_named("import")
        sent = ledger.sent_in(number, ledger.rows_of_run(number))

        assert [item.is_existing for item in sent] == [False, True, None, False, False]
        assert [item.row for item in ledger.sent_in(number, [3, 4])] == [3, 4]
        assert list(ledger.rows_of_run(number)) == [1, 2, 3, 4, 5]
        assert ledger.run_named("unknown") is None
