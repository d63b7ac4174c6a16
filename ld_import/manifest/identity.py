"""The externalId of a record: it comes out as it stands, or the record is refused."""

from __future__ import annotations

import re
from typing import Any

from ld_import.manifest.sentences import nearest, show
from ld_import.model import Problem

# Half a letter (a lone surrogate) can be neither written nor sent.
_control_in = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search


def own_id(record: dict[str, Any]) -> str | Problem:
    """Take the record's `externalId`, else its `id`; `null` counts as missing."""
    for field in ("externalId", "id"):
        value = record.get(field)
        if value is None:
            continue
        if isinstance(value, str):
            return checked(value, field)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        advice = "put it in quotes, or give an `externalId` template"
        return Problem(field, f"`{field}` is {show(value)}, not a text or an integer; {advice}")
    if null := next((field for field in ("externalId", "id") if field in record), None):
        text = f"`{null}` is null: give it a value, or give an `externalId` template"
        return Problem("id", text)
    known = nearest("id", record)
    text = f"there is neither `externalId` nor `id`: give an `externalId` template; {known}"
    return Problem("id", text)


def checked(text: str, field: str) -> str | Problem:
    """Pass an id unchanged, white space included, unless it is blank or has control characters."""
    if not text.strip():
        return Problem(field, "the externalId is empty; take a field that every record has")
    if control := _control_in(text):
        code = f"U+{ord(control.group()):04X}"
        place = f"character {control.start() + 1} of {show(text)}"
        advice = "use `| trim` or another field; in YAML `|` adds a line break, `|-` does not"
        return Problem(
            field, f"the externalId has the control character {code} ({place}); {advice}"
        )
    return text
