"""Messages between the importing process and the worker that plans ahead, and their frames.

Both processes run the same program and share a private socket pair. A frame is a header with length
and checksums, followed by a pickle. Damaged, missing and repeated frames are detected.
"""

from __future__ import annotations

import pickle
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

import ld_import
from ld_import.importer.columns import SendColumns, columns_of, decisions_from
from ld_import.importer.spec import ImportSpec, kind_named, mapping_of
from ld_import.kinds.base import Kind
from ld_import.manifest import Manifest, Mapping
from ld_import.manifest.files import FileId
from ld_import.model import Decision, ItemKey, Target
from ld_import.pipeline.planning.chunk import Chunk, PlannerState, Rules

# Length and checksum of the body; then the checksum of these two and of the frame's number.
_body_facts = struct.Struct("!QI")
_header_checksum = struct.Struct("!I")
HEADER_BYTES = _body_facts.size + _header_checksum.size
# The first message of a worker. A program from another folder may be another version.
GREETING = f"ld-import {ld_import.__version__} in {ld_import.__file__}\n".encode()


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """The part of an `ImportSpec` that another process needs to plan. It contains no token."""

    manifest: Manifest
    kind: str
    has_random_ids: bool
    external_id: str | None
    system_name: str
    rules: Rules
    ledger_path: Path
    target: Target

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields only: kind and templates cannot be pickled."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def of(cls, spec: ImportSpec) -> PlanRequest:
        """Return the request for an import."""
        return cls(
            manifest=spec.manifest,
            kind=spec.kind,
            has_random_ids=spec.random_ids,
            external_id=spec.external_id,
            system_name=spec.system_name,
            rules=spec.rules,
            ledger_path=spec.ledger_path,
            target=spec.target,
        )

    @property
    def prepares_files(self) -> bool:
        """False: files are looked at and prepared by the process that sends."""
        return False

    @cached_property
    def kind_rules(self) -> Kind:
        """The rules of the kind."""
        return kind_named(self.kind, has_random_ids=self.has_random_ids)

    @cached_property
    def mapping(self) -> Mapping:
        """The compiled templates."""
        return mapping_of(self.manifest, self.kind_rules, self.external_id)


class SeenKey(NamedTuple):
    """The first record with a key: its line, and the checksum of its content."""

    key: ItemKey
    line: int
    checksum: bytes


@dataclass(slots=True)
class SeenColumns:
    """The first records with each key, in columns; iterated as `SeenKey`."""

    system_names: list[str] = field(default_factory=list)
    external_ids: list[str] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("Q"))
    checksums: list[bytes] = field(default_factory=list)

    def add(self, key: ItemKey, line: int, checksum: bytes) -> None:
        """Add a record with a new key."""
        self.system_names.append(key.system_name)
        self.external_ids.append(key.external_id)
        self.lines.append(line)
        self.checksums.append(checksum)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self.lines)

    def __iter__(self) -> Iterator[SeenKey]:
        """Return all of them, in the order they were added."""
        keys = map(ItemKey, self.system_names, self.external_ids)
        return map(SeenKey, keys, self.lines, self.checksums)


class Resume(NamedTuple):
    """A request to continue a plan after the first `read` records, in the state they left.

    `file_id` identifies the file that they were read from.
    """

    request: PlanRequest
    file_id: FileId | None
    read: int
    state: PlannerState
    seen: SeenColumns


class PlanPart(NamedTuple):
    """Consecutive chunks, and the share of the manifest read after them."""

    chunks: list[Chunk]
    share: float | None


class End(NamedTuple):
    """The end of a plan; `not_in_manifest` are the requested externalIds that no record had."""

    not_in_manifest: list[str]


Message: TypeAlias = Resume | PlanPart | End


class DamagedFrame(Exception):
    """The bytes received are not the expected frame."""


class _PackedPart(NamedTuple):
    """A `PlanPart` whose decisions are columns where possible."""

    decisions: list[SendColumns | Sequence[Decision]]
    # The same chunks without decisions.
    chunks: list[Chunk]
    share: float | None

    @classmethod
    def of(cls, part: PlanPart) -> _PackedPart:
        decisions = [columns_of(chunk.decisions) for chunk in part.chunks]
        return cls(decisions, [replace(chunk, decisions=[]) for chunk in part.chunks], part.share)

    def part(self) -> PlanPart:
        for chunk, columns in zip(self.chunks, self.decisions, strict=True):
            chunk.decisions.extend(decisions_from(columns))
        return PlanPart(self.chunks, self.share)


def frame_of(message: Message, number: int = 0) -> bytes:
    """Return the frame of a message; `number` counts the frames of the sender from 0."""
    packed = _PackedPart.of(message) if isinstance(message, PlanPart) else message
    body = pickle.dumps(packed, protocol=5)
    facts = _body_facts.pack(len(body), crc32(body))
    return b"".join((facts, _header_checksum.pack(crc32(facts, number)), body))


def header_of(header: bytes, number: int) -> tuple[int, int]:
    """Return length and checksum of the body that follows this header. Raises DamagedFrame."""
    facts, checksum_bytes = header[: _body_facts.size], header[_body_facts.size :]
    if checksum_bytes != _header_checksum.pack(crc32(facts, number)):
        raise DamagedFrame(f"no header of frame {number}")
    length, checksum = _body_facts.unpack(facts)
    return length, checksum


def message_of(body: bytes, checksum: int) -> Any:
    """Return the message in the body of a frame. Raises DamagedFrame."""
    if crc32(body) != checksum:
        raise DamagedFrame("the body of a frame is damaged")
    try:
        message = pickle.loads(body)  # noqa: S301 - from a process that this one started
        return message.part() if isinstance(message, _PackedPart) else message
    except Exception as error:  # unpickling raises whatever the classes in it raise
        raise DamagedFrame(f"the body of a frame cannot be read ({error})") from error
