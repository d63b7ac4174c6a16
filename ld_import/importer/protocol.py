"""Messages between the importing process and the worker that plans ahead, and their frames.

Both run the same program, connected by a socket pair that only they have. A frame is a header with
length and checksums, then a pickle. A damaged, missing or repeated frame is detected.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

import ld_import
from ld_import.importer.spec import ImportSpec, kind_named, mapping_of
from ld_import.kinds.base import Kind
from ld_import.manifest import Manifest, Mapping
from ld_import.manifest.files import FileId
from ld_import.model import ItemKey, Target
from ld_import.pipeline.planning.plan import Chunk, PlannerState, Rules

# Length and checksum of the body, then the checksum of these two and of the frame's number.
_measures = struct.Struct("!QI")
_check = struct.Struct("!I")
HEADER_BYTES = _measures.size + _check.size
# The first message of a process: one that came from another folder may be another version.
GREETING = f"ld-import {ld_import.__version__} in {ld_import.__file__}\n".encode()


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """The part of an import that decides about records, such that another process can plan it.

    It contains no token, and neither flags nor configuration are needed to follow it.
    """

    manifest: Manifest
    kind: str
    has_random_ids: bool
    external_id: str | None
    system_name: str
    rules: Rules
    ledger_path: Path
    target: Target

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields only: neither kind nor templates can be sent."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, spec: ImportSpec) -> PlanRequest:
        """Return the request for an import."""
        return cls(
            manifest=spec.manifest,
            kind=spec.kind,
            has_random_ids=spec.has_random_ids,
            external_id=spec.external_id,
            system_name=spec.system_name,
            rules=spec.rules,
            ledger_path=spec.ledger_path,
            target=spec.target,
        )

    @cached_property
    def kind_rules(self) -> Kind:
        """The rules of the kind."""
        return kind_named(self.kind, has_random_ids=self.has_random_ids)

    @cached_property
    def mapping(self) -> Mapping:
        """The compiled templates, which cannot be sent to another process."""
        return mapping_of(self.manifest, self.kind_rules, self.external_id)


class SeenKey(NamedTuple):
    """The first record with a key: its line, and the checksum of its content."""

    key: ItemKey
    line: int
    checksum: bytes


class Resume(NamedTuple):
    """A plan to continue after the first `read` records, with the state they left.

    `file_id` is the file they were in.
    """

    request: PlanRequest
    file_id: FileId | None
    read: int
    state: PlannerState
    seen: Sequence[SeenKey]


class PlanPart(NamedTuple):
    """Consecutive chunks, and the share of the manifest read after them."""

    chunks: list[Chunk]
    share: float | None


class End(NamedTuple):
    """There are no more chunks; `not_in_manifest` are externalIds asked for in vain."""

    not_in_manifest: list[str]


Message: TypeAlias = Resume | PlanPart | End


class Garbled(Exception):
    """Bytes that are not the expected frame."""


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
        return pickle.loads(body)  # noqa: S301 - of a process that this one started
    except Exception as error:  # unpickling raises whatever the classes in it raise
        raise Garbled(f"the body of a frame cannot be read ({error})") from error
