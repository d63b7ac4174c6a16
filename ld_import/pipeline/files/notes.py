"""Notes behind the texts of records: the state of the file that a record names.

The digest of a record with a note changes with the state of its file, so that a plan leaves a
record only if its text and its file are unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from ld_import.model import Record

# A control character that is in no JSON text.
MARK = b"\x1e"


class FileNote(NamedTuple):
    """The state of a file: its stored object, or what its source states.

    - `asset` are the members of the asset in the storage, and `media` its kind of media, if the
      stored content is to be used.
    - `identity` and `size` are those of the source otherwise.
    - `is_again`: the file is to be read although it seems unchanged, so that the record must not be
      known by its digest.
    """

    identity: str = ""
    size: int | None = None
    asset: Mapping[str, Any] | None = None
    media: str = ""
    is_again: bool = False


def with_note(record: Record, note: FileNote) -> Record:
    """Return a record with a note behind its text."""
    return record._replace(raw=record.raw + MARK + json.dumps(note).encode())


def split(record: Record) -> tuple[Record, FileNote | None]:
    """Return a record without its note, and the note if it has one."""
    raw, mark, note = record.raw.partition(MARK)
    if not mark:
        return record, None
    return record._replace(raw=raw), FileNote(*json.loads(note))


def checksum_with(checksum: bytes, note: FileNote) -> bytes:
    """Return the checksum of an item whose file is not prepared, from that of its content."""
    return blake2b(
        note.identity.encode(errors="surrogatepass"), key=checksum, digest_size=16
    ).digest()
