"""What one result of a synchronous import means: taken, there before, or refused, and why."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from ld_import.ids import usable_id
from ld_import.model import Result, State

REASON_LENGTH = 400
# Details of refused metadata come in any shape; what lies deeper is not read.
DEPTH = 4
# NOTE: servers may be set to tell their stack traces; those are nobody's reason.
STACK_TRACE_KEY = "stack"
# Said of an id that the request chose, which any entry may have; of a pair: `externalId is not …`.
_id_taken = re.compile(r"(?<![A-Za-z])id is not unique").search


def result_from(told: dict[str, Any], external_id: str) -> Result:
    """Read one result; whatever it holds, this gives a result and raises nothing."""
    if is_created(told):
        media_id, note = usable_id(media_id_from(told), None)
        return Result(external_id, State.SUCCESS, "ok", note, media_id)
    word = _text(told.get("error")) or "refused"
    details = _details(told)
    reason = _reason(details, word)
    # An archived entry keeps its pair and cannot be changed: there is nothing to build on.
    if told.get("status") != HTTPStatus.CONFLICT or "has been archived" in reason:
        return Result(external_id, State.FAILED, word, _line(reason or word))
    existing: str | None = _line(f"already exists: {reason}" if reason else "already exists")
    is_id_taken = _id_taken(reason) is not None
    # The entry that has the id may be another pair's.
    named = None if is_id_taken else _text(details.get("mediaId"))
    media_id, existing = usable_id(named, existing)
    return Result(
        external_id,
        State.SKIPPED,
        word,
        existing,
        media_id,
        is_existing=True,
        is_id_taken=is_id_taken,
    )


def is_created(told: dict[str, Any]) -> bool:
    """Tell whether an entry was created; a bare entry, with an id and no verdict, was."""
    if told.get("ok") is None:
        return media_id_from(told) is not None and "error" not in told
    return told["ok"] is True


def media_id_from(told: dict[str, Any]) -> str | None:
    """Return the id of a result, or of its record."""
    return _text(told.get("id")) or _text(record_from(told).get("id"))


def record_from(told: dict[str, Any]) -> dict[str, Any]:
    """Return the entry as it was stored; documented is an empty one, or the result is the entry."""
    record = told.get("record")
    return record if record and isinstance(record, dict) else told


def _details(told: dict[str, Any]) -> dict[str, Any]:
    details = told.get("error_details")
    return details if isinstance(details, dict) else {"errors": details}


def _reason(details: dict[str, Any], word: str) -> str:
    message = _text(details.get("message"))
    # NOTE: `invalidMetadata` until 2024, `errors` since.
    lists = [one for key in ("errors", "invalidMetadata") for one in _said(details.get(key), DEPTH)]
    said = lists or ([] if message else _said(details, DEPTH))
    if not said:
        return message or ""
    head = message or word
    return f"{head}{'' if head.endswith('.') else ':'} {'; '.join(said)}"


def _said(value: Any, depth: int) -> list[str]:
    """Return the sentences in a value, each with the property it is about."""
    if isinstance(value, list) and depth:
        return [text for one in value for text in _said(one, depth - 1)]
    if isinstance(value, dict) and depth:
        return _said_of_properties(value, depth - 1)
    return [str(value)] if isinstance(value, str | int | float) else []


def _said_of_properties(value: dict[str, Any], depth: int) -> list[str]:
    name, message = _text(value.get("metadataProperty")), _text(value.get("message"))
    if message:
        return [f"`{name}`: {message}" if name else message]
    return [
        f"`{name}`: {text}"
        for name, one in value.items()
        if name != STACK_TRACE_KEY
        for text in _said(one, depth)
    ]


def _text(value: Any) -> str | None:
    return value if value and isinstance(value, str) else None


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= REASON_LENGTH else line[: REASON_LENGTH - 1] + "…"
