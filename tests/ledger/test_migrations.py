"""Older ledgers: copied, then migrated completely or not at all; read without changes."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
from contextlib import closing
from itertools import combinations
from pathlib import Path

import pytest

from ld_import.errors import LedgerError, TempSpaceError
from ld_import.ledger import LedgerReader, SqliteLedger, migrations
from ld_import.ledger.connect import connect
from ld_import.ledger.migrations import SCHEMA, STEPS, Schema
from ld_import.model import DuplicateUrl, DuplicateUrls, ItemKey, State, Target
from tests.ledger.story import send, settle
from tests.makers import make_item, make_ledger

FIRST = Schema(migrations.FIRST)


def schema_of(number):
    """Return an older schema."""
    if number == 1:
        return FIRST
    text = Path(__file__).with_name(f"schema-{number}.sql").read_text(encoding="utf-8")
    return Schema(text, STEPS[: number - 1])


ADD_SIZE = "ALTER TABLE item ADD COLUMN byte_count INTEGER"
ADD_NOTES = """
-- A step may well have several statements; and a comment; with semicolons.
CREATE TABLE note (item_id INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT ';');
INSERT INTO note (item_id) SELECT item_id FROM item;
CREATE INDEX note_text ON note (text) WHERE text <> ';';
"""
# Their text for a new ledger is not used: every ledger here is an older one.
SECOND = Schema("", (ADD_SIZE,))
THIRD = Schema("", (ADD_SIZE, ADD_NOTES))
BROKEN = Schema("", (ADD_SIZE, ADD_NOTES, "INSERT INTO nowhere VALUES (1)"))
LARGE = Schema("", (ADD_SIZE, "CREATE TABLE big AS SELECT randomblob(100000) FROM item"))


@pytest.fixture
def path(tmp_path):
    """Return the path of the ledger."""
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def content(tmp_path, path):
    """Return the bytes of a ledger of the first schema that was closed normally."""
    connect(path, read_only=False, schema=FIRST).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO target VALUES (1, 's', '', 'videos')")
        db.execute("INSERT INTO run VALUES (1, 'r', 1, 'm', 's', NULL, 'c', 'h', 1, 1, 1, 0, '{}')")
        db.execute(
            "INSERT INTO batch VALUES (1, 1, 1, 9, x'01', 'settled', 'j', 's', NULL, 1, 1, 1)"
        )
        db.executemany(
            "INSERT INTO item VALUES (?, 1, 's', 'v' || ?, 'success', zeroblob(16), zeroblob(16),"
            " x'', NULL, 'm', NULL, 1, 1, 'u', 'f', 1, 1, 1)",
            ((number, number) for number in range(1, 10)),
        )
        db.commit()
    return path.read_bytes()


def rows(path, query="SELECT count(*) FROM item"):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def version(path):
    return rows(path, "PRAGMA user_version")[0][0]


def copies(path):
    return sorted(file.name for file in path.parent.iterdir() if "backup" in file.name)


def shape(db):
    """Return tables and indexes in a form that does not depend on their SQL text."""
    definitions = {}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        columns = "index_xinfo" if kind == "index" else "table_xinfo"
        definitions[kind, name] = (
            db.execute(f"SELECT * FROM pragma_{columns}(?)", (name,)).fetchall(),
            db.execute("SELECT * FROM pragma_foreign_key_list(?)", (name,)).fetchall(),
            db.execute("SELECT * FROM pragma_index_list(?) ORDER BY name", (name,)).fetchall(),
            db.execute("SELECT wr, strict FROM pragma_table_list(?)", (name,)).fetchall(),
            " ".join(sql.partition("WHERE")[2].split()) if sql and kind == "index" else "",
        )
    return definitions


@pytest.mark.parametrize("number", [1, 3, 4])
def test_fresh_and_upgraded_ledgers_are_alike(tmp_path, number):
    """The steps lead from every older schema to `schema.sql`."""
    fresh, older = tmp_path / "fresh", tmp_path / "older"
    connect(older, read_only=False, schema=schema_of(number)).close()
    assert version(older) == number
    with (
        closing(connect(fresh, read_only=False)) as made,
        closing(connect(older, read_only=False)) as upgraded,
    ):
        assert shape(upgraded) == shape(made)
        assert version(fresh) == version(older) == len(STEPS) + 1 == SCHEMA.version


BEFORE = """
SELECT external_id, item.system_name, item.state, item.reason, item.media_id, item.url,
  item.attempts, strftime('%Y-%m-%dT%H:%M:%SZ', item.first_seen_at, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%SZ', item.updated_at, 'unixepoch')
FROM item ORDER BY item_id
"""
SHOWN = (
    *("externalId", "systemName", "state", "reason", "mediaId", "url", "attempts"),
    *("firstSeenAt", "updatedAt"),
)
HISTORY = "SELECT batch_id, item_id, state, reason FROM attempt ORDER BY batch_id, item_id"


def fill_schema_4(db):
    """Write a history with lost, refused, failed and repeated attempts, and several systems."""
    db.execute("INSERT INTO target VALUES (1, 's', '', 'videos')")
    db.execute(
        "INSERT INTO run VALUES (1, 'r', 1, 'm', 'a', NULL, 'c', 'h', 1, 5, 90, 0, '{}', NULL)"
    )
    batches = [(1, "settled", 10, 12), (2, "refused", 20, 21), (3, "settled", 30, 39)]
    for batch_id, state, created, settled in batches:
        db.execute(
            "INSERT INTO batch VALUES (?, 1, 1, 2, x'01', ?, 'j', 's', NULL, ?, ?, ?)",
            (batch_id, state, created, created, settled),
        )
    items = [
        ("a", "v1", "success", None, "m1", 3, 2, "https://films.example/2004/v1.mp4", 10, 39),
        ("b", "v1", "failed", "gone", None, 3, 1, "https://films.example/2004/other", 30, 39),
        ("a", "v2", "refused", "no", "m2", 2, 2, "no-slash", 10, 21),
        ("a", "v3", "lost", "no answer", None, 1, 1, "https://films.example/", 10, 12),
    ]
    for number, (system, name, state, reason, media, batch, count, url, *times) in enumerate(
        items, 1
    ):
        values = (number, system, name, state, media, reason, batch, count, url, *times)
        db.execute(
            "INSERT INTO item VALUES (?, 1, ?, ?, ?, zeroblob(16), zeroblob(16), x'', NULL, ?, ?,"
            " ?, ?, ?, 'f', 1, ?, ?)",
            values,
        )
    attempts = [
        *((1, 1, "lost", "no answer"), (1, 3, "success", None), (1, 4, "lost", "no answer")),
        *((2, 3, "refused", "no"), (3, 1, "success", None), (3, 2, "failed", "gone")),
    ]
    db.executemany("INSERT INTO attempt VALUES (?, ?, ?, ?)", attempts)


def test_history_is_kept_by_an_upgrade(path):
    """Every attempt, and what is shown of an item, is the same after an upgrade from schema 4."""
    connect(path, read_only=False, schema=schema_of(4)).close()
    with closing(sqlite3.connect(path)) as db:
        fill_schema_4(db)
        db.commit()
    items, history = rows(path, BEFORE), rows(path, HISTORY)
    connect(path, read_only=False).close()

    assert rows(path, HISTORY) == history
    assert rows(path, "PRAGMA freelist_count") == [(0,)]
    assert rows(path, "SELECT count(*) FROM earlier_attempt") == [(2,)]
    with LedgerReader(path) as reader:
        assert [tuple(item[name] for name in SHOWN) for item in reader.items()] == items
        (film, _) = reader.show("v1")
        assert [step["state"] for step in film["history"]] == ["lost", "success"]


def test_difference_of_schemas_is_seen(tmp_path):
    """The comparison of new and migrated ledgers notices a column, an index, a condition."""
    shapes = []
    for number, last in enumerate(("", "; CREATE INDEX i ON a (b)", "; CREATE TABLE c (d)")):
        with closing(sqlite3.connect(tmp_path / str(number))) as db:
            db.executescript(f"CREATE TABLE a (b TEXT{', c' * (number == 2)}){last}")
            shapes.append(shape(db))

    assert all(first != second for first, second in combinations(shapes, 2))


def test_steps_are_taken_in_order(path, content):
    """A ledger of any version goes through all missing steps and keeps its rows."""
    connect(path, read_only=False, schema=SECOND).close()
    assert version(path) == 2
    connect(path, read_only=False, schema=THIRD).close()

    assert version(path) == 3
    assert rows(path, "SELECT count(*), count(byte_count) FROM item") == [(9, 0)]
    assert rows(path, "SELECT count(*) FROM note") == [(9,)]
    assert copies(path) == ["ledger.sqlite3.v1-backup", "ledger.sqlite3.v2-backup"]


def test_several_steps_at_once(path, content):
    """Two steps are applied together, after one copy."""
    connect(path, read_only=False, schema=THIRD).close()

    assert version(path) == 3
    assert copies(path) == ["ledger.sqlite3.v1-backup"]


def test_ledger_of_today_is_not_copied(tmp_path, path):
    """A copy is made for a migration only."""
    make_ledger(tmp_path).close()
    make_ledger(tmp_path).close()

    assert copies(path) == []


def test_copy_is_a_ledger(path, content):
    """The copy equals the old ledger and is readable by its owner only."""
    path.chmod(0o660)
    connect(path, read_only=False, schema=SECOND).close()
    copy = path.with_name("ledger.sqlite3.v1-backup")

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(connect(copy, read_only=False, schema=FIRST)) as db:
        assert db.execute("SELECT count(*) FROM item").fetchone() == (9,)
    assert not [file for file in path.parent.iterdir() if file.name.endswith(".part")]


def test_copy_has_the_rows_of_the_log(path, content):
    """The copy includes the rows in the log of a killed run."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DELETE FROM item WHERE item_id > 4")
        connect(path, read_only=False, schema=SECOND).close()

        assert rows(path.with_name("ledger.sqlite3.v1-backup")) == [(4,)]


