"""Batching: limits by number and bytes; no item is lost or reordered."""

from __future__ import annotations

from random import Random

import pytest

from ld_import.model import Batch, ItemKey, KnownItem, Send, SendReason, State
from ld_import.pipeline.planning.batch_size import BatchSize
from ld_import.pipeline.planning.batching import Batcher, body_of
from tests.makers import make_item

ENVELOPE = (b'{"systemName":"archive","videos":[', b"]}")
AROUND = sum(map(len, ENVELOPE))


def cut(items, most_items=100, most_bytes=480_000, known=None):
    """Return the batches of these items."""
    batcher = Batcher(BatchSize(most_items), most_bytes, AROUND)
    batches = [batcher.add(Send(item, SendReason.NEW, known)) for item in items]
    return [batch for batch in [*batches, batcher.rest()] if batch is not None]


@pytest.mark.parametrize("most_items", [1, 2, 3, 7, 10, 11])
def test_no_batch_has_more_items_than_allowed(most_items):
    """All batches except the last are full, and all items keep their order."""
    items = [make_item(number) for number in range(10)]

    batches = cut(items, most_items=most_items)

    assert [item for batch in batches for item in batch.items] == items
    assert all(len(batch.items) == most_items for batch in batches[:-1])
    assert len(batches[-1].items) <= most_items


@pytest.mark.parametrize("most_bytes", [300, 400, 1000, 5000])
def test_no_request_has_more_bytes_than_allowed(most_bytes):
    """The whole request body counts, envelope and commas included."""
    items = [make_item(number, fileName="é" * (number % 7 + 1)) for number in range(40)]

    batches = cut(items, most_bytes=most_bytes)

    assert [item for batch in batches for item in batch.items] == items
    sizes = [len(body_of(batch.items, ENVELOPE)) for batch in batches]
    assert max(sizes) <= most_bytes
    # Another item would not have fitted.
    for size, following in zip(sizes, batches[1:], strict=False):
        assert size + len(following.items[0].body) + 1 > most_bytes


def test_a_batch_knows_which_items_existed():
    """An item that existed before is not evidence that this batch arrived."""
    item = make_item(1)
    known = KnownItem(1, State.SUCCESS, b"", b"", "m1", b"marks")

    (batch,) = cut([item], known=known)
    assert (batch.existing, batch.field_hashes) == ({item.key}, {item.key: b"marks"})
    assert cut([item])[0].existing == frozenset()


def test_rest_of_nothing_is_no_batch():
    """An empty request is never sent."""
    assert Batcher(BatchSize(10), 1000, AROUND).rest() is None


def test_batch_has_no_externalid_twice():
    """Answers name items by externalId, so a request contains each externalId once."""
    twins = [make_item(1), make_item(1)._replace(key=ItemKey("other", "v1")), make_item(2)]

    assert [len(batch.items) for batch in cut(twins)] == [1, 2]


def test_items_added_together_make_the_same_batches():
    """As one at a time: with large items, repeated names, earlier failures, and changing sizes."""
    random = Random(5)
    for _ in range(150):
        sends = [a_send(random) for _ in range(60)]
        sizes = [random.choice((1, 5, 5, 20)) for _ in sends]
        bytes_ = random.choice((400, 1200, 9000))
        single, joint = (Batcher(BatchSize(7), bytes_, AROUND) for _ in range(2))
        expected: list[Batch] = []
        batches: list[Batch] = []
        for size, part in zip(sizes, cut_anywhere(random, sends), strict=False):
            single.size = joint.size = BatchSize(size)
            expected += filter(None, map(single.add, part))
            batches += joint.add_all(part)
        assert [*batches, joint.rest()] == [*expected, single.rest()]


def a_send(random):
    """Return an item to send: mostly a new one of usual size."""
    size = random.choice((1, 1, 1, 1, 600))
    name = random.choice((*range(1000), *[1] * 50))
    failed = random.choice((0, 0, 2, 20))
    known = KnownItem(1, State.FAILED, b"", b"", None, b"", failed)
    item = make_item(name, fileName="x" * size)
    return Send(item, SendReason.NEW, known if random.random() < 0.1 else None)


def cut_anywhere(random, sends):
    """Yield consecutive parts of different lengths."""
    while sends:
        count = random.randint(1, 30)
        yield sends[:count]
        sends = sends[count:]
