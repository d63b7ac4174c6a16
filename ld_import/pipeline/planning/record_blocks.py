"""Blocks of consecutive records that a previous run left as settled, known by one digest.

The bounds of a block depend on the content of the records (content-defined chunking), so that an
inserted line changes only the bounds of its own block.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import lt
from zlib import crc32

from ld_import.errors import ManifestError
from ld_import.ledger.base import Ledger
from ld_import.model import Block, Record, Send, SentBlock

# One record in 256 ends a block, and no block is longer than four times that. A large record also
# ends a block, so that a block has at most 32 MB.
END_MASK = 0xFF
MOST_RECORDS = 1024
LARGE_BYTES = 32 * 1024
MOST_UNWRITTEN = 256


def blocks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Split records into blocks; the same sequence of records is split alike at any position.

    If reading raises a ManifestError, the records read before are yielded first.
    """
    block: list[Record] = []
    failure: ManifestError | None = None
    try:
        for record in records:
            block.append(record)
            raw = record.raw
            is_end = not crc32(raw) & END_MASK or len(raw) > LARGE_BYTES
            if is_end or len(block) >= MOST_RECORDS:
                yield block
                block = []
    except ManifestError as error:
        failure = error
    if block:
        yield block
    if failure is not None:
        raise failure


def digest_of(block: Sequence[Record], fingerprint: bytes) -> bytes:
    """Return the digest of a block; `fingerprint` represents the conversion to items."""
    # A line end separates the texts unambiguously: a JSON text that spans lines is one value, never
    # also a sequence of several values.
    text = b"\n".join([record.raw for record in block])
    return blake2b(text, digest_size=16, key=fingerprint).digest()


class BlockNotes:
    """Collects the blocks of a run, and writes new ones to the ledger a few hundred at a time."""

    def __init__(self, ledger: Ledger, manifest: str) -> None:
        """Write the blocks of this manifest to `ledger`."""
        self._ledger = ledger
        self._manifest = manifest
        self._seen: set[bytes] = set()
        self._new: list[Block] = []
        self._sent: list[SentBlock] = []
        self._met = array("I")

    def note(self, block: Block | None, *, is_known: bool) -> None:
        """Add a block of which every record was left; `None` is ignored."""
        if block is None:
            return
        self._seen.add(block.digest)
        if not is_known:
            self._new.append(block)
            if len(self._new) >= MOST_UNWRITTEN:
                self._write()

    def note_sending(self, block: Block | None, sends: Sequence[Send]) -> None:
        """Add a block of which all records were left but those of `sends`; `None` is ignored."""
        if block is None or block.rows.count(0) != len(sends):
            # A check found some of the items to be invalid.
            return
        lines = [send.item.line for send in sends]
        if all(map(lt, lines, lines[1:])):
            rows = () if len(sends) == len(block.rows) else block.rows
            self._sent.append(SentBlock(block.digest, lines[0], lines[-1], len(lines), rows))

    def note_met(self, rows: Sequence[int]) -> None:
        """Add rows of unchanged items whose texts the ledger did not know by their digests."""
        self._met.extend(rows)

    def end_run(self) -> None:
        """Write the blocks of which records were sent, once their items are settled."""
        self._ledger.learn_sent(self._sent, self._met, self._manifest)
        self._sent = []

    def end(self) -> None:
        """Write the rest, and delete the blocks that are no longer in the manifest."""
        self._write()
        self._ledger.forget_blocks(self._manifest, self._seen)

    def _write(self) -> None:
        if self._new:
            self._ledger.learn_blocks(self._new, self._manifest)
            self._new = []
