"""A value that no run could have written is reported as damage."""

from __future__ import annotations

import pytest

from ld_import.ledger.corruption import CorruptValue
from ld_import.ledger.row_validation import (
    check_json,
    check_row,
    count_from,
    identity_from,
    known_item_from,
    learned_times_from,
    moment_from,
    open_batch_from,
    state_from,
)
from ld_import.model import Identity, KnownItem, LearnedTimes, State
from tests.clock import START
from tests.makers import make_key

CHECKSUM = bytes(16)
SECONDS = int(START.timestamp())
NO_RUNS = (None, None)
ROWS = [
    ("archive", "v1", "m1", b"marks", None, b"before"),
    ("archive", "v2", None, b"", SECONDS, b""),
]


def known_item(*columns):
    """Return an item of these columns, whose last attempt neither failed nor was lost."""
    return known_item_from((*columns, 0, None, b""))


def test_sound_values_pass():
    """Values that a run wrote are returned unchanged."""
    known = (1, "success", CHECKSUM, b"digest", "m1", b"marks")

    assert state_from("lost") is State.LOST
    assert moment_from(SECONDS) == START
    assert count_from(7) == 7
    assert known_item(*known) == KnownItem(1, State.SUCCESS, *known[2:])
    assert identity_from("archive", None) == Identity("archive", None)
    assert identity_from("archive", "{{ id }}") == Identity("archive", "{{ id }}")
    check_json(None)
    check_json('{"read": 1}')
    check_row((1, "text", None, 1.5))


@pytest.mark.parametrize(
    "columns",
    [("100", 1.0, 0.1, None), (100, "1", 0.1, None), (100, 1.0, -0.1, None), (100, None, 0.1, "5")],
)
def test_damaged_learned_times(columns):
    """Size, times and limit of learned batches are numbers."""
    assert learned_times_from((100, 1, 0.1, 50)) == LearnedTimes(100, 1, 0.1, 50)
    with pytest.raises(CorruptValue):
        learned_times_from(columns)


def test_sound_batch_passes():
    """A batch has its keys in order, existing entries and field hashes."""
    batch = open_batch_from(3, "job1", SECONDS, 2, NO_RUNS, ROWS)

    assert (batch.batch_id, batch.job_id, batch.created_at) == (3, "job1", START)
    assert batch.keys == (make_key(1), make_key(2))
    assert batch.existing == {make_key(1)}
    assert batch.field_hashes == {make_key(1): b"marks", make_key(2): b""}
    assert batch.unconfirmed == {make_key(2): START}
    assert batch.held == {make_key(1): b"before"}
    assert batch.later_runs is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: state_from("sUccess"), "'sUccess' is not a state"),
        (lambda: state_from(b"success"), "b'success' is not a state"),
        (lambda: state_from(None), "None is not a state"),
        (lambda: state_from("x" * 1000), "'x+… is not a state of an item$"),
        (lambda: moment_from("soon"), "a number instead of 'soon'"),
        (lambda: moment_from(1.5), "expected a number"),
        (lambda: moment_from(2**62), "is not a time"),
        (lambda: count_from(-1), "-1 is not a count"),
        (lambda: count_from(0.0), "expected a number"),
        (lambda: identity_from(5, None), "expected text"),
        (lambda: identity_from("a", b"b"), "expected text"),
        (lambda: known_item(1, "lost", b"short", b"", None, b""), "16 bytes, not 5"),
        (lambda: known_item(1, "lost", "text", b"", None, b""), "expected bytes"),
        (lambda: known_item(1, "lost", CHECKSUM, 1, None, b""), "expected bytes"),
        (lambda: known_item(1, "lost", CHECKSUM, b"", b"m", b""), "expected text"),
        (lambda: known_item(1, "lost", CHECKSUM, b"", None, None), "expected bytes"),
        (
            lambda: open_batch_from(3, "job1", SECONDS, 3, NO_RUNS, ROWS),
            "batch 3 has 2 of its 3 items",
        ),
        (lambda: open_batch_from(3, "job1", SECONDS, "2", NO_RUNS, ROWS), "has 2 of its '2' items"),
        (lambda: open_batch_from(3, b"j", SECONDS, 2, NO_RUNS, ROWS), "expected text"),
        (lambda: open_batch_from(3, None, None, 2, NO_RUNS, ROWS), "expected a number"),
        (lambda: check_json("{"), "expected JSON"),
        (lambda: check_json(b"{}"), "expected text"),
        (lambda: check_row((1, b"x")), "expected text or a number"),
    ],
)
def test_corrupt_value_is_reported(make, message):
    """The message shows the value and stays short."""
    with pytest.raises(CorruptValue, match=message):
        make()


@pytest.mark.parametrize(
    "value", ["", " ", "m\0", "a b", "\x9b31m", "\u202em", "../../admin", "ü", "m" * 65, "m\n"]
)
def test_unusable_ids_are_unknown(value):
    """An invalid id that an older version stored is read as unknown."""
    known = known_item(1, "success", CHECKSUM, b"digest", value, b"marks")
    rows = [("archive", "v1", value, b"marks", None, b""), ROWS[1]]
    batch = open_batch_from(3, value, SECONDS, 2, NO_RUNS, rows)

    assert known == KnownItem(1, State.SUCCESS, CHECKSUM, b"digest", None, b"marks")
    assert batch.job_id is None
    assert batch.existing == {make_key(1)}
