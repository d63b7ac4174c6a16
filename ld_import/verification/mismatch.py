"""One mismatch between ledger and server, and its form in files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ld_import.model import ItemKey


class MismatchKind(StrEnum):
    """The kinds of mismatches; `MEANINGS` explains them."""

    MISSING = "missing"
    FOREIGN = "foreign"
    DIFFERENT = "different"
    NOT_IN_LEDGER = "notInLedger"
    FILE = "file"


# Explanation, and what to do.
MEANINGS: dict[MismatchKind, tuple[str, str]] = {
    MismatchKind.MISSING: (
        "missing or archived: the server does not return the entry, and does not say which of both",
        "search for them in the editor; an import with `--force --only ID` sends a missing one"
        " again, while an archived one keeps its externalId",
    ),
    MismatchKind.FOREIGN: (
        "foreign: externalId and media id belong to different entries",
        "documents with this media id show another medium; `--server` may name another server",
    ),
    MismatchKind.DIFFERENT: (
        "different: properties have other values than were sent",
        "an editor may have changed them, or the project no longer has the property; an import"
        " sends an item again only if its record changes, or with --force",
    ),
    MismatchKind.NOT_IN_LEDGER: (
        "not in the ledger: records of the manifest that were never sent to this server",
        "import the manifest; `ld-import ledger adopt` records entries that exist already",
    ),
    MismatchKind.FILE: (
        "the stored file cannot be read: its host or the server has no such file",
        "check the storage; the entry itself is as it was sent",
    ),
}


@dataclass(frozen=True, slots=True)
class Property:
    """A property that differs.

    - `name` is its dotted path, empty while only `name_hash` (hexadecimal) is known.
    - `held` and `sent` are the values as JSON, cut if long; `None` if absent or unknown.
    """

    name: str
    name_hash: str
    is_missing: bool = False
    held: str | None = None
    sent: str | None = None

    @property
    def label(self) -> str:
        """The name, or the hash with `#` while the name is not known."""
        return self.name or f"#{self.name_hash}"

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "nameHash": self.name_hash,
            "missing": self.is_missing,
            "held": self.held,
            "sent": self.sent,
        }


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One item that differs between ledger and server.

    `text` is a sentence about this item; `line` is that of its record in the manifest.
    """

    kind: MismatchKind
    key: ItemKey
    text: str
    media_id: str | None = None
    line: int | None = None
    properties: tuple[Property, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": self.kind.value,
            "systemName": self.key.system_name,
            "externalId": self.key.external_id,
            "mediaId": self.media_id,
            "line": self.line,
            "text": self.text,
            "properties": [found.document() for found in self.properties],
        }


def mismatch_from(document: dict[str, Any]) -> Mismatch:
    """Return the mismatch of a JSON form. Raises KeyError, TypeError or ValueError."""
    return Mismatch(
        MismatchKind(document["kind"]),
        ItemKey(document["systemName"], document["externalId"]),
        document["text"],
        document["mediaId"],
        document["line"],
        tuple(
            Property(one["name"], one["nameHash"], one["missing"], one["held"], one["sent"])
            for one in document["properties"]
        ),
    )
