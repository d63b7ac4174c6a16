"""Invalid records stay until a complete run settles them, under any name of the manifest."""

from __future__ import annotations

from itertools import count

import pytest

from ld_import.ledger import LedgerReader, SqliteLedger
from ld_import.model import Invalid, Problem, Target
from tests.ledger.story import pend
from tests.makers import SYSTEM, TARGET, make_start

MONDAY, TUESDAY = "/x/videos-2026-11-23.csv", "/x/videos-2026-11-24.csv"
NO_ID = Invalid(7, None, (Problem("", "not JSON"),))


def invalid(number=1, line=1):
    """Return an invalid record with the id of an item."""
    return Invalid(line, f"v{number}", (Problem("url", "no"),))


@pytest.fixture
def night(tmp_path):
    """Return a function that records a run: invalid records, sent items; complete by default."""

    numbers = count(1)

    def night(manifest, *records, sent=(), system_name=SYSTEM, target=TARGET, is_complete=True):
        ledger = SqliteLedger(tmp_path / "ledger.sqlite3", target)
        ledger.begin_run(
            make_start(manifest=manifest, system_name=system_name, run_id=f"night-{next(numbers)}")
        )
        ledger.record_invalid(records, manifest)
        if sent:
            pend(ledger, *sent)
        if is_complete:
            ledger.forget_invalid(manifest)
        ledger.close()

    return night


@pytest.fixture
def left(tmp_path):
    """Return a function that lists manifest and line of the present invalid records."""

    def left():
        with LedgerReader(tmp_path / "ledger.sqlite3") as reader:
            return [(row["manifest"], row["line"]) for row in reader.items(states=("invalid",))]

    return left


def test_the_same_export_of_a_later_date_settles_them(night, left):
    """This includes records without an id."""
    night(MONDAY, NO_ID, invalid(2))
    night(TUESDAY, invalid(3, line=9))

    assert left() == [(TUESDAY, 9)]


def test_earlier_export_settles_nothing(night, left):
    """Running yesterday's file again does not change the records of today's."""
    night(TUESDAY, NO_ID)
    night(MONDAY)

    assert left() == [(TUESDAY, 7)]


def test_manifests_side_by_side_keep_theirs(night, left):
    """A run over one manifest does not change the records of the others."""
    night("/x/videos-1.csv", NO_ID, invalid(1))
    night("/x/videos-2.csv", sent=(2, 3))
    night("/y/other.csv")

    assert left() == [("/x/videos-1.csv", 1), ("/x/videos-1.csv", 7)]


def test_records_of_one_line_are_all_kept(night, left):
    """A document on one line has several; a later run replaces those it read, then the others."""
    night("/x/a.json", NO_ID, NO_ID, invalid(1, line=7), invalid(2, line=8))
    assert left() == [("/x/a.json", 7)] * 3 + [("/x/a.json", 8)]
    night("/x/a.json", NO_ID, is_complete=False)
    assert len(left()) == 4
    night("/x/a.json", NO_ID, NO_ID)

    assert left() == [("/x/a.json", 7)] * 2


def test_another_system_or_target_settles_nothing(night, left):
    """Dated exports of two systems or servers can share one folder."""
    night(MONDAY, NO_ID)
    night(TUESDAY, system_name="other")
    night(TUESDAY, target=Target("https://other.example", "", "videos"))

    assert left() == [(MONDAY, 7)]


def test_a_run_that_did_not_read_everything_settles_nothing(night, left):
    """Records it did not read may still be invalid."""
    night(MONDAY, NO_ID, invalid(1))
    night(TUESDAY, sent=(1,), is_complete=False)

    assert len(left()) == 2


def test_an_id_that_was_sent_since_settles_its_record(night, left):
    """The manifest with the fixed record can have any name."""
    night("/x/a.csv", invalid(1), invalid(2, line=2), NO_ID)
    night("/x/fixed.csv", sent=(1,))

    assert left() == [("/x/a.csv", 2), ("/x/a.csv", 7)]


def test_an_id_that_was_sent_in_the_same_run_settles_nothing(night, left):
    """The second record with an id is invalid because the first one was sent."""
    night("/x/a.csv", invalid(1, line=5), sent=(1,))
    night("/x/b.csv")

    assert left() == [("/x/a.csv", 5)]
