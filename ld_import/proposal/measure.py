"""Measures an export in one pass: what its columns contain. Memory does not grow with records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from ld_import.manifest import Manifest
from ld_import.manifest.base import Columns
from ld_import.manifest.record_json import parse_record
from ld_import.proposal.columns import Column
from ld_import.proposal.distinct import Distinct, HashStore
from ld_import.proposal.paths import Path

# Objects whose keys are ids would give a column for each record.
MOST_COLUMNS = 6_000
DEEPEST = 5
PROGRESS_EVERY = 20_000

Progress = Callable[[int, float | None], None]


@dataclass(slots=True)
class Measured:
    """Result of measuring: columns in the order in which they appear.

    `unreadable` counts records that no template can read. `is_cut` is True if there are more
    columns than measured. `table` has the columns of a table.
    """

    columns: dict[Path, Column] = field(default_factory=dict)
    count: int = 0
    unreadable: int = 0
    is_cut: bool = False
    table: Columns | None = None

    @property
    def is_record_hidden(self) -> bool:
        """Whether a field called `record` hides the record in templates."""
        return ("record",) in self.columns

    def fill_rate(self, column: Column) -> float:
        """Return the share of records in which this column has a value."""
        return column.filled / self.count if self.count else 0.0

    def is_full(self, column: Column) -> bool:
        """Return whether this column has a value in every record."""
        return column.filled == self.count

    def optional_parents(self, path: Path) -> Iterator[Path]:
        """Yield the parents of a path that some records do not have."""
        for length in range(1, len(path)):
            parent = self.columns.get(path[:length])
            is_table = self.table is not None and not any(isinstance(part, int) for part in path)
            if not is_table and (parent is None or not self.is_full(parent)):
                yield path[:length]


@dataclass(slots=True)
class _Node:
    """A place in the tree of paths."""

    column: Column
    children: dict[str | int, _Node] = field(default_factory=dict)


@contextmanager
def measuring(
    manifest: Manifest, progress: Progress | None = None, scratch: HashStore | None = None
) -> Iterator[Measured]:
    """Read all records once; distinct values can be asked for in the block.

    Raises ManifestError as `Manifest.records` does, and TempSpaceError.
    """
    with closing(scratch or HashStore()) as space:
        walk = _Walk(space)
        walk.measured.table = manifest.columns
        with closing(manifest.records()) as records:
            for read, record in enumerate(records, 1):
                fields = record.problem or parse_record(record.raw)
                if isinstance(fields, dict):
                    walk.add(fields)
                else:
                    walk.measured.unreadable += 1
                if progress is not None and read % PROGRESS_EVERY == 0:
                    progress(read, manifest.position())
        walk.add_unfilled(manifest.columns)
        yield walk.measured


class _Walk:
    """Adds records to the columns of their paths."""

    def __init__(self, scratch: HashStore) -> None:
        self.measured = Measured()
        self._scratch = scratch
        self._roots: dict[str | int, _Node] = {}

    def add(self, fields: dict[str, Any]) -> None:
        self.measured.count += 1
        self._add_all(self._roots, fields, ())

    def add_unfilled(self, columns: Columns | None, path: Path = ()) -> None:
        """Add the columns of a table in which every cell is empty."""
        for name, below in (columns or {}).items():
            if isinstance(below, dict):
                self.add_unfilled(below, (*path, name))
            elif (*path, name) not in self.measured.columns and not self._is_full():
                self._new((*path, name))

    def _add_all(self, nodes: dict[str | int, _Node], fields: dict[str, Any], path: Path) -> None:
        number = self.measured.count
        for name, value in fields.items():
            node = nodes.get(name)
            if node is None:
                if self._is_full():
                    continue
                node = nodes[name] = _Node(self._new((*path, name)))
            # Most values are texts of the first level.
            if type(value) is str:
                node.column.add_text(value, number)
            else:
                self._add_other(node, value)

    def _add_other(self, node: _Node, value: Any) -> None:
        column = node.column
        kind = type(value)
        if kind is dict:
            column.add_object()
            if len(column.path) < DEEPEST:
                self._add_all(node.children, value, column.path)
        elif kind is list:
            column.add_list(value)
            if value and 0 not in column.path and len(column.path) < DEEPEST:
                self._add_first(node, value[0])
        elif value is None:
            column.add_null()
        else:
            name = "true/false" if kind is bool else "integer" if kind is int else "number"
            column.add_other(name, value, self.measured.count)

    def _add_first(self, node: _Node, item: Any) -> None:
        if type(item) is str or type(item) is dict:
            self._add_all(node.children, {0: item}, node.column.path)  # type: ignore[dict-item]

    def _is_full(self) -> bool:
        self.measured.is_cut = self.measured.is_cut or len(self.measured.columns) >= MOST_COLUMNS
        return self.measured.is_cut

    def _new(self, path: Path) -> Column:
        column = Column(path, self._scratch, self.measured.count - 1)
        self.measured.columns[path] = column
        return column


def distinct_pairs(
    manifest: Manifest, pairs: list[tuple[Path, Path]], scratch: HashStore
) -> list[tuple[Path, Path]]:
    """Read all records again; return the pairs of columns whose joined values are unique."""
    counters: list[tuple[tuple[Path, Path], Distinct]] = [
        (pair, scratch.column()) for pair in pairs
    ]
    with closing(manifest.records()) as records:
        for number, record in enumerate(records, 1):
            fields = record.problem or parse_record(record.raw)
            if not isinstance(fields, dict):
                continue
            for (first, second), counter in counters:
                if counter.repeat is None:
                    counter.add(f"{_at(fields, first)}-{_at(fields, second)}", number)
    return [pair for pair, counter in counters if counter.is_unique()]


def _at(fields: Any, path: Path) -> Any:
    for part in path:
        fields = fields.get(part) if isinstance(fields, dict) else None
    return fields
