"""The crash cases: each kind, with fast and slow servers, with and without look-ups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ld_import.emulator import Settings, Token
from tests.harness.records import image as entry
from tests.harness.records import video

Record = dict[str, Any]

HOUR_SECONDS = 3600.0
WRITE_ONLY: Mapping[str, Any] = {"tokens": {"demo-token": Token(scopes=("public-api:write",))}}
# A second longer than all attempts of a look-up.
SLOW: Mapping[str, Any] = {"job_polls": 0, "job_seconds": 6.0}


def picture(number: int, **fields: Any) -> Record:
    """Return the record of a valid image."""
    url = f"https://pictures.example/{number}.jpg"
    return video(number, url=url, mediaType="image", **fields)


def document(number: int, **fields: Any) -> Record:
    """Return the record of a valid file."""
    return video(number, url=f"https://documents.example/{number}.pdf", mediaType="file", **fields)


RECORDS: Mapping[str, Callable[..., Record]] = {
    "videos": video,
    "images": picture,
    "files": document,
    "media-library": entry,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An import that is stopped at a step, and run again after `pause_seconds`.

    `is_provable` means that a look-up can prove what the server accepted: then no import request
    may be made twice. `again` are the steps before which the recovering runs are stopped, too.
    `imported` are the records that an earlier run has imported, under another title; with
    `is_forgotten` its ledger is deleted, so that they count as entries of someone else.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    record_count: int = 4
    parallel: int = 1
    pause_seconds: float = 0.0
    again: tuple[int, ...] = ()
    is_provable: bool = True
    imported: tuple[int, ...] = ()
    is_forgotten: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def server(self) -> Settings:
        """The settings of the server."""
        return Settings(**self.settings)

    @property
    def titles(self) -> dict[str, str]:
        """The titles that the entries must have in the end, by externalId."""
        return {record_name(record): record["metadata"]["title"] for record in self.records()}

    def before(self) -> list[Record]:
        """Return the records that an earlier run has imported."""
        return [self._record(number, "Old") for number in self.imported]

    def records(self) -> list[Record]:
        """Return the records of the manifest whose import is stopped."""
        return [self._record(number, "New") for number in range(1, self.record_count + 1)]

    def _record(self, number: int, title: str) -> Record:
        made = RECORDS[self.kind](number)
        return {**made, "metadata": {**made["metadata"], "title": f"{title} {number}"}}


def record_name(record: Mapping[str, Any]) -> str:
    """Return the externalId of a record."""
    return str(record.get("externalId") or record["id"])


PATCH: Mapping[str, Any] = {"on_existing": "patch"}
CASES = [
    Case(name="videos", kind="videos", parallel=2),
    Case(name="videos, stopped again early", kind="videos", record_count=2, again=(5,)),
    Case(name="videos, stopped again late", kind="videos", record_count=2, again=(14,)),
    Case(name="videos, slow", kind="videos", settings=SLOW, is_provable=False),
    Case(
        name="videos, slow, an hour later",
        kind="videos",
        settings=SLOW,
        record_count=2,
        pause_seconds=HOUR_SECONDS,
    ),
    Case(
        name="videos, no look-up",
        kind="videos",
        settings=WRITE_ONLY,
        record_count=2,
        is_provable=False,
    ),
    Case(
        name="videos, patched",
        kind="videos",
        settings={"repeat": "skip"},
        record_count=3,
        imported=(1,),
        options=PATCH,
    ),
    # These kinds differ from videos in a name only, so that one batch is enough.
    *(
        case
        for kind in ("images", "files")
        for case in (
            Case(name=kind, kind=kind, record_count=2),
            Case(
                name=f"{kind}, slow",
                kind=kind,
                settings=SLOW,
                record_count=2,
                is_provable=False,
            ),
        )
    ),
    Case(name="media-library", kind="media-library"),
    Case(name="media-library, parallel", kind="media-library", parallel=2),
    Case(
        name="media-library, no look-up",
        kind="media-library",
        settings=WRITE_ONLY,
        is_provable=False,
    ),
    Case(
        name="media-library, patched",
        kind="media-library",
        record_count=3,
        imported=(1,),
        options=PATCH,
    ),
    Case(
        name="media-library of others, patched",
        kind="media-library",
        record_count=2,
        is_provable=False,
        imported=(1, 2),
        is_forgotten=True,
        options=PATCH,
    ),
    Case(
        name="videos of others, patched",
        kind="videos",
        settings={"repeat": "skip"},
        record_count=2,
        is_provable=False,
        imported=(1, 2),
        is_forgotten=True,
        options=PATCH,
    ),
    Case(
        name="videos, no look-up, stopped again late",
        kind="videos",
        settings=WRITE_ONLY,
        record_count=2,
        again=(22,),
        is_provable=False,
    ),
    Case(
        name="videos, no look-up, stopped again late, existing failed",
        kind="videos",
        settings=WRITE_ONLY,
        record_count=2,
        again=(22,),
        is_provable=False,
        options={"on_existing": "fail"},
    ),
]

# The suite omits those in which only the name differs; `make crash` plays all of them.
QUICK_CASES = [
    case for case in CASES if not (case.kind in ("images", "files") and case.settings is SLOW)
]
