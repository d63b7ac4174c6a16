"""Texts that many rows share: each is written once, and the rows have its number."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

import orjson


class TextTable(NamedTuple):
    """A table with the columns `number` and `text`, which gets at most so many rows."""

    name: str
    number: str
    text: str
    most: int | None = None


SYSTEMS = TextTable("system", "system_id", "system_name")
MIME_TYPES = TextTable("mime_type", "mime_type_id", "mime_type")


class NumberedTexts:
    """The texts of a table, read and written through `db` within the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, table: TextTable) -> None:
        """Read nothing yet."""
        name, number, text, most = table
        self._db = db
        self._most = most
        listed = "SELECT value FROM json_each(?)"
        self._find = f"SELECT {text}, {number} FROM {name} WHERE {text} IN ({listed})"
        self._insert = f"INSERT INTO {name} ({text}) {listed}"
        self._highest = f"SELECT max({number}) FROM {name}"

    def numbers_of(self, texts: Collection[str]) -> dict[str, int]:
        """Return the numbers of texts; new texts are written while the table has room."""
        numbers = self._found(texts)
        if len(numbers) == len(texts):
            return numbers
        new = sorted(set(texts) - numbers.keys())
        if self._most is not None:
            (highest,) = self._db.execute(self._highest).fetchone()
            new = new[: max(0, self._most - (highest or 0))]
        if not new:
            return numbers
        self._db.execute(self._insert, (_json(new),))
        return self._found(texts)

    def _found(self, texts: Collection[str]) -> dict[str, int]:
        return dict(self._db.execute(self._find, (_json(texts),)))


def _json(texts: Collection[str]) -> str:
    return orjson.dumps([*texts]).decode()