def test_no_copy_is_overwritten(path, content):
    """An old ledger that is restored and migrated again gets another copy."""
    for _ in range(3):
        path.write_bytes(content)
        connect(path, read_only=False, schema=SECOND).close()
    first = path.with_name("ledger.sqlite3.v1-backup")
    first.write_text("mine")
    path.write_bytes(content)
    connect(path, read_only=False, schema=SECOND).close()

    assert copies(path) == [
        f"ledger.sqlite3.v1-backup{ending}" for ending in ("", "-2", "-3", "-4")
    ]
    assert first.read_text() == "mine"


def test_step_that_fails(path, content):
    """A failed migration changes nothing; the message says so and the hint names the copy."""
    with pytest.raises(LedgerError, match="could not be upgraded from schema 1 to 4") as raised:
        connect(path, read_only=False, schema=BROKEN)

    assert "is unchanged: no such table: nowhere" in str(raised.value)
    assert "ledger.sqlite3.v1-backup" in raised.value.hint
    assert raised.value.exit_code == 9
    assert version(path) == 1
    assert rows(path, "SELECT name FROM sqlite_master WHERE name = 'note'") == []
    connect(path, read_only=False, schema=THIRD).close()
    assert version(path) == 3


def test_file_where_no_copy_can_be_made(path, content):
    """Without a copy nothing is migrated."""
    path.with_name("ledger.sqlite3.v1-backup.part").mkdir()

    with pytest.raises(LedgerError, match="cannot be opened"):
        connect(path, read_only=False, schema=SECOND)
    assert path.read_bytes() == content


