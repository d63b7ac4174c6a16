"""Opening the file: private, checked, and with a useful hint if it is unusable."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from ld_import.errors import LedgerError
from ld_import.ledger import LedgerReader
from ld_import.ledger.connect import connect, transaction
from ld_import.ledger.corruption import DAMAGED, ledger_errors
from ld_import.ledger.migrations import SCHEMA
from ld_import.model import State
from tests.ledger.story import next_run, ordinary_user, pend, send, settle
from tests.makers import make_key, make_ledger


@pytest.fixture
def path(tmp_path):
    """Return the path of the ledger."""
    return tmp_path / "ledger.sqlite3"


PAGE_BYTES = 4096
DAMAGE = b"\xa5" * PAGE_BYTES


@pytest.fixture
def content(tmp_path, path):
    """Return the bytes of a ledger that was closed normally."""
    ledger = make_ledger(tmp_path)
    settle(ledger, send(ledger, *range(1, 50)), *range(1, 50))
    ledger.close()
    return path.read_bytes()


@pytest.fixture
def read_only_folder():
    """Return a folder that others may read and only its owner may change."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        folder.chmod(0o700)


def make_read_only(folder):
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o555)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_file_is_private(tmp_path, path):
    """Only its owner may read the ledger and SQLite's files beside it, for any umask."""
    umask = os.umask(0)
    try:
        ledger = make_ledger(tmp_path)
    finally:
        os.umask(umask)

    modes = {each.name: mode(each) for each in tmp_path.iterdir()}
    ledger.close()
    assert path.name in modes
    assert set(modes.values()) == {0o600}


def test_mode_of_an_existing_file_is_its_owners(tmp_path, path, content):
    """Permissions that the owner gave to a group are kept."""
    path.chmod(0o660)
    next_run(tmp_path).close()

    assert mode(path) == 0o660


def test_folders_are_made(tmp_path):
    """The first run creates the folder of the ledger."""
    folder = tmp_path / "a" / ".ld-import"
    make_ledger(folder).close()

    assert (folder / "ledger.sqlite3").exists()


def test_schema_has_its_number(path, content):
    """The file has a schema version, WAL mode and full durability."""
    db = connect(path, read_only=False)

    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA.version,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    db.close()


def test_opening_again_keeps_everything(tmp_path, path, content):
    """An existing ledger is used without changes."""
    ledger = next_run(tmp_path)

    assert ledger.highest_row() == 49
    ledger.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_empty_file_is_not_a_ledger(path, read_only):
    """An emptied file is an error: it must not count as the ledger of a first run."""
    path.touch()

    with pytest.raises(LedgerError, match="is an empty file, not a ledger") as raised:
        connect(path, read_only=read_only)
    assert "replace it with a backup" in raised.value.hint
    assert path.stat().st_size == 0


@pytest.mark.parametrize("read_only", [False, True])
def test_newer_schema(path, content, read_only):
    """A ledger of a newer version is not changed, and the hint says what to do."""
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
    db.close()
    before = path.read_bytes()

    with pytest.raises(LedgerError, match="newer ld-import") as raised:
        connect(path, read_only=read_only)
    assert "update ld-import" in raised.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_another_database(path, read_only):
    """No byte of another program's database is changed."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.commit()
    db.close()
    before = path.read_bytes()

    with pytest.raises(LedgerError, match="an SQLite database, not a ledger") as raised:
        connect(path, read_only=read_only)
    assert "--ledger" in raised.value.hint
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("text", [b"id,url\n" * 500, b"hello", b"SQLite format 2\x00" * 100])
def test_no_database(path, text, read_only):
    """A file of another type is reported as damaged and is not changed."""
    path.write_bytes(text)

    with pytest.raises(LedgerError, match="is damaged: file is not a database") as raised:
        connect(path, read_only=read_only)
    assert raised.value.hint == DAMAGED
    assert path.read_bytes() == text


def use(path):
    """Open the ledger as a run does and as a query does, and use it."""
    ledger = next_run(path.parent)
    try:
        pend(ledger, 1000)
    finally:
        ledger.close()
    with LedgerReader(path) as reader:
        list(reader.items())


@pytest.mark.parametrize("size", [50, 100, 4096, 5000, 8192, -4096])
def test_truncated_file(path, content, size):
    """A file that is cut at any byte is reported as damaged."""
    path.write_bytes(content[:size])

    with pytest.raises(LedgerError, match="is damaged") as raised:
        use(path)
    assert raised.value.hint == DAMAGED


@pytest.mark.parametrize("at", [0, 15, 16, 18, 20, 21, 22, 23, 28, 31, 47, 100, 103])
def test_flipped_bytes_in_the_header(path, content, at):
    """Every error caused by a broken header is raised as LedgerError."""
    path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])

    with pytest.raises(LedgerError):
        use(path)


def test_large_ledger_is_checked_after_a_bad_end_only(path, content):
    """The pages of a large ledger are checked after a killed run only."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO invalid VALUES (1, 'm', 1, 1, NULL, zeroblob(17000000), 1)")
        db.commit()
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(4096) + content[12288:])
    connect(path, read_only=False).close()
    path.with_name(f"{path.name}-wal").write_bytes(b"left by a run that was killed")

    with pytest.raises(LedgerError, match="is damaged"):
        connect(path, read_only=False)


