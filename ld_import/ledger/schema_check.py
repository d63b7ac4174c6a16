"""Check of the tables and indexes of a ledger: a foreign trigger or view could change data."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache, lru_cache
from pathlib import Path

from ld_import.errors import LedgerError
from ld_import.ledger.corruption import CorruptValue
from ld_import.ledger.migrations import FIRST, Schema

# (type, name, table, SQL), the SQL without comments and unnecessary blanks.
Definition = tuple[str, str, str, str]

DEFINITIONS = "SELECT type, name, tbl_name, sql FROM sqlite_master"
# SQLite creates these itself: for UNIQUE and PRIMARY KEY, and by ANALYZE.
OWN_INDEX = "sqlite_autoindex_"
STATISTICS = {
    ("table", "sqlite_stat1", "sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
    (
        "table",
        "sqlite_stat4",
        "sqlite_stat4",
        "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
    ),
}
LONGEST_SQL = 4_000
SHOWN_LENGTH = 60
KINDS = ("table", "index", "trigger", "view")
# A quoted text; or comments and white space.
PARTS = re.compile(r"('[^']*'|\"[^\"]*\")|(?:--[^\n]*|/\*.*?\*/|\s+)+", re.DOTALL)
# ALTER TABLE … RENAME leaves the name in quotes.
RENAMED = re.compile(r'^(CREATE TABLE) "(\w+)"')
AROUND_SIGNS = re.compile(r" ?([(),;]) ?")


def check_definitions(db: sqlite3.Connection, path: Path, schema: Schema, version: int) -> None:
    """Raise LedgerError if the ledger defines anything that ld-import did not create.

    Nothing in the ledger is executed. Raises CorruptValue if a definition is missing.
    """
    actual = frozenset(_definitions(db)) - STATISTICS
    texts = _texts(schema, version)
    if not any(actual == _created_by(text) for text in texts):
        _report(actual, [_created_by(text) for text in texts], path)


def _report(actual: frozenset[Definition], known: list[frozenset[Definition]], path: Path) -> None:
    for kind, name, _, _ in sorted(actual.difference(*known)):
        raise LedgerError(
            f"the ledger {path} has the {_shown(kind, name)}, which ld-import did not create"
            " and which could change the recorded data",
            hint="if the ledger came from someone else, name another file with --ledger; if you"
            " added this yourself, remove it (DROP) with an SQLite tool",
        )
    for kind, name, _, _ in sorted(known[0] - actual):
        raise CorruptValue(f"the {kind} {name} is missing")


def _texts(schema: Schema, version: int) -> list[str]:
    """Return the SQL of ledgers of this version: a new one, and an upgraded one."""
    new = [schema.text] if version == schema.version else []
    return [*new, ";\n".join((FIRST, *schema.steps[: version - 1]))]


@cache
def _created_by(text: str) -> frozenset[Definition]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(text)
        return frozenset(_definitions(db))


def _definitions(db: sqlite3.Connection) -> Iterator[Definition]:
    for kind, name, table, sql in db.execute(DEFINITIONS):
        is_own = kind == "index" and sql is None and str(name).startswith(OWN_INDEX)
        if not is_own:
            yield str(kind), str(name), str(table), _normal(str(sql))


# A program that opens several ledgers meets the same definitions again.
@lru_cache(maxsize=256)
def _normal(sql: str) -> str:
    if len(sql) > LONGEST_SQL:
        return ""
    blank = PARTS.sub(lambda part: part[1] or " ", RENAMED.sub(r"\1 \2", sql))
    return AROUND_SIGNS.sub(r"\1", blank).strip()


def _shown(kind: str, name: str) -> str:
    return f"{kind if kind in KINDS else 'entry'} {name[:SHOWN_LENGTH]!r}"
