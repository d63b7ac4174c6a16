"""The JSON object of an item for an image or video directive of a Livingdocs document.

https://docs.livingdocs.io/ describes them; how documents link to files is not published there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ld_import.exports.left_out import COMPLETE, LeftOut, listed, not_imported

FILES = LeftOut(
    "a file: how documents link to files is not publicly documented",
    "export them without --as for their mediaId",
)


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive: its name, the start of its mimeType, and its properties with their columns."""

    name: str
    mime_prefix: str
    required: Mapping[str, str]
    optional: Mapping[str, str]

    def missing_in(self, row: Mapping[str, Any]) -> list[str]:
        """Return the required properties that are not known."""
        return [name for name, column in self.required.items() if row[column] is None]

    def object_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the object; `row` has all required properties."""
        known = {name: row[column] for name, column in self.optional.items()}
        return {
            **{name: row[column] for name, column in self.required.items()},
            **{name: value for name, value in known.items() if value is not None},
        }


BOTH = {name: name for name in ("mediaId", "originalUrl", "mimeType", "width", "height")}
IMAGE = Directive("image", "image/", BOTH, {"key": "key"})
VIDEO = Directive("video", "video/", {**BOTH, "durationSeconds": "duration"}, {})
OF_KIND = {"images": IMAGE, "videos": VIDEO}


def document_of(row: Mapping[str, Any]) -> dict[str, Any] | LeftOut:
    """Return systemName, externalId, legacyUrl and the object of an item, or why it has none."""
    if left_out := not_imported(row):
        return left_out
    if row["kind"] == "files":
        return FILES
    directive = OF_KIND.get(row["kind"]) or _by_type(row["mimeType"])
    if directive is None:
        return FILES if row["mimeType"] else LeftOut("mimeType is not known", COMPLETE)
    if not (row["mimeType"] or directive.mime_prefix).startswith(directive.mime_prefix):
        reason = f"the mimeType does not begin with {directive.mime_prefix}"
        return LeftOut(reason, f"documents refuse it as {directive.name}: replace the file")
    if missing := directive.missing_in(row):
        return LeftOut(f"{listed(missing)} {_verb(missing)} not known", COMPLETE)
    return {
        "systemName": row["systemName"],
        "externalId": row["externalId"],
        "legacyUrl": row["url"],
        directive.name: directive.object_of(row),
    }


def _by_type(mime_type: str | None) -> Directive | None:
    """Return the directive for a medium of any kind."""
    directives = (IMAGE, VIDEO)
    return next((one for one in directives if (mime_type or "").startswith(one.mime_prefix)), None)


def _verb(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