def test_damage_found_while_reading(path, content):
    """A damaged page at the end of a large file is found by the query that reads it."""
    pages = [content[at : at + PAGE_BYTES] for at in range(0, len(content), PAGE_BYTES)]
    # The pages with the definitions of the tables are read when the file is opened.
    damaged = (page if n == 0 or b"CREATE " in page else DAMAGE for n, page in enumerate(pages))
    path.write_bytes(b"".join(damaged))

    with LedgerReader(path) as reader, pytest.raises(LedgerError, match="is damaged"):
        list(reader.items())


def test_reading_a_missing_file_makes_none(tmp_path, path):
    """Reading a missing ledger returns empty results and creates no file."""
    with LedgerReader(path) as reader:
        assert list(reader.items()) == []
        assert reader.runs(limit=5) == []
    ledger = make_ledger(tmp_path, read_only=True)
    assert ledger.find([make_key(1)]) == {}
    ledger.close()

    assert list(tmp_path.iterdir()) == []


def test_reading_changes_no_byte(path, content):
    """A query does not change the file."""
    with LedgerReader(path) as reader:
        assert len(list(reader.items())) == 49

    assert path.read_bytes() == content


def read_through(folder):
    """Read a ledger by both kinds of readers, and return its externalIds."""
    make_ledger(folder, read_only=True).close()
    with LedgerReader(folder / "ledger.sqlite3") as reader:
        return [row["externalId"] for row in reader.items()]


def test_reading_leaves_no_file(tmp_path, path, content):
    """Nothing remains beside a ledger that was read, and files of an earlier reader are removed."""
    before = {*tmp_path.iterdir()}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.execute("SELECT * FROM item")
    is_left = {*tmp_path.iterdir()} != before

    assert len(read_through(tmp_path)) == 49

    assert is_left
    assert {*tmp_path.iterdir()} == before
    assert path.read_bytes() == content


def test_readers_beside_a_writer(tmp_path):
    """The files of a writer remain while readers come and go."""
    ledger = make_ledger(tmp_path)
    before = {file.name: file.stat().st_ino for file in tmp_path.iterdir()}
    for number in range(3):
        assert len(read_through(tmp_path)) == number
        settle(ledger, send(ledger, number), number)
    ledger.check_files()
    after = {file.name: file.stat().st_ino for file in tmp_path.iterdir()}
    ledger.close()

    assert "ledger.sqlite3-wal" in before
    assert after == before
    assert len(read_through(tmp_path)) == 3


def test_the_last_reader_keeps_the_rows_of_a_log(tmp_path, path):
    """The log of a killed run remains as it is: the next run checks the ledger thoroughly."""
    killed = tmp_path / "killed"
    killed.mkdir()
    ledger = make_ledger(tmp_path)
    settle(ledger, send(ledger, 1), 1)
    for name in (path.name, f"{path.name}-wal"):
        (killed / name).write_bytes((tmp_path / name).read_bytes())
    ledger.close()
    log = (killed / f"{path.name}-wal").read_bytes()

    assert read_through(killed) == ["v1"]
    assert (killed / f"{path.name}-wal").read_bytes() == log != b""


@pytest.mark.parametrize("open_it", [make_ledger, lambda folder: LedgerReader(folder / "x")])
def test_folder_in_place_of_the_file(tmp_path, open_it):
    """A folder with that name is reported."""
    (tmp_path / "ledger.sqlite3").mkdir()
    (tmp_path / "x").mkdir()

    with pytest.raises(LedgerError, match="is a folder") as raised:
        open_it(tmp_path)
    assert "--ledger" in raised.value.hint


def test_file_in_place_of_the_folder(tmp_path):
    """If the folder cannot be created, the message of the system says why."""
    (tmp_path / "a").write_text("no folder")

    with pytest.raises(LedgerError, match="cannot be opened: "):
        make_ledger(tmp_path / "a" / "b")


def test_ledger_taken_away_after_reading(tmp_path, path, content):
    """An empty log left by a reader does not prevent a new ledger."""
    with LedgerReader(path) as reader:
        assert reader.items()
    path.rename(tmp_path / "old.sqlite3")
    path.with_name(f"{path.name}-wal").touch()

    with closing(make_ledger(tmp_path)) as ledger:
        assert ledger.highest_row() == 0


