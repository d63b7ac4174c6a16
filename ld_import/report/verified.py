"""The last result of `ledger verify` for the target of a run: a JSON file beside the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ld_import.report.facts import RunFacts
from ld_import.small_file import read_small

FORMAT, VERSION = "ld-import verification", 1
LARGEST_BYTES = 16_000_000
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
    for path in sorted(ledger.parent.glob(f"{_literal(ledger.stem)}.verify-{run.kind}-*.json")):
        document = _read(path)
        if document is not None and _is_about(document, run):
            try:
                return _verified(document)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
    return None


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _read(path: Path) -> Any:
    try:
        return json.loads(read_small(path, limit=LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def _is_about(document: Any, run: RunFacts) -> bool:
    if not isinstance(document, dict):
        return False
    names = ("format", "version", "server", "project", "kind")
    expected = (FORMAT, VERSION, run.server, run.project, run.kind)
    return tuple(document.get(name) for name in names) == expected


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
