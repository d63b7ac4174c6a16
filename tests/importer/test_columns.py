"""Decisions between two processes: columns for items to send, and the same values on arrival."""

from __future__ import annotations

import pytest

from ld_import.importer.columns import SendColumns, columns_of
from ld_import.importer.protocol import HEADER_BYTES, PlanPart, frame_of, header_of, message_of
from ld_import.model import (
    Block,
    Decision,
    Invalid,
    Item,
    ItemKey,
    KnownItem,
    Leave,
    LeaveReason,
    Problem,
    Remark,
    Repeat,
    Send,
    SendReason,
    State,
)
from ld_import.pipeline.planning.chunk import Chunk
from tests.makers import make_item

NEW: list[Decision] = [Send(make_item(number), SendReason.NEW) for number in range(3)]
KNOWN = KnownItem(7, State.FAILED, b"c" * 16, b"d" * 16, "m7", b"hashes", 100)
OTHERS: list[Decision] = [
    Send(make_item(4, title="Ä\u2028\U0001f600"), SendReason.CHANGED, KNOWN),
    Send(make_item(5)._replace(fields={"id": "5"}, file="a.mp4", file_size=1), SendReason.RETRY),
]
LEFT: list[Decision] = [
    Leave(LeaveReason.REPEATED, repeat=Repeat(9, "talk-1", 1)),
    Invalid(10, None, (Problem("url", "is missing"),)),
]


DECISIONS: list[list[Decision]] = [[*NEW], [*NEW, *OTHERS], [*NEW, *LEFT], [*LEFT], []]


def received(part):
    """Return a part as the other process receives it."""
    frame = frame_of(part)
    _, checksum = header_of(frame[:HEADER_BYTES], 0)
    return message_of(frame[HEADER_BYTES:], checksum)


@pytest.mark.parametrize("decisions", DECISIONS)
def test_all_values_arrive(decisions):
    """Any decisions arrive with the same values and types, as do the other facts of a chunk."""
    remark = Remark(1, "talk-1", "rule", "url", "text", "advice")
    chunk = Chunk(5, decisions, [(3, b"x")], Block(b"digest", (1, 2)), remarks=[remark])
    part = PlanPart([chunk, Chunk(1, [], [])], 0.25)

    there = received(part)

    assert there == part
    for sent, found in zip(decisions, there.chunks[0].decisions, strict=True):
        assert type(found) is type(sent)
        if isinstance(found, Send):
            assert (type(found.item), type(found.item.key)) == (Item, ItemKey)
            assert type(found.known) is type(sent.known)
    assert chunk.decisions == decisions


def test_items_to_send_travel_as_columns():
    """Only a chunk with another decision is sent as single objects."""
    assert isinstance(columns_of([*NEW, *OTHERS]), SendColumns)
    assert columns_of([*NEW, *LEFT]) == [*NEW, *LEFT]
