"""The planner of an import: constructed here, for a run, a dry run, a check and the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import copy
from functools import partial
from typing import Protocol

from ld_import.importer.spec import ImportSpec
from ld_import.kinds.base import Kind
from ld_import.ledger import Ledger, Seen, SeenKeys
from ld_import.manifest import Mapping
from ld_import.model import Identity, Invalid, Item, ItemKey, Record
from ld_import.pipeline.planning.batching import Batcher
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.double_guard import DoubleGuard
from ld_import.pipeline.planning.identity_guard import guard_identity
from ld_import.pipeline.planning.items import ItemReader
from ld_import.pipeline.planning.plan import Planner


class Plannable(Protocol):
    """What decides about records: an `ImportSpec`, or the part of it that a worker gets."""

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
        """The systemName of entries that have none of their own."""
        ...

    @property
    def rules(self) -> Rules:
        """The rules by which the plan decides."""
        ...


def planner_of(
    plannable: Plannable,
    ledger: Ledger,
    seen: Seen,
    *,
    rules: Rules | None = None,
    checkpoint: Callable[[], None] | None = None,
) -> Planner:
    """Return the stage that decides; it calls `checkpoint` before each record that it maps."""
    reader = ItemReader(plannable.mapping, plannable.kind_rules, plannable.system_name, checkpoint)
    return Planner(reader, ledger, seen, plannable.rules if rules is None else rules)


def batcher_of(spec: ImportSpec) -> Batcher:
    """Return the stage that makes batches."""
    return Batcher(spec.batch_size, spec.batch_bytes, sum(map(len, spec.envelope)))


def guard(spec: ImportSpec, ledger: Ledger) -> None:
    """Refuse to create items twice because their ids changed. Raises UsageError."""
    if not spec.accept_new_ids:
        # It reads some records only; a file left half read warns when it is collected.
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
    other = spec.with_identity(identity)

    def key_of(record: Record) -> tuple[ItemKey, str] | None:
        entry = other.mapping.entry_from(record)
        if isinstance(entry, Invalid):
            return None
        item = other.kind_rules.item_from(entry, other.system_name, b"")
        return (item.key, spec.redactor.redact(item.url)) if isinstance(item, Item) else None

    return key_of


def double_guard_of(spec: ImportSpec, ledger: Ledger) -> DoubleGuard | None:
    """Return the guard against known media under new ids, `None` where they are accepted."""
    if spec.accept_new_ids:
        return None
    return DoubleGuard(ledger, partial(_replanned, spec, ledger))


@contextmanager
def _replanned(spec: ImportSpec, ledger: Ledger) -> Iterator[tuple[Planner, Iterator[Record]]]:
    # The reading in progress must not be disturbed: it knows the progress of the run and its file.
    manifest = copy(spec.manifest)
    # All records, whatever part of them is imported.
    rules = Rules(largest_item_bytes=spec.largest_item_bytes)
    with closing(SeenKeys()) as seen, closing(manifest.records()) as records:
        yield planner_of(spec, ledger, seen, rules=rules), records
