"""What every format offers: a survey before anything is sent, then the records one by one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.csv_columns import MAX_DEPTH, Shape
from ld_import.manifest.kept import Kept
from ld_import.model import Problem, Record

LIST_KEYS = ("items", "videos", "images", "files", "mediaLibraryEntries")
MAX_RECORD_BYTES = 4 * 1024 * 1024
TOO_LARGE = f"the record is larger than {MAX_RECORD_BYTES:,} bytes; shorten or split it"


@dataclass(frozen=True, slots=True)
class Survey:
    """What stands around the records: `header` is `None` when the file holds records only.

    A list of records in the header is there as an empty list; `lines` tells where each key stands.
    `kept` holds the records where reading them a second time would be slow. `columns` are those
    that the header row of a table names.
    """

    header: dict[str, Any] | None = None
    lines: dict[str, int] = field(default_factory=dict)
    kept: Kept | None = field(default=None, compare=False)
    columns: Shape | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """One format.

    `survey` raises `ManifestError` for everything that makes the file unreadable, wherever in it;
    `records` streams, starts anew at each call, and never ends because of one bad record. It is
    not needed where the survey kept them.
    """

    survey: Callable[[ByteFile], Survey]
    records: Callable[[ByteFile], Generator[Record]]


def broken(line: int, text: str, field: str = "") -> Record:
    """Stand for a record that could not even become JSON text."""
    return Record(line, b"", Problem(field, text))


def is_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Tell whether lists and mappings stand in each other more than `limit` levels deep."""
    level = [value]
    for _ in range(limit + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
