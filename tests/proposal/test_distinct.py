"""Exact distinctness in limited memory."""

from __future__ import annotations

import pytest

from ld_import.errors import TempSpaceError
from ld_import.proposal.distinct import HashStore


@pytest.fixture
def store():
    """Return a store that goes to disk after a hundred hashes."""
    found = HashStore(limit=100)
    yield found
    found.close()


def filled(store, values):
    column = store.column()
    for number, value in enumerate(values, 1):
        column.add(value, number)
    return column


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 5_000])
def test_different_values(store, count):
    """Different values are unique, in memory and on disk."""
    assert filled(store, map(str, range(count))).is_unique()


@pytest.mark.parametrize("first", [1, 50, 101, 4_000])
def test_one_repetition(store, first):
    """One repeated value is found, however far apart the records are."""
    values = [*map(str, range(5_000)), str(first)]

    assert not filled(store, values).is_unique()


def test_the_record_that_repeats_is_known_in_memory(store):
    """The first repetition has the number of its record."""
    column = filled(store, ["a", "b", "a", "b"])

    assert (column.repeat, column.share, column.is_unique()) == (3, 0.5, False)


def test_memory_is_limited(store):
    """Columns share the limit, and one with a repetition is given up when it is reached."""
    repeated = filled(store, ["a", "a"])
    columns = [filled(store, (f"{at} {number}" for number in range(500))) for at in range(5)]

    assert repeated.share == 0.5
    assert all(column.is_unique() for column in columns)
    assert sum(len(column._hashes) for column in columns) <= 101
    repeated.add("b", 9)
    assert repeated.count == 2


def test_full_disk(store, monkeypatch, tmp_path):
    """A folder for temporary files that cannot be used is an error with its name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(TempSpaceError, match="nowhere"):
        filled(store, map(str, range(200)))
