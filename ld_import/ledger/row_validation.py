"""Validation of values read from the file: a value no run could have written is damage.

SQLite detects a damaged page but not a changed byte within a value, and no decision may depend on
such a value. All functions raise CorruptValue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from ld_import.ids import is_id
from ld_import.ledger.corruption import CorruptValue
from ld_import.model import (
    Archiving,
    CreatedItem,
    HeldItem,
    Identity,
    ItemKey,
    KnownItem,
    LearnedTimes,
    OpenBatch,
    State,
    StoredFile,
    Upload,
    UploadState,
)

CHECKSUM_BYTES = 16
SHA256_BYTES = 32
SHOWN_LENGTH = 40


def state_from(value: Any) -> State:
    """Return the state of a row."""
    try:
        return State(value)
    except ValueError:
        raise CorruptValue(f"{_shown(value)} is not a state of an item") from None


def moment_from(seconds: Any) -> datetime:
    """Return the time stored in a row."""
    try:
        return datetime.fromtimestamp(_number(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise CorruptValue(f"{_shown(seconds)} is not a time") from None


def known_item_from(columns: Sequence[Any]) -> KnownItem:
    """Return an item as the ledger knows it, from a row in the order of the fields."""
    row, state, checksum, record_digest, media_id, field_hashes, *attempt = columns
    failed_batch_size, lost_since, lost_field_hashes = attempt
    if len(_bytes(checksum)) != CHECKSUM_BYTES:
        raise CorruptValue(f"a checksum has {CHECKSUM_BYTES} bytes, not {len(checksum)}")
    return KnownItem(
        _number(row),
        state_from(state),
        checksum,
        _bytes(record_digest),
        _usable_id(media_id),
        _bytes(field_hashes),
        _number(failed_batch_size),
        None if lost_since is None else moment_from(lost_since),
        _bytes(lost_field_hashes),
    )


def learned_times_from(columns: Sequence[Any]) -> LearnedTimes:
    """Return what was learned about the size of batches, from a row in the order of the fields."""
    size, fixed_seconds, item_seconds, most = columns
    return LearnedTimes(
        _number(size),
        _seconds(fixed_seconds),
        _seconds(item_seconds),
        None if most is None else _number(most),
    )


def _seconds(value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and value >= 0):
        return value
    raise CorruptValue(f"{_shown(value)} is not a number of seconds")


def held_item_from(columns: Sequence[Any]) -> HeldItem:
    """Return an item with the content that the server should hold, from the columns of its row."""
    row, system_name, external_id, state, media_id, line, sent, held = columns
    state, known = state_from(state), None if held is None else _bytes(held)
    is_settled = state in (State.SUCCESS, State.SKIPPED)
    # The answer to a request without a result may have changed the entry.
    accepted = (known or b"") if state in (State.FAILED, State.REFUSED) else b""
    return HeldItem(
        _number(row),
        ItemKey(_text(system_name), _text(external_id)),
        state,
        _usable_id(media_id),
        _number(line),
        _bytes(sent) if is_settled else accepted,
        keeps_other=is_settled and known is not None,
    )


def open_batch_from(
    batch_id: int,
    job_id: Any,
    created_at: Any,
    item_count: Any,
    later_runs: Sequence[Any],
    rows: Sequence[Sequence[Any]],
) -> OpenBatch:
    """Return a batch with its items.

    `later_runs` are two times, or twice None. Each of the `rows` holds systemName, externalId,
    mediaId, field hashes, the time since which the item is unconfirmed or None, and the field
    hashes the server held before, empty if unknown.
    """
    if len(rows) != item_count:
        raise CorruptValue(f"batch {batch_id} has {len(rows)} of its {_shown(item_count)} items")
    keys = tuple(ItemKey(_text(row[0]), _text(row[1])) for row in rows)
    earliest, last = later_runs
    return OpenBatch(
        batch_id,
        keys,
        moment_from(created_at),
        _usable_id(job_id),
        frozenset(key for key, row in zip(keys, rows, strict=True) if _has_id(row[2])),
        {key: _bytes(row[3]) for key, row in zip(keys, rows, strict=True)},
        {
            key: moment_from(row[4])
            for key, row in zip(keys, rows, strict=True)
            if row[4] is not None
        },
        {key: held for key, row in zip(keys, rows, strict=True) if (held := _bytes(row[5]))},
        later_runs=None if last is None else (moment_from(earliest), moment_from(last)),
    )


def created_item_from(columns: Sequence[Any]) -> CreatedItem:
    """Return an item with the evidence of who created its entry, in the order of the fields."""
    row, system_name, external_id, state, media_id, hashes, is_existing, *times = columns
    first_sent_at, own_sent_at, next_sent_at, settled_at, ended_at, missing, *last = times
    last_run, activity = last
    return CreatedItem(
        _number(row),
        ItemKey(_text(system_name), _text(external_id)),
        state_from(state),
        _usable_id(media_id),
        _bytes(hashes),
        None if is_existing is None else bool(_number(is_existing)),
        moment_from(first_sent_at),
        moment_from(own_sent_at),
        None if next_sent_at is None else moment_from(next_sent_at),
        None if settled_at is None else moment_from(settled_at),
        None if ended_at is None else moment_from(ended_at),
        _number(missing),
        _text(last_run),
        _text(activity),
    )


def archiving_from(columns: Sequence[Any]) -> Archiving:
    """Return an entry whose archiving has begun; systemName and externalId are two columns."""
    row, system_name, external_id, media_id, run_id, version, digest = columns
    return Archiving(
        _number(row),
        ItemKey(_text(system_name), _text(external_id)),
        _usable_id(media_id),
        _text(run_id),
        _text(version),
        _bytes(digest),
    )


def upload_from(columns: Sequence[Any]) -> Upload:
    """Return the file of an item; the columns after `version` are those of what is stored."""
    system_name, external_id, state, source, identity, version, *stored = columns
    try:
        progress = UploadState(state)
    except ValueError:
        raise CorruptValue(f"{_shown(state)} is not a state of an upload") from None
    return Upload(
        ItemKey(_text(system_name), _text(external_id)),
        progress,
        _text(source),
        _text(identity),
        _number(version),
        None if stored[0] is None else _stored_file_from(stored),
    )


def _stored_file_from(columns: Sequence[Any]) -> StoredFile:
    storage, key, version, size, sha256, etag, mime_type, width, height, duration = columns
    if len(_bytes(sha256)) != SHA256_BYTES:
        raise CorruptValue(f"a sha256 has {SHA256_BYTES} bytes, not {len(sha256)}")
    if duration is not None and not isinstance(duration, float):
        raise CorruptValue(f"expected seconds instead of {_shown(duration)}")
    return StoredFile(
        version=_number(version),
        storage=_text(storage),
        key=_text(key),
        size=_number(size),
        sha256=sha256,
        etag=None if etag is None else _text(etag),
        mime_type=_text(mime_type),
        width=None if width is None else _number(width),
        height=None if height is None else _number(height),
        duration=duration,
    )


def identity_from(system_name: Any, template: Any) -> Identity:
    """Return the identity settings of a run."""
    return Identity(_text(system_name), None if template is None else _text(template))


def count_from(value: Any) -> int:
    """Return a sum of counts."""
    if _number(value) < 0:
        raise CorruptValue(f"{value} is not a count")
    return int(value)


def check_row(values: Sequence[Any]) -> None:
    """Check that a row for people contains text and numbers only."""
    for value in values:
        if isinstance(value, bytes):
            raise CorruptValue(f"expected text or a number instead of {_shown(value)}")


def check_json(text: Any) -> None:
    """Check that a text, if there is one, is JSON."""
    try:
        if text is not None:
            orjson.loads(_text(text))
    except orjson.JSONDecodeError:
        raise CorruptValue(f"expected JSON instead of {_shown(text)}") from None


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise CorruptValue(f"expected a number instead of {_shown(value)}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise CorruptValue(f"expected text instead of {_shown(value)}")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise CorruptValue(f"expected bytes instead of {_shown(value)}")
    return value


def _usable_id(value: Any) -> str | None:
    """Return an id of the server, which becomes part of a URL.

    Earlier versions stored any id the server sent. An id that does not have the documented form is
    unknown: `None`.
    """
    return value if value is not None and is_id(_text(value)) else None


def _has_id(value: Any) -> bool:
    return value is not None and isinstance(_text(value), str)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"