def test_read_only_folder_can_be_read(read_only_folder):
    """An archived ledger can be read in a read-only folder."""
    ledger = make_ledger(read_only_folder)
    settle(ledger, send(ledger, 1), 1)
    ledger.close()
    make_read_only(read_only_folder)

    with ordinary_user(), LedgerReader(read_only_folder / "ledger.sqlite3") as reader:
        assert [row["externalId"] for row in reader.items()] == ["v1"]


def test_read_only_folder_cannot_be_written(read_only_folder):
    """A run that cannot write its ledger does not start."""
    make_ledger(read_only_folder).close()
    make_read_only(read_only_folder)

    with ordinary_user():
        with pytest.raises(LedgerError):
            next_run(read_only_folder)
        with pytest.raises(LedgerError, match="Permission denied"):
            make_ledger(read_only_folder / "new")


def test_rows_in_a_log_are_not_passed_over(tmp_path, path, read_only_folder):
    """If the log of a killed run cannot be read, outdated rows are not returned either."""
    ledger = make_ledger(tmp_path)
    send(ledger, 1)
    for name in (path.name, f"{path.name}-wal"):
        (read_only_folder / name).write_bytes((tmp_path / name).read_bytes())
    ledger.close()
    make_read_only(read_only_folder)

    with ordinary_user(), pytest.raises(LedgerError, match="cannot be used"):
        LedgerReader(read_only_folder / path.name)


def test_file_without_read_permission(read_only_folder):
    """A ledger without read permission is reported in one sentence."""
    make_ledger(read_only_folder).close()
    read_only_folder.chmod(0o755)

    if os.geteuid() != 0:
        (read_only_folder / "ledger.sqlite3").chmod(0)
    with ordinary_user(), pytest.raises(LedgerError, match="cannot be used"):
        LedgerReader(read_only_folder / "ledger.sqlite3")


def test_locked_by_another_program(path, content):
    """A program that locks the file is reported, with a hint."""
    tool = sqlite3.connect(path, isolation_level=None)
    tool.execute("PRAGMA locking_mode = EXCLUSIVE")
    tool.execute("BEGIN EXCLUSIVE")
    late = sqlite3.connect(path, isolation_level=None, timeout=0.0)

    with (
        pytest.raises(LedgerError, match="is locked by another program") as raised,
        ledger_errors(path),
    ):
        late.execute("SELECT * FROM item")
    assert "close the program" in raised.value.hint
    late.close()
    tool.close()


def test_disk_full(tmp_path, starter):
    """A batch that does not fit is not recorded, and the ledger can be used again later."""
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from ld_import.errors import LedgerError;"
        "from tests.makers import make_key, make_ledger;"
        "from tests.ledger.story import pend, send\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "folder = Path(sys.argv[1])\n"
        "ledger = make_ledger(folder)\n"
        "send(ledger, 1)\n"
        "room = (folder / 'ledger.sqlite3-wal').stat().st_size + 20_000\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))\n"
        "try: pend(ledger, *range(2, 500))\n"
        "except LedgerError as error: print(error, error.hint, error.exit_code, sep='|')\n"
        "print(len(ledger.find([make_key(n) for n in range(1, 500)])))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)\n"
        "pend(ledger, *range(2, 500))\n"
        "print(len(list(ledger.open_batches())))\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with starter.start([str(tmp_path)], code=code, **pipes) as process:
        out, err = process.communicate()
    lines = out.decode().splitlines()

    assert len(lines) == 3, err
    assert "cannot be written" in lines[0]
    assert "free space on its disk" in lines[0]
    assert lines[0].endswith("|9")
    assert lines[1:] == ["1", "2"]


def test_transaction_is_all_or_nothing(path):
    """An exception in the block rolls back its changes and is raised."""
    db = connect(path, read_only=False)
    insert = "INSERT INTO target (server, project, kind) VALUES ('a', 'b', 'c')"

    with pytest.raises(KeyboardInterrupt), transaction(db):
        db.execute(insert)
        raise KeyboardInterrupt
    assert db.execute("SELECT count(*) FROM target").fetchone() == (0,)
    with transaction(db):
        db.execute(insert)
    assert db.execute("SELECT count(*) FROM target").fetchone() == (1,)
    db.close()


def test_states_are_the_words_of_the_file(tmp_path):
    """States in the file are plain words that any tool can read."""
    ledger = make_ledger(tmp_path)
    for number, state in enumerate(State, start=1):
        settle(ledger, send(ledger, number), number, state=state)
    ledger.close()
    db = sqlite3.connect(tmp_path / "ledger.sqlite3")

    assert [row[0] for row in db.execute("SELECT state FROM item")] == [str(one) for one in State]
    db.close()
