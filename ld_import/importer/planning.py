"""Constructs the planner of an import: for a run, a dry run, a validation and the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from copy import copy
from functools import partial
from typing import Protocol

from ld_import.importer.spec import ImportSpec
from ld_import.kinds.base import Kind
from ld_import.ledger import Ledger, Seen, SeenKeys
from ld_import.manifest import Mapping
from ld_import.model import Identity, Invalid, Item, ItemKey, Leave, Record
from ld_import.pipeline.planning.batch_size import BatchSize, LearnedSize, OnChange
from ld_import.pipeline.planning.batching import Batcher
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.double_guard import DoubleGuard
from ld_import.pipeline.planning.first_plan import first_plan
from ld_import.pipeline.planning.identity_guard import guard_identity
from ld_import.pipeline.planning.items import ItemReader
from ld_import.pipeline.planning.plan import Planner


class PlanInputs(Protocol):
    """The inputs of decisions: an `ImportSpec`, or the part of it that a worker process gets."""

    @property
    def mapping(self) -> Mapping:
        """The compiled templates."""
        ...

    @property
    def kind_rules(self) -> Kind:
        """The rules of the kind."""
        ...

    @property
    def system_name(self) -> str:
        """The systemName of entries that do not have their own."""
        ...

    @property
    def rules(self) -> Rules:
        """The rules by which the planner decides."""
        ...

    @property
    def prepares_files(self) -> bool:
        """Whether records may have a file that is uploaded before they are sent."""
        ...


def planner_of(
    inputs: PlanInputs,
    ledger: Ledger,
    seen: Seen,
    *,
    rules: Rules | None = None,
    checkpoint: Callable[[], None] | None = None,
    hashes_fields: bool = False,
) -> Planner:
    """Return the stage that decides; it calls `checkpoint` before each record that it maps.

    With `hashes_fields` the new items have their `field_hashes`, which every sent item needs: to
    compute them later takes three times as long.
    """
    reader = reader_of(inputs, checkpoint, hashes_fields=hashes_fields)
    return Planner(reader, ledger, seen, inputs.rules if rules is None else rules)


def reader_of(
    inputs: PlanInputs,
    checkpoint: Callable[[], None] | None = None,
    *,
    hashes_fields: bool = False,
) -> ItemReader:
    """Return the converter of records; it calls `checkpoint` before each of them.

    With `hashes_fields` the items have their `field_hashes`.
    """
    return ItemReader(
        inputs.mapping,
        inputs.kind_rules,
        inputs.system_name,
        checkpoint,
        has_notes=inputs.prepares_files,
        hashes_fields=hashes_fields,
    )


def first_plan_of(
    spec: ImportSpec, records: Iterable[Record], seen: Seen
) -> Iterator[Item | Leave | Invalid]:
    """Yield the decision of a first import about each record; items have their `fields`."""
    reader = ItemReader(spec.mapping, spec.kind_rules, spec.system_name, keeps_fields=True)
    return first_plan(records, reader, seen, spec.largest_item_bytes)


def size_of(
    spec: ImportSpec, ledger: Ledger, on_change: OnChange = lambda size, why: None
) -> BatchSize:
    """Return the number of items in a batch; if it is learned, from what earlier runs learned."""
    if spec.batch_size is not None:
        return BatchSize(spec.batch_size)
    return LearnedSize.of(ledger.learned_times(), on_change)


def batcher_of(spec: ImportSpec, size: BatchSize) -> Batcher:
    """Return the stage that makes batches."""
    return Batcher(size, spec.batch_bytes, sum(map(len, spec.envelope)))


def guard(spec: ImportSpec, ledger: Ledger) -> None:
    """Refuse to create items twice because their ids changed. Raises UsageError."""
    if not spec.accept_new_ids:
        # It reads only some records; an open file raises ResourceWarning when it is collected.
        with closing(spec.manifest.records()) as records:
            guard_identity(
                records,
                manifest=spec.manifest_name,
                records_file=spec.records_file,
                now=spec.identity,
                keys_under=partial(_keys_under, spec),
                ledger=ledger,
            )


def _keys_under(
    spec: ImportSpec, identity: Identity
) -> Callable[[Record], tuple[ItemKey, str] | None]:
    """Return a function from a record to the key it has under an identity, and its redacted URL.

    The function returns `None` for an invalid record.
    """
    renamed = spec.with_identity(identity)

    def key_of(record: Record) -> tuple[ItemKey, str] | None:
        entry = renamed.mapping.entry_from(record)
        if isinstance(entry, Invalid):
            return None
        item = renamed.kind_rules.item_from(entry, renamed.system_name, b"")
        return (item.key, spec.redactor.redact(item.url)) if isinstance(item, Item) else None

    return key_of


def double_guard_of(spec: ImportSpec, ledger: Ledger) -> DoubleGuard | None:
    """Return the guard against known media under new ids; `None` if new ids are accepted."""
    if spec.accept_new_ids:
        return None
    return DoubleGuard(ledger, partial(_replanned, spec, ledger))


@contextmanager
def _replanned(spec: ImportSpec, ledger: Ledger) -> Iterator[tuple[Planner, Iterator[Record]]]:
    # A copy: the manifest itself keeps the position and the open file of the run.
    manifest = copy(spec.manifest)
    # All records, even if only a part of them is imported.
    rules = Rules(largest_item_bytes=spec.largest_item_bytes)
    with closing(SeenKeys()) as seen, closing(manifest.records()) as records:
        yield planner_of(spec, ledger, seen, rules=rules), records
