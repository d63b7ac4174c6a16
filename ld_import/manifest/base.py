"""The interface of a manifest format: a survey of the whole file, then a stream of its records."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from ld_import.manifest.spool import RecordCache
from ld_import.model import Problem, Record

LIST_KEYS = ("items", "videos", "images", "files", "mediaLibraryEntries")
MAX_RECORD_BYTES = 4 * 1024 * 1024
TOO_LARGE = f"the record is larger than {MAX_RECORD_BYTES:,} bytes; shorten or split it"
# For lists and mappings, and for column names with dots.
MAX_DEPTH = 200

# The columns of a table: for each key the index of its cell, or the keys nested below it.
Columns: TypeAlias = "dict[str, int | Columns]"


@dataclass(frozen=True, slots=True)
class Survey:
    """Result of reading a file once: everything in it but the records.

    `header` is `None` for a file that holds records only. A list of records in a header appears
    in it as an empty list; `lines` has the line number of each key. `cache` holds the records of
    formats that are slow to parse. `columns` are the fields that a record may leave out, such as
    those in the header row of a table.
    """

    header: dict[str, Any] | None = None
    lines: dict[str, int] = field(default_factory=dict)
    cache: RecordCache | None = field(default=None, compare=False)
    columns: Columns | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    `survey` raises `ManifestError` for everything that makes the file unreadable, anywhere in it.
    `records` streams from the start at each call; an invalid record never ends the stream.
    `records` is not called when the survey has a cache. `options` names the keyword arguments that
    both accept besides the file.
    """

    survey: Callable[..., Survey]
    records: Callable[..., Generator[Record]]
    options: tuple[str, ...] = ()

    def with_options(self, values: Mapping[str, str]) -> Format:
        """Return the same format with these options; all of them are in `options`."""
        if not values:
            return self
        survey, records = partial(self.survey, **values), partial(self.records, **values)
        return replace(self, survey=survey, records=records)


def unreadable_record(line: int, text: str, field: str = "") -> Record:
    """Return a record without JSON text, which becomes an invalid item with this message."""
    return Record(line, b"", Problem(field, text))
