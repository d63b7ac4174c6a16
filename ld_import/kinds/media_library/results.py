"""Convert one result of a synchronous import: created, already existing, or refused, and why."""

from __future__ import annotations

import re
from typing import Any

from ld_import.ids import usable_id
from ld_import.kinds.media_facts import facts_from_entry
from ld_import.model import Result, State

REASON_LENGTH = 400
# HTTPStatus.CONFLICT: a dry run reads this module, and does not load `http`.
CONFLICT = 409
# Details of refused metadata have no fixed form; values nested deeper are ignored.
MAX_DEPTH = 4
# NOTE: servers may be configured to send stack traces; they are not shown.
STACK_TRACE_KEY = "stack"
# The message about an id of the request. The one about a pair is `externalId is not unique`.
_id_taken = re.compile(r"(?<![A-Za-z])id is not unique").search


def result_from(fields: dict[str, Any], external_id: str) -> Result:
    """Return the Result of any JSON object; never raises."""
    if is_created(fields):
        media_id, note = usable_id(media_id_from(fields), None)
        facts = facts_from_entry(record_from(fields))
        return Result(external_id, State.SUCCESS, "ok", note, media_id, facts=facts)
    word = _text(fields.get("error")) or "refused"
    details = _details(fields)
    reason = _reason(details, word)
    # An archived entry keeps its pair and cannot be changed, so the item counts as failed.
    if fields.get("status") != CONFLICT or "has been archived" in reason:
        return Result(external_id, State.FAILED, word, _line(reason or word))
    note = _line(f"already exists: {reason}" if reason else "already exists")
    is_id_taken = _id_taken(reason) is not None
    # The entry with this id may belong to another pair.
    existing_id = None if is_id_taken else _text(details.get("mediaId"))
    media_id, existing_reason = usable_id(existing_id, note)
    return Result(
        external_id,
        State.SKIPPED,
        word,
        existing_reason,
        media_id,
        is_existing=True,
        is_id_taken=is_id_taken,
    )


def is_created(fields: dict[str, Any]) -> bool:
    """Return whether an entry was created; an entry with an id but without `ok` was."""
    if fields.get("ok") is None:
        return media_id_from(fields) is not None and "error" not in fields
    return fields["ok"] is True


def media_id_from(fields: dict[str, Any]) -> str | None:
    """Return the id of a result or of its record."""
    return _text(fields.get("id")) or _text(record_from(fields).get("id"))


def record_from(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the stored entry: `record`, or the result itself if that is missing or empty."""
    record = fields.get("record")
    return record if record and isinstance(record, dict) else fields


def _details(fields: dict[str, Any]) -> dict[str, Any]:
    details = fields.get("error_details")
    return details if isinstance(details, dict) else {"errors": details}


def _reason(details: dict[str, Any], word: str) -> str:
    message = _text(details.get("message"))
    # NOTE: the list is named `invalidMetadata` until 2024, and `errors` since.
    lists = (details.get(key) for key in ("errors", "invalidMetadata"))
    sentences = [sentence for value in lists for sentence in _sentences(value, MAX_DEPTH)]
    if not sentences and not message:
        sentences = _sentences(details, MAX_DEPTH)
    if not sentences:
        return message or ""
    head = message or word
    return f"{head}{'' if head.endswith('.') else ':'} {'; '.join(sentences)}"


def _sentences(value: Any, depth: int) -> list[str]:
    """Return the sentences in a value, each with the name of its property."""
    if isinstance(value, list) and depth:
        return [text for element in value for text in _sentences(element, depth - 1)]
    if isinstance(value, dict) and depth:
        return _property_sentences(value, depth - 1)
    return [str(value)] if isinstance(value, str | int | float) else []


def _property_sentences(value: dict[str, Any], depth: int) -> list[str]:
    name, message = _text(value.get("metadataProperty")), _text(value.get("message"))
    if message:
        return [f"`{name}`: {message}" if name else message]
    return [
        f"`{name}`: {text}"
        for name, detail in value.items()
        if name != STACK_TRACE_KEY
        for text in _sentences(detail, depth)
    ]


def _text(value: Any) -> str | None:
    return value if value and isinstance(value, str) else None


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= REASON_LENGTH else line[: REASON_LENGTH - 1] + "…"
