"""The counts of a verification; those of its parts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ld_import.verification.judge import Judgement
from ld_import.verification.mismatch import Mismatch, MismatchKind


@dataclass(slots=True)
class Counts:
    """The counts so far.

    - `checked`: items for which the server was asked.
    - `mismatches`: items by kind of mismatch; `properties`: items by the label of a property.
    - `not_compared`: entries that are there, with content that the ledger does not know.
    - `keeps_other`: entries with other content that the import found and left as it was.
    - `files`: stored files that were asked for; `files_not_checked`: those that could not be.
    """

    checked: int = 0
    mismatches: Counter[str] = field(default_factory=Counter)
    properties: Counter[str] = field(default_factory=Counter)
    not_compared: int = 0
    keeps_other: int = 0
    files: int = 0
    files_not_checked: int = 0

    @property
    def differ(self) -> int:
        """Number of mismatches of all kinds."""
        return self.mismatches.total()

    def add(self, judgements: Iterable[Judgement]) -> None:
        """Count the judgements of items."""
        for judgement in judgements:
            self.checked += 1
            self.keeps_other += judgement.keeps_other
            if judgement.mismatch is not None:
                self.note(judgement.mismatch)
            else:
                self.not_compared += not judgement.is_compared

    def note(self, mismatch: Mismatch) -> None:
        """Count a mismatch."""
        self.mismatches[mismatch.kind.value] += 1
        self.properties.update({found.label for found in mismatch.properties})

    def merge(self, other: Counts) -> None:
        """Add the counts of another part."""
        self.checked += other.checked
        self.mismatches += other.mismatches
        self.properties += other.properties
        self.not_compared += other.not_compared
        self.keeps_other += other.keeps_other
        self.files += other.files
        self.files_not_checked += other.files_not_checked

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "checked": self.checked,
            "mismatches": {kind.value: self.mismatches[kind.value] for kind in MismatchKind},
            "properties": dict(self.properties.most_common()),
            "notCompared": self.not_compared,
            "keepsOther": self.keeps_other,
            "files": self.files,
            "filesNotChecked": self.files_not_checked,
        }


def counts_from(document: Mapping[str, Any]) -> Counts:
    """Return the counts of a JSON form. Raises KeyError, TypeError or ValueError."""
    return Counts(
        int(document["checked"]),
        Counter({MismatchKind(name).value: int(n) for name, n in document["mismatches"].items()}),
        Counter({str(name): int(n) for name, n in document["properties"].items()}),
        int(document["notCompared"]),
        int(document["keepsOther"]),
        int(document["files"]),
        int(document["filesNotChecked"]),
    )
