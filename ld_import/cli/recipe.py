"""What two processes say to each other where one plans for the other: a length, then a pickle.

They are one program on one machine, and nobody else is at the other end.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import ld_import
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.ledger import Ledger, Seen
from ld_import.manifest import Manifest, Mapping
from ld_import.manifest.files import FileId
from ld_import.model import ItemKey, Target
from ld_import.pipeline.plan import Chunk, Planner, Rules, Standing

LENGTH_BYTES = 8
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


class Replaced(NamedTuple):
    """Where the records were there is another file by now, or none: nothing was planned."""


class End(NamedTuple):
    """There are no more chunks, and `unmet` is what was asked for in vain."""

    unmet: list[str]


# An exception is what ended the plan, to be raised in the other process as in this one.
Message: TypeAlias = Handover | Portion | Replaced | End | Exception


def kind_of(name: str, *, has_random_ids: bool) -> Kind:
    """Return a kind by name, or the media library with ids the server chooses."""
    if not has_random_ids:
        return KINDS[name]
    from ld_import.kinds.media_library import MediaLibraryKind

    return MediaLibraryKind(has_random_ids=True)


def packed(message: Message) -> bytes:
    """Return what is sent: how long it is, then what it says."""
    body = pickle.dumps(message, protocol=5)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def unpacked(body: bytes) -> Any:
    """Return what was said, from what came after its length."""
    return pickle.loads(body)
