"""The manifest in a verification: records that the ledger does not know, and the sent values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ld_import.importer.spec import ImportSpec
from ld_import.importer.validation import check_records
from ld_import.kinds.comparison import sent_values
from ld_import.ledger import SqliteLedger
from ld_import.model import Item
from ld_import.validation import Finding
from ld_import.verification.judge import Judge
from ld_import.verification.mismatch import Mismatch, MismatchKind, Property

ITEMS_A_QUERY = 500
UNKNOWN = "the ledger has no import of this record into this server"


@dataclass(frozen=True, slots=True)
class ManifestCounts:
    """Counts of the records of a manifest, all and those that cannot be imported."""

    name: str
    read: int
    invalid: int
    not_in_ledger: int


class LedgerInspection:
    """Looks items up in the ledger; passes records that are not there to `take`.

    `found` are mismatches whose properties get the sent values.
    """

    def __init__(
        self,
        ledger: SqliteLedger,
        judge: Judge,
        found: list[Mismatch],
        take: Callable[[list[Mismatch]], None],
    ) -> None:
        """Look up nothing yet."""
        self.unknown_count = 0
        self._ledger = ledger
        self._judge = judge
        self._found = found
        self._take = take
        self._places = {
            one.key: at for at, one in enumerate(found) if one.kind is MismatchKind.DIFFERENT
        }
        self._waiting: list[Item] = []

    def inspect(self, item: Item) -> Iterable[Finding]:
        """Collect an item; it has no findings."""
        self._waiting.append(item)
        if len(self._waiting) >= ITEMS_A_QUERY:
            self._look_up()
        return ()

    def finish(self) -> Iterable[Finding]:
        """Look up the remaining items."""
        self._look_up()
        return ()

    def close(self) -> None:
        """Release nothing."""

    def _look_up(self) -> None:
        items, self._waiting = self._waiting, []
        known = self._ledger.find([item.key for item in items])
        unknown = [_unknown(item) for item in items if item.key not in known]
        self.unknown_count += len(unknown)
        if unknown:
            self._take(unknown)
        for item in items:
            # An item may have left the ledger since its entry was compared.
            if (at := self._places.get(item.key)) is not None and item.key in known:
                marks = known[item.key].field_hashes
                self._found[at] = self._with_values(self._found[at], marks, item.body)

    def _with_values(self, mismatch: Mismatch, marks: bytes, body: bytes) -> Mismatch:
        sent = sent_values(marks, body)
        properties = tuple(self._valued(one, sent) for one in mismatch.properties)
        return replace(mismatch, properties=properties)

    def _valued(self, found: Property, sent: dict[bytes, tuple[str, object]]) -> Property:
        hashed = bytes.fromhex(found.name_hash)
        if hashed not in sent:
            return found
        name, value = sent[hashed]
        return replace(found, name=name, sent=self._judge.shown(value))


def check_manifest(
    spec: ImportSpec,
    ledger: SqliteLedger,
    judge: Judge,
    found: list[Mismatch],
    take: Callable[[list[Mismatch]], None],
) -> ManifestCounts:
    """Look up every valid record of a manifest, and pass unknown ones to `take`.

    Adds the sent values to the mismatches of `found`. Raises the errors of reading a manifest.
    """
    inspection = LedgerInspection(ledger, judge, found, take)
    checked = check_records(spec, [inspection], lambda finding: None)
    return ManifestCounts(
        str(spec.manifest.path), checked.read, checked.invalid, inspection.unknown_count
    )


def _unknown(item: Item) -> Mismatch:
    return Mismatch(MismatchKind.NOT_IN_LEDGER, item.key, UNKNOWN, None, item.line)
