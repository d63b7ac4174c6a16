"""The keys of one run: temporary data."""

from __future__ import annotations

import random

import pytest

from ld_import.errors import TempSpaceError
from ld_import.ledger import SeenKeys
from ld_import.model import ItemKey
from tests.makers import make_item


@pytest.fixture
def seen():
    """Return an empty store."""
    seen = SeenKeys()
    yield seen
    seen.close()


def test_key_that_was_not_put(seen):
    """A key that was not stored is unknown."""
    assert seen.get(ItemKey("archive", "v1")) is None


def test_line_and_checksum_come_back(seen):
    """For the second record with a key, line and checksum of the first are returned."""
    seen.put(ItemKey("archive", "v1"), 7, b"checksum")

    assert seen.get(ItemKey("archive", "v1")) == (7, b"checksum")


def test_key_is_system_and_id(seen):
    """System and id together are the key, without ambiguity between them."""
    seen.put(ItemKey("a", "bc"), 1, b"")
    seen.put(ItemKey("ab", "c"), 2, b"")
    seen.put(ItemKey("a", "BC"), 3, b"")

    assert [seen.get(ItemKey(*pair)) for pair in (("a", "bc"), ("ab", "c"), ("a", "BC"))] == [
        (1, b""),
        (2, b""),
        (3, b""),
    ]
    assert seen.get(ItemKey("abc", "")) is None


@pytest.mark.parametrize("external_id", ["", " ", "\x00", "ü", "日本", "x" * 10_000, "1", "01"])
def test_any_id_is_a_key(seen, external_id):
    """Ids are compared character by character."""
    key = ItemKey("archive", external_id)
    seen.put(key, 1, b"\x00\xff")

    assert seen.get(key) == (1, b"\x00\xff")
    assert seen.get(ItemKey("archive", external_id + "x")) is None


def test_many_keys(seen):
    """Thousands of keys are found, each with its own line."""
    for line in range(1, 5001):
        seen.put(ItemKey("archive", f"v{line}"), line, b"%d" % line)

    assert all(seen.get(ItemKey("archive", f"v{line}"))[0] == line for line in range(1, 5001))
    assert seen.get(ItemKey("archive", "v5001")) is None


def test_two_stores_share_nothing(seen):
    """The keys of one run are unknown to another."""
    other = SeenKeys()
    seen.put(ItemKey("archive", "v1"), 1, b"")

    assert other.get(ItemKey("archive", "v1")) is None
    other.close()


def test_keys_put_together(seen):
    """Each put returns the first record with its key, as when the keys are put one at a time.

    Several records may be on one line, and may have the same content.
    """
    rng = random.Random(3)
    single = SeenKeys()
    repeated = 0
    for _ in range(200):
        numbers = rng.choices(range(2000), k=rng.randrange(20))
        systems = rng.choices(["a", "b"], k=len(numbers))
        items = [
            make_item(number)._replace(key=ItemKey(system, f"v{number}"), line=1)
            for number, system in zip(numbers, systems, strict=True)
        ]
        earlier = {
            at: before
            for at, item in enumerate(items)
            if (before := single.put(item.key, item.line, item.checksum))
        }
        assert seen.put_all(items) == earlier
        repeated += len(earlier)
    assert repeated > 100
    single.close()


def test_no_room_for_more_keys(seen):
    """The message names the folder for temporary files, not the ledger."""
    resource = pytest.importorskip("resource", reason="this system does not limit files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(TempSpaceError, match=r"keys met in this run .* /.* \(TMPDIR\): disk"):
            for line in range(5000):
                seen.put(ItemKey("archive", f"v{line:01000}"), line, b"")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
