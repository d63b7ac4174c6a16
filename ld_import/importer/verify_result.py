"""The result of a verification: its sentence, its JSON document and its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ld_import.importer.verify_manifest import ManifestCounts
from ld_import.kinds.comparison import FieldNames
from ld_import.verification.counts import Counts
from ld_import.verification.files import RESULT_FORMAT, RESULT_VERSION
from ld_import.verification.mismatch import MEANINGS, Mismatch, MismatchKind, Property
from ld_import.verification.progress import Question
from ld_import.wording import amount

EXIT_DIFFERENT = 3
# The result names this many mismatches; the file with the progress has all of them.
MOST_SHOWN = 1000
UNNAMED = "(a property that the server shows in no entry)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of a verification.

    - `found` are the first mismatches; `counts` are those of all.
    - `not_imported`: items of the ledger that have no entry, because they failed.
    - `mismatches_file` has all mismatches, one part of the ledger a line.
    """

    question: Question
    counts: Counts
    found: tuple[Mismatch, ...]
    manifest: ManifestCounts | None
    not_imported: int
    requests: dict[str, int]
    mismatches_file: str
    ended_at: datetime

    @property
    def item_count(self) -> int:
        """Number of items that the server has according to the ledger."""
        return max(self.question.total, self.counts.checked)

    @property
    def exit_code(self) -> int:
        """3 if anything differs, else 0."""
        return EXIT_DIFFERENT if self.counts.differ else 0

    @property
    def sentence(self) -> str:
        """The result in one line, with its date."""
        question, counts = self.question, self.counts
        how = "" if question.sample is None else f" (a random sample, --seed {question.seed})"
        unknown = counts.mismatches[MismatchKind.NOT_IN_LEDGER.value]
        differ = counts.differ - unknown - counts.mismatches[MismatchKind.FILE.value]
        parts = [
            f"{self.ended_at:%Y-%m-%d}: {counts.checked:,} of {self.item_count:,} verified{how}",
            f"{differ:,} differ" if differ else "none differs",
        ]
        if lost := counts.mismatches[MismatchKind.FILE.value]:
            parts.append(f"{amount(lost, 'stored file')} cannot be read")
        if unknown:
            parts.append(f"{amount(unknown, 'record')} of the manifest not in the ledger")
        return ", ".join(parts)

    def document(self) -> dict[str, Any]:
        """Return the JSON document, the same that is stored beside the ledger."""
        question = self.question
        return {
            "format": RESULT_FORMAT,
            "version": RESULT_VERSION,
            "sentence": self.sentence,
            "server": question.server,
            "project": question.project,
            "kind": question.kind,
            "systemName": question.system_name,
            "startedAt": _iso(datetime.fromisoformat(question.started_at)),
            "endedAt": _iso(self.ended_at),
            "sample": question.sample,
            "seed": question.seed,
            "items": self.item_count,
            "differ": self.counts.differ,
            **self.counts.document(),
            "notImported": self.not_imported,
            "manifest": self._manifest(),
            "requests": self.requests,
            "found": [{**one.document(), "advice": MEANINGS[one.kind][1]} for one in self.found],
            "allFound": self.mismatches_file,
            "exitCode": self.exit_code,
        }

    def _manifest(self) -> dict[str, Any] | None:
        manifest = self.manifest
        if manifest is None:
            return None
        return {"name": manifest.name, "read": manifest.read, "invalid": manifest.invalid}


def named_counts(counts: Counts, names: FieldNames) -> Counts:
    """Return the counts with the names of properties whose names were met later."""
    properties: Counter[str] = Counter()
    for label, count in counts.properties.items():
        name = names.name_of(bytes.fromhex(label[1:])) if label.startswith("#") else label
        properties[name or UNNAMED] += count
    return replace(counts, properties=properties)


def named(found: Sequence[Mismatch], names: FieldNames) -> tuple[Mismatch, ...]:
    """Return the mismatches with the names of properties whose names were met later."""
    return tuple(
        replace(one, properties=tuple(_named(part, names) for part in one.properties))
        for one in found
    )


def _named(found: Property, names: FieldNames) -> Property:
    name = found.name or names.name_of(bytes.fromhex(found.name_hash))
    return replace(found, name=name or UNNAMED)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
