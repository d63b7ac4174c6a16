"""Values that no run has written are damage, not decisions."""

from __future__ import annotations

import pytest

from ld_import.ledger.corruption import CorruptValue
from ld_import.ledger.row_validation import (
    check_json,
    check_row,
    count_from,
    identity_from,
    known_item_from,
    moment_from,
    open_batch_from,
    state_from,
)
from ld_import.model import Identity, KnownItem, State
from tests.clock import START
from tests.makers import make_key

CHECKSUM = bytes(16)
SECONDS = int(START.timestamp())
NO_RUNS = (None, None)
ROWS = [
    ("archive", "v1", "m1", b"marks", None, b"before"),
    ("archive", "v2", None, b"", SECONDS, b""),
]


def test_sound_values_pass():
    """What a run has written comes back as it was."""
    known = (1, "success", CHECKSUM, b"digest", "m1", b"marks")

    assert state_from("lost") is State.LOST
    assert moment_from(SECONDS) == START
    assert count_from(7) == 7
    assert known_item_from(*known) == KnownItem(1, State.SUCCESS, *known[2:])
    assert identity_from("archive", None) == Identity("archive", None)
    assert identity_from("archive", "{{ id }}") == Identity("archive", "{{ id }}")
    check_json(None)
    check_json('{"read": 1}')
    check_row((1, "text", None, 1.5))


def test_sound_batch_passes():
    """Keys in order, what existed, and the marks."""
    batch = open_batch_from(3, "job1", SECONDS, 2, NO_RUNS, ROWS)

    assert (batch.batch_id, batch.job_id, batch.created_at) == (3, "job1", START)
    assert batch.keys == (make_key(1), make_key(2))
    assert batch.existing == {make_key(1)}
    assert batch.field_hashes == {make_key(1): b"marks", make_key(2): b""}
    assert batch.unconfirmed == {make_key(2): START}
    assert batch.held == {make_key(1): b"before"}
    assert batch.later_runs is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: state_from("sUccess"), "the state 'sUccess'"),
        (lambda: state_from(b"success"), "the state b'success'"),
        (lambda: state_from(None), "the state None"),
        (lambda: state_from("x" * 1000), "the state 'x+…$"),
        (lambda: moment_from("soon"), "'soon' stands where a number"),
        (lambda: moment_from(1.5), "where a number"),
        (lambda: moment_from(2**62), "no time"),
        (lambda: count_from(-1), "no count -1"),
        (lambda: count_from(0.0), "where a number"),
        (lambda: identity_from(5, None), "where text"),
        (lambda: identity_from("a", b"b"), "where text"),
        (lambda: known_item_from(1, "lost", b"short", b"", None, b""), "16 bytes, not 5"),
        (lambda: known_item_from(1, "lost", "text", b"", None, b""), "where bytes"),
        (lambda: known_item_from(1, "lost", CHECKSUM, 1, None, b""), "where bytes"),
        (lambda: known_item_from(1, "lost", CHECKSUM, b"", b"m", b""), "where text"),
        (lambda: known_item_from(1, "lost", CHECKSUM, b"", None, None), "where bytes"),
        (
            lambda: open_batch_from(3, "job1", SECONDS, 3, NO_RUNS, ROWS),
            "batch 3 has 2 of its 3 items",
        ),
        (lambda: open_batch_from(3, "job1", SECONDS, "2", NO_RUNS, ROWS), "has 2 of its '2' items"),
        (lambda: open_batch_from(3, b"j", SECONDS, 2, NO_RUNS, ROWS), "where text"),
        (lambda: open_batch_from(3, None, None, 2, NO_RUNS, ROWS), "where a number"),
        (lambda: check_json("{"), "where JSON"),
        (lambda: check_json(b"{}"), "where text"),
        (lambda: check_row((1, b"x")), "where text or a number"),
    ],
)
def test_nonsense_is_told(make, words):
    """The sentence shows the value and stays short."""
    with pytest.raises(CorruptValue, match=words):
        make()


@pytest.mark.parametrize(
    "value", ["", " ", "m\0", "a b", "\x9b31m", "\u202em", "../../admin", "ü", "m" * 65, "m\n"]
)
def test_unusable_ids_are_unknown(value):
    """An id that an older version stored as the server sent it damages nothing and is not used."""
    known = known_item_from(1, "success", CHECKSUM, b"digest", value, b"marks")
    rows = [("archive", "v1", value, b"marks", None, b""), ROWS[1]]
    batch = open_batch_from(3, value, SECONDS, 2, NO_RUNS, rows)

    assert known == KnownItem(1, State.SUCCESS, CHECKSUM, b"digest", None, b"marks")
    assert batch.job_id is None
    assert batch.existing == {make_key(1)}
