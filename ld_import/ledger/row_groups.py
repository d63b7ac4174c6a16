"""One statement for several rows: each execution of a statement takes longer than a small row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from typing import Any

# More rows in a statement save little, and a long statement takes memory.
GROUP = 20
# NOTE: bytes are bound in four times the time of a bytearray, since `sqlite3` looks for an adapter
# for every class but `int`, `float`, `str` and `bytearray`, see `need_adapt` in
# https://github.com/python/cpython/blob/3.11/Modules/_sqlite/statement.c
Blob = bytearray


def execute_for_rows(
    db: sqlite3.Connection,
    statement_for: Callable[[int], str],
    rows: Sequence[tuple[Any, ...]],
    common: tuple[Any, ...] = (),
) -> int:
    """Execute a statement for rows of values, several at a time; return the rows changed.

    `statement_for` returns the statement for a number of rows, with the `common` parameters before
    those of the rows.
    """
    whole = len(rows) - len(rows) % GROUP
    count = 0
    if whole:
        groups = [
            (*common, *chain.from_iterable(rows[at : at + GROUP])) for at in range(0, whole, GROUP)
        ]
        count += db.executemany(statement_for(GROUP), groups).rowcount
    if rest := rows[whole:]:
        count += db.executemany(statement_for(1), [(*common, *row) for row in rest]).rowcount
    return count


def with_rows(statement: str, row: str) -> Callable[[int], str]:
    """Return a function from a number of rows to a statement with `row` for each of them."""

    @cache
    def statement_for(count: int) -> str:
        return statement.format(rows=", ".join([row] * count))

    return statement_for