@pytest.mark.parametrize("end", [signal.SIG_IGN, signal.SIG_DFL], ids=["full", "killed"])
@pytest.mark.parametrize("room", [40_000, 300_000], ids=["copying", "upgrading"])
def test_upgrade_that_is_cut_off(path, content, starter, end, room):
    """A full disk or a killed process during a migration leaves the old ledger unchanged."""
    assert 40_000 < len(content) < 300_000
    code = (
        "import signal, sys; from pathlib import Path\n"
        "import resource\n"
        "from ld_import.errors import LedgerError; from ld_import.ledger.connect import connect\n"
        "from ld_import.ledger.migrations import Schema\n"
        f"signal.signal(signal.SIGXFSZ, signal.Handlers({int(end)}))\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, resource.RLIM_INFINITY))\n"
        f"large = Schema('', {LARGE.steps!r})\n"
        "try: connect(Path(sys.argv[1]), read_only=False, schema=large)\n"
        "except LedgerError as error: print(error, error.hint, error.exit_code, sep='|')\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with starter.start([str(path)], code=code, **pipes) as process:
        out, err = process.communicate()

    if end is signal.SIG_DFL:
        assert process.returncode == -signal.SIGXFSZ, err
    else:
        assert b"free space on its disk" in out, err
        assert out.endswith(b"|9\n")
    assert (version(path), rows(path)) == (1, [(9,)])
    is_copied = path.with_name("ledger.sqlite3.v1-backup").exists()
    assert is_copied is (room > len(content))
    connect(path, read_only=False, schema=LARGE).close()
    assert version(path) == 3


def test_older_ledger_can_be_read(path, content):
    """An older ledger is read from a temporary migrated copy; the file does not change."""
    with closing(connect(path, read_only=True, schema=THIRD)) as db:
        assert db.execute("SELECT count(*) FROM note").fetchone() == (9,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM note")

    assert path.read_bytes() == content
    assert copies(path) == []


def test_older_ledger_that_cannot_be_read(path, content):
    """A failed step is reported to readers, too."""
    with pytest.raises(LedgerError, match="no such table: nowhere"):
        connect(path, read_only=True, schema=BROKEN)
    assert path.read_bytes() == content


def test_missing_ledger_of_any_schema(path):
    """A missing ledger is created with the latest schema."""
    connect(path, read_only=False, schema=Schema("CREATE TABLE a (b)", ("", ""))).close()

    assert version(path) == 3
    assert copies(path) == []


def test_items_are_known_after_an_upgrade(tmp_path, path):
    """Items sent by an older version are known."""
    ledger = make_ledger(tmp_path)
    settle(ledger, send(ledger, 1), 1)
    ledger.close()
    connect(path, read_only=False, schema=Schema("", (*STEPS, ADD_SIZE))).close()

    assert rows(path, "SELECT external_id, byte_count FROM item") == [("v1", None)]


def test_records_are_known_after_an_upgrade(path, content):
    """Records that older versions found by an index on items are found by their digests."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE item SET record_digest = CAST('text-' || item_id AS BLOB)")
        db.commit()
    with closing(SqliteLedger(path, Target("s", "", "videos"))) as ledger:
        known = ledger.known([b"text-3", b"text-9", b"text-10"])

    assert known == {b"text-3": (3, State.SUCCESS), b"text-9": (9, State.SUCCESS)}
    assert rows(path, "SELECT * FROM digest_note") == [(1, 1)]


def test_invalid_records_are_kept_by_an_upgrade(path, content):
    """Before, a line had one invalid record: it becomes the first one."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO invalid VALUES (1, 'm', 7, 'v7', '[\"no\"]', 1)")
        db.commit()
    connect(path, read_only=False).close()

    assert rows(path, "SELECT * FROM invalid") == [(1, "m", 7, 1, "v7", '["no"]', 1)]
    (sql,) = rows(path, "SELECT sql FROM sqlite_master WHERE name = 'invalid'")[0]
    assert " ".join(sql.split()) in " ".join(SCHEMA.text.split())


@pytest.mark.parametrize("read_only", [True, False])
def test_urls_of_an_older_ledger_are_known(path, content, read_only):
    """URLs of items imported by an older version are compared, for writing and reading."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE item SET url = 'https://films.example/' || item_id || '.mp4'")
        db.commit()
    new = make_item(9)
    with closing(SqliteLedger(path, Target("s", "", "videos"), read_only=read_only)) as ledger:
        known = ledger.known_urls()
        assert known is not None
        with closing(known.tally()) as tally:
            tally.add([new])
            duplicates = tally.duplicates(lambda row: False)

    assert duplicates == DuplicateUrls(1, DuplicateUrl(ItemKey("s", "v9"), new.key, new.url))


def test_no_room_for_a_copy_to_read(path, content):
    """The ledger is unchanged; the message names the folder for temporary files."""
    resource = pytest.importorskip("resource", reason="this system does not limit files")
    huge = Schema("", (ADD_SIZE, "CREATE TABLE big AS SELECT randomblob(1000000) FROM item"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(TempSpaceError, match=r"copy of the older ledger .* \(TMPDIR\): disk"):
            connect(path, read_only=True, schema=huge)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert path.read_bytes() == content
