"""Messages between the importing process and the one that plans ahead, and their frames.

Both run the same program, connected by a socket pair that only they have. A frame is a header with
length and checksums, then a pickle. A frame that is damaged, missing or repeated is noticed.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

import ld_import
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.ledger import Ledger, Seen
from ld_import.manifest import Manifest, Mapping
from ld_import.manifest.files import FileId
from ld_import.model import ItemKey, Target
from ld_import.pipeline.plan import Chunk, Planner, Rules, Standing

# Length and checksum of the body, then the checksum of these two and of the frame's number.
_measures = struct.Struct("!QI")
_check = struct.Struct("!I")
HEADER_BYTES = _measures.size + _check.size
# What a process says first: one that came from another folder may be another version.
GREETING = f"ld-import {ld_import.__version__} in {ld_import.__file__}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that decides about the records of a manifest, such that another process can do it.

    What a user said is settled in it: whoever follows it asks neither flags nor configuration.
    """

    manifest: Manifest
    kind_name: str
    has_random_ids: bool
    external_id: str | None
    system_name: str
    rules: Rules
    ledger_path: Path
    target: Target

    def planner(self, ledger: Ledger, seen: Seen) -> Planner:
        """Return the stage that decides."""
        kind = kind_of(self.kind_name, has_random_ids=self.has_random_ids)
        return Planner(
            mapping=Mapping(
                external_id=self.external_id,
                fields=self.manifest.header.map,
                has_own_ids=kind.has_own_ids,
                columns=self.manifest.columns,
            ),
            kind=kind,
            system_name=self.system_name,
            ledger=ledger,
            seen=seen,
            rules=self.rules,
        )


class Met(NamedTuple):
    """What a `Seen` is told of one item."""

    key: ItemKey
    line: int
    checksum: bytes


class Handover(NamedTuple):
    """A recipe to be followed from the record after the first `read` ones, and what they left.

    `file_id` tells in which file they were.
    """

    recipe: Recipe
    file_id: FileId | None
    read: int
    standing: Standing
    met: Sequence[Met]


class Portion(NamedTuple):
    """Some chunks in a row, and the share of the manifest read then."""

    chunks: list[Chunk]
    share: float | None


class End(NamedTuple):
    """There are no more chunks, and `unmet` is what was asked for in vain."""

    unmet: list[str]


Message: TypeAlias = Handover | Portion | End


class Garbled(Exception):  # noqa: N818 - the receiver handles it, no user sees it
    """Bytes that are not the expected frame."""


def kind_of(name: str, *, has_random_ids: bool) -> Kind:
    """Return a kind by name, or the media library with ids the server chooses."""
    if not has_random_ids:
        return KINDS[name]
    from ld_import.kinds.media_library import MediaLibraryKind

    return MediaLibraryKind(has_random_ids=True)


def packed(message: Message, number: int = 0) -> bytes:
    """Return the frame of a message; `number` counts the frames of the sender from 0."""
    body = pickle.dumps(message, protocol=5)
    measures = _measures.pack(len(body), crc32(body))
    return b"".join((measures, _check.pack(crc32(measures, number)), body))


def measured(header: bytes, number: int) -> tuple[int, int]:
    """Return length and checksum of the body that follows this header. Raises Garbled."""
    measures = header[: _measures.size]
    if len(header) < HEADER_BYTES or header[_measures.size :] != _check.pack(
        crc32(measures, number)
    ):
        raise Garbled(f"no header of frame {number}")
    length, checksum = _measures.unpack(measures)
    return length, checksum


def unpacked(body: bytes, checksum: int) -> Any:
    """Return the message in the body of a frame. Raises Garbled."""
    if crc32(body) != checksum:
        raise Garbled("the body of a frame is damaged")
    try:
        return pickle.loads(body)
    except Exception as error:  # unpickling raises whatever the classes in it raise
        raise Garbled(f"the body of a frame cannot be read ({error})") from error
