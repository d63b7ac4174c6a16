"""Values as they come out of the file: what no run of ours could have written is damage.

SQLite notices a broken page, but no changed byte within a value; a decision must not rest on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from ld_import.ids import is_id
from ld_import.ledger.corruption import CorruptValue
from ld_import.model import Identity, ItemKey, KnownItem, OpenBatch, State

CHECKSUM_BYTES = 16


def state_from(word: Any) -> State:
    """Return the state a row has."""
    try:
        return State(word)
    except ValueError:
        raise CorruptValue(f"no item has the state {_shown(word)}") from None


def moment_from(seconds: Any) -> datetime:
    """Return the moment a row was written."""
    try:
        return datetime.fromtimestamp(_number(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise CorruptValue(f"there is no time {_shown(seconds)}") from None


def known_item_from(
    row: Any,
    state: Any,
    checksum: Any,
    record_digest: Any,
    media_id: Any,
    field_hashes: Any,
    failed_batch_size: Any = 0,
    lost_since: Any = None,
    lost_field_hashes: Any = b"",
) -> KnownItem:
    """Return what the ledger remembers of an item."""
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


def open_batch_from(
    batch_id: int,
    job_id: Any,
    created_at: Any,
    item_count: Any,
    later_runs: Sequence[Any],
    rows: Sequence[Sequence[Any]],
) -> OpenBatch:
    """Return a batch with its items.

    `later_runs` are two moments or two times None; `rows` hold systemName, externalId, mediaId,
    marks, since when the item is unsure, if it is, and the marks held before, empty if unknown.
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


def identity_from(system_name: Any, template: Any) -> Identity:
    """Return what made the keys of a run."""
    return Identity(_text(system_name), None if template is None else _text(template))


def count_from(value: Any) -> int:
    """Return a sum of counts."""
    if _number(value) < 0:
        raise CorruptValue(f"there is no count {value}")
    return int(value)


def check_row(values: Sequence[Any]) -> None:
    """See that a row for people holds what can be shown: no column of theirs is bytes."""
    for value in values:
        if isinstance(value, bytes):
            raise CorruptValue(f"{_shown(value)} stands where text or a number belongs")


def check_json(text: Any) -> None:
    """See that a note is JSON, if there is one."""
    try:
        if text is not None:
            orjson.loads(_text(text))
    except orjson.JSONDecodeError:
        raise CorruptValue(f"{_shown(text)} stands where JSON belongs") from None


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise CorruptValue(f"{_shown(value)} stands where a number belongs")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise CorruptValue(f"{_shown(value)} stands where text belongs")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise CorruptValue(f"{_shown(value)} stands where bytes belong")
    return value


def _usable_id(value: Any) -> str | None:
    """Return an id of the server; it becomes part of an address.

    Earlier versions stored whatever the server sent: what is not of the documented form is unknown.
    """
    return value if value is not None and is_id(_text(value)) else None


def _has_id(value: Any) -> bool:
    return value is not None and isinstance(_text(value), str)


def _shown(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 40 else f"{words[:39]}…"
