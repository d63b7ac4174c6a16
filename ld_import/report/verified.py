"""The last result of `ledger verify` for the target of a run: a JSON file beside the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ld_import.model import Target
from ld_import.report.facts import RunFacts
from ld_import.verification.files import read_result

SHOWN_PROPERTIES = 10
SHOWN_ITEMS = 20
EXAMPLES = 3
WORDS = {
    "missing": "missing or archived",
    "foreign": "the pair belongs to another media id",
    "different": "properties differ",
    "notInLedger": "in the manifest, not in the ledger",
    "file": "the stored file cannot be read",
}


@dataclass(frozen=True, slots=True)
class Mismatches:
    """The mismatches of one kind: how many, the first externalIds, and what to do."""

    word: str
    count: int
    examples: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification: its sentence, mismatches by kind, counts by property, and the first items.

    `items` has the externalId and a sentence of each.
    """

    sentence: str
    ended_at: str
    mismatches: tuple[Mismatches, ...]
    properties: tuple[tuple[str, int], ...]
    items: tuple[tuple[str, str], ...]


def verified_of(ledger: Path, run: RunFacts) -> Verified | None:
    """Return the last verification of the target of a run; `None` without one that can be read."""
    document = read_result(ledger, Target(run.server, run.project, run.kind))
    try:
        return None if document is None else _verified(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _verified(document: Mapping[str, Any]) -> Verified:
    found = document["found"]
    return Verified(
        sentence=str(document["sentence"]),
        ended_at=str(document["endedAt"]),
        mismatches=tuple(_mismatches(document["mismatches"], found)),
        properties=tuple(
            (str(name), int(count))
            for name, count in list(document["properties"].items())[:SHOWN_PROPERTIES]
        ),
        items=tuple((str(one["externalId"]), str(one["text"])) for one in found[:SHOWN_ITEMS]),
    )


def _mismatches(counts: Mapping[str, int], found: Any) -> Iterator[Mismatches]:
    for kind, count in counts.items():
        if count:
            of_kind = [one for one in found if one["kind"] == kind]
            examples = tuple(str(one["externalId"]) for one in of_kind[:EXAMPLES])
            advice = str(of_kind[0].get("advice") or "") if of_kind else ""
            yield Mismatches(WORDS.get(kind, kind), int(count), examples, advice)
