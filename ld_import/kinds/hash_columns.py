"""Field hashes of many entries at once, a column of values for each field.

Entries that a map makes usually have the same fields, and a column needs no call in Python for each
of its values.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from operator import itemgetter
from sys import byteorder
from typing import Any
from zlib import crc32

import orjson

from ld_import.kinds.field_hashes import HASH_BYTES, NAME_BYTES, hashes_of, name_hash

SUM_BYTES = 4


def hashes_from_all(bodies: Sequence[bytes]) -> list[bytes]:
    """Return for each body what `hashes_from` does."""
    return hashes_of_all(list(map(orjson.loads, bodies)))


def hashes_of_all(entries: Sequence[dict[str, Any]]) -> list[bytes]:
    """Return for each entry what `hashes_of` does."""
    try:
        return _hashes_of_alike(entries)
    # TypeError: a value is nested too deeply for JSON.
    except (_DifferentFieldsError, TypeError):
        return list(map(hashes_of, entries))


class _DifferentFieldsError(Exception):
    """The entries do not have the same fields in the same order."""


def _hashes_of_alike(entries: Sequence[dict[str, Any]]) -> list[bytes]:
    columns = list(_columns_of(entries, ""))
    sums = _sums_of(chain.from_iterable(zip(*[values for _, values in columns], strict=True)))
    # Each entry has the hashes of the names; those of the values are written between them.
    names = b"".join([name_hash(name) + bytes(HASH_BYTES - NAME_BYTES) for name, _ in columns])
    hashes, width = bytearray(names * len(entries)), len(names)
    for byte in range(NAME_BYTES, HASH_BYTES):
        hashes[byte::HASH_BYTES] = sums[byte - HASH_BYTES + SUM_BYTES :: SUM_BYTES]
    return [bytes(hashes[at * width : (at + 1) * width]) for at in range(len(entries))]


def _sums_of(values: Iterable[Any]) -> bytes:
    """Return the checksum of each value in four bytes, the most significant one first."""
    texts = map(orjson.dumps, values, repeat(None), repeat(orjson.OPT_SORT_KEYS))
    sums = array("I", map(crc32, texts))
    if byteorder == "little":
        sums.byteswap()
    return sums.tobytes()


def _columns_of(
    objects: Sequence[dict[str, Any]], owner: str
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the columns that `fields_of` has for all objects. Raises _DifferentFieldsError."""
    names = set(map(tuple, objects))
    if len(names) != 1:
        raise _DifferentFieldsError
    for name in names.pop():
        values = list(map(itemgetter(name), objects))
        types = set(map(type, values))
        if owner or dict not in types:
            yield f"{owner}{name}", values
        elif len(types) == 1:
            yield from _columns_of(values, f"{name}.")
        else:
            raise _DifferentFieldsError
