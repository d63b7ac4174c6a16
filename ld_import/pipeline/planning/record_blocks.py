"""Records in a row that were all left the last time: known by one digest, left by one look.

Where a block ends is told by the records themselves, so that a line put in between moves the bounds
of its own block only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from zlib import crc32

from ld_import.errors import ManifestError
from ld_import.ledger.base import Ledger
from ld_import.model import Block, Record

# One record in 256 ends a block, and none is longer than four times that. A large record ends one,
# too, so that a block has no more than 32 MB.
END_MASK = 0xFF
MOST_RECORDS = 1024
LARGE_BYTES = 32 * 1024
MOST_UNWRITTEN = 256


def blocks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Cut records into blocks; the same records in a row are cut alike wherever they stand.

    When reading them raises a ManifestError, what was read before is yielded first.
    """
    block: list[Record] = []
    trouble: ManifestError | None = None
    try:
        for record in records:
            block.append(record)
            raw = record.raw
            is_end = not crc32(raw) & END_MASK or len(raw) > LARGE_BYTES
            if is_end or len(block) >= MOST_RECORDS:
                yield block
                block = []
    except ManifestError as error:
        trouble = error
    if block:
        yield block
    if trouble is not None:
        raise trouble


def digest_of(block: Sequence[Record], fingerprint: bytes) -> bytes:
    """Return the digest of the texts of a block and of what is made of them."""
    # Where one text ends is told by the end of a line: what goes over lines in a JSON file is one
    # value, and cannot be several as well.
    text = b"\n".join([record.raw for record in block])
    return blake2b(text, digest_size=16, key=fingerprint).digest()


class BlockNotes:
    """Gathers the blocks of a run, and has new ones remembered some hundred at a time."""

    def __init__(self, ledger: Ledger, manifest: str) -> None:
        """Write to a ledger which blocks this manifest has."""
        self._ledger = ledger
        self._manifest = manifest
        self._met: set[bytes] = set()
        self._new: list[Block] = []

    def note(self, block: Block | None, *, is_known: bool) -> None:
        """Take in a block that was left whole."""
        if block is None:
            return
        self._met.add(block.digest)
        if not is_known:
            self._new.append(block)
            if len(self._new) >= MOST_UNWRITTEN:
                self._write()

    def end(self) -> None:
        """Write the rest, and drop the blocks that the manifest has no more."""
        self._write()
        self._ledger.forget_blocks(self._manifest, self._met)

    def _write(self) -> None:
        if self._new:
            self._ledger.learn_blocks(self._new, self._manifest)
            self._new = []
