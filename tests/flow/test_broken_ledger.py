"""An unusable ledger: exit 9, and no unrecorded request is sent."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress

import pytest

from ld_import.cli.app import main
from ld_import.emulator import Emulator, Settings
from ld_import.errors import LedgerError
from tests.clock import FakeClock
from tests.harness.program import Program
from tests.harness.records import names, videos

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover
POST = "POST import/videos"
PAGE_BYTES = 4096
ITEMS = 60
NEW_ITEMS = 9
QUESTIONS = (
    ["export"],
    ["runs", "--json"],
    ["jobs", "--json"],
    ["items", "--json"],
    ["items"],
    ["show", "v1", "--json"],
)


class CountedLedger:
    """A real ledger that counts the batches it has committed."""

    def __init__(self, ledger):
        self.batches = 0
        self._ledger = ledger

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    def record_pending(self, *arguments, **options):
        batch_id = self._ledger.record_pending(*arguments, **options)
        self.batches += 1
        return batch_id


class WatchedProgram(Program):
    """A program that checks that every import request was committed before it is sent."""

    def _run(self, task, ledger, *arguments):
        counted = CountedLedger(ledger)
        before = self.emulator.requests[POST]
        try:
            return super()._run(task, counted, *arguments)
        finally:
            assert self.emulator.requests[POST] - before <= counted.batches

    def exit_code(self, **options):
        """Run and return the exit code; an unusable ledger must give a hint."""
        try:
            return self.run(**options).exit_code
        except LedgerError as error:
            assert str(self.ledger_path.name) in str(error)
            assert "\n" not in f"{error}{error.hint}"
            assert error.hint
            return error.exit_code


@contextmanager
def watched(folder, clock):
    """Yield a program in a directory, with a server that keeps everything there."""
    emulator = Emulator(
        Settings(job_polls=0),
        store_path=folder / "server.sqlite3",
        now=clock.timestamp,
        sleep=clock.sleep,
    )
    with closing(emulator):
        yield WatchedProgram(folder, emulator, clock)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return a directory after two runs, a copy of it, and the seconds that the runs took.

    A ledger has the path of its manifest, so that a copy works in the same directory only.
    """
    folder, clock = tmp_path_factory.mktemp("prepared"), FakeClock()
    with watched(folder, clock) as program:
        program.write(videos(ITEMS))
        assert program.run(batch_size=20).exit_code == 0
        program.write(videos(ITEMS + 3))
        assert program.run(no_wait=True).exit_code == 0
    copy = tmp_path_factory.mktemp("copy") / "prepared"
    shutil.copytree(folder, copy)
    return folder, copy, clock.elapsed


@pytest.fixture
def program(prepared, clock):
    """Return a program with imported items, an open batch and new records to send."""
    folder, copy, seconds = prepared
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    clock.advance(seconds)
    with watched(folder, clock) as program:
        program.write(videos(ITEMS + 3 + NEW_ITEMS))
        yield program


@pytest.fixture
def whole(program):
    """Return the bytes of the ledger."""
    return program.ledger_path.read_bytes()


def log_of(program):
    return program.ledger_path.with_name(f"{program.ledger_path.name}-wal")


def put(program, content, log=None):
    """Replace the ledger and its log by these bytes."""
    for left in program.ledger_path.parent.iterdir():
        left.unlink()
    program.ledger_path.write_bytes(content)
    if log is not None:
        log_of(program).write_bytes(log)


def spoiled(content, page, spoil):
    at = page * PAGE_BYTES
    return content[:at] + spoil(content[at : at + PAGE_BYTES]) + content[at + PAGE_BYTES :]


def inverted(page):
    return bytes(255 - byte for byte in page)


def zeroed(page):
    return bytes(len(page))


def half(page):
    return page[: len(page) // 2] + inverted(page[len(page) // 2 :])


@pytest.mark.parametrize("spoil", [inverted, zeroed])
def test_every_page_in_turn(program, whole, spoil):
    """A broken page anywhere is found before anything is sent."""
    before = program.emulator.requests.total()
    found = {}
    for page in range(len(whole) // PAGE_BYTES):
        put(program, spoiled(whole, page, spoil))
        found[page] = program.exit_code()

    assert set(found.values()) == {9}, found
    assert program.emulator.requests.total() == before


def test_every_half_page_in_turn(program, whole):
    """A change to unused bytes is harmless: if it is not found, the run completes its work."""
    for page in range(len(whole) // PAGE_BYTES):
        put(program, spoiled(whole, page, half))
        code = program.exit_code()

        assert code in (0, 9), page
        assert {entry["created"] for entry in program.emulator.entries()} == {1}
        assert code == 9 or len(program.emulator.entries()) == ITEMS + 3 + NEW_ITEMS


@pytest.mark.parametrize("spoil", [inverted, half])
def test_questions_to_a_broken_ledger(program, whole, spoil, monkeypatch, capsys):
    """Reading commands print an answer, or one sentence with a hint; never a traceback."""
    monkeypatch.setenv("LD_IMPORT_LEDGER", str(program.ledger_path))
    for page in range(len(whole) // PAGE_BYTES):
        put(program, spoiled(whole, page, spoil))
        for question in (QUESTIONS[0], QUESTIONS[page % len(QUESTIONS)]):
            code = main(["ledger", *question])
            err = capsys.readouterr().err.splitlines()

            assert code in (0, 9) or (code, question[0]) == (2, "show"), (page, question, err)
            # A line that names the target may come first.
            assert code == 0 or [line.split(":")[0] for line in err[-2:]] == ["error", "hint"], err


@pytest.mark.parametrize("kept", [0, 1, 50, 100, 4095, 4096, 10_000, 40_000, -4096, -1])
def test_truncated_ledger(program, whole, kept):
    """A ledger truncated anywhere, even to zero bytes, is found before anything is sent."""
    put(program, whole[:kept])
    before = program.emulator.requests.total()

    assert program.exit_code() == 9
    assert program.emulator.requests.total() == before


def database(path, statement):
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b"id,url\n" * 1000),
        lambda path: database(path, "CREATE TABLE bookmarks (url)"),
        lambda path: database(path, "PRAGMA user_version = 99"),
    ],
    ids=["text", "another database", "newer"],
)
def test_something_else_in_its_place(program, make):
    """A file other than a ledger of this program is not changed, and nothing is sent."""
    shutil.rmtree(program.ledger_path.parent)
    program.ledger_path.parent.mkdir()
    make(program.ledger_path)
    before = program.emulator.requests.total()

    assert program.exit_code() == 9
    assert program.emulator.requests.total() == before


def killed_in_the_middle(program):
    """Return ledger and log of a killed run, whose last rows are only in the log."""
    with closing(sqlite3.connect(program.ledger_path)) as reader:
        reader.execute("SELECT count(*) FROM item").fetchone()
        assert program.run(limit=3, no_wait=True).exit_code == 0
        return program.ledger_path.read_bytes(), log_of(program).read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("spoil", ["cut", "flip"])
def test_broken_log(program, share, spoil):
    """Commits lost with the log of a killed run are recovered; no pair is created twice."""
    content, log = killed_in_the_middle(program)
    at = min(int(len(log) * share), len(log) - 1)
    broken = log[:at] if spoil == "cut" else log[:at] + bytes([log[at] ^ 0xFF]) + log[at + 1 :]
    put(program, content, broken)
    code = program.exit_code()

    assert code in (0, 9)
    if code == 0:
        program.check_identities(names(ITEMS + 3 + NEW_ITEMS))


def test_log_without_its_ledger(program):
    """The log of a ledger that was moved away must not be played back into a new one."""
    _, log = killed_in_the_middle(program)
    put(program, b"", log)
    program.ledger_path.unlink()
    before = program.emulator.requests.total()

    assert program.exit_code() == 9
    assert not program.ledger_path.exists()
    assert log_of(program).read_bytes() == log
    assert program.emulator.requests.total() == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE item SET state = 'sUccess'",
        "UPDATE item SET state = x'00'",
        "UPDATE item SET checksum = x'0102', record_digest = x'07'",
        "UPDATE item SET checksum = 'text', record_digest = 7",
        "UPDATE item SET marks = 5, record_digest = x'07'",
        "UPDATE item SET media_id = x'ff', record_digest = x'07'",
        "UPDATE item SET media_id = CAST(x'ff' AS TEXT), record_digest = x'07'",
        "UPDATE batch SET state = 'setTled'",
        "UPDATE batch SET state = 'submiTted'",
        "UPDATE batch SET created_at = 'soon'",
        "UPDATE batch SET created_at = 9e18",
        "UPDATE batch SET item_count = 2 WHERE state = 'submitted'",
        "DELETE FROM item WHERE state = 'pending'",
        "UPDATE run SET system_name = x'05'",
        "UPDATE run SET external_id_template = x'ff'",
    ],
)
def test_values_no_run_has_written(program, change):
    """Invalid values in a row count as damage and influence no decision."""
    with closing(sqlite3.connect(program.ledger_path)) as db:
        db.execute(change)
        db.commit()
    before = program.emulator.requests[POST]

    assert program.exit_code() == 9
    assert program.emulator.requests[POST] == before


@pytest.mark.parametrize(
    "value",
    [
        "'a' || char(0)",
        "''",
        "'../../../../admin'",
        "char(27) || '[2J'",
        "char(8238) || 'x'",
        "replace(hex(zeroblob(32768)), '0', 'x')",
    ],
)
def test_ids_an_older_version_stored(program, value):
    """Ids in an unusable form count as unknown, and no request contains them in its path."""
    with closing(sqlite3.connect(program.ledger_path)) as db, db:
        db.execute(f"UPDATE item SET media_id = {value}, record_digest = x'07'")
        db.execute(f"UPDATE batch SET job_id = {value}")
    before = set(program.emulator.requests)

    assert [program.exit_code(force=force) for force in (False, True)] == [0, 0]
    program.check_identities(names(ITEMS + 3 + NEW_ITEMS))
    assert not [path for path in set(program.emulator.requests) - before if "admin" in path]


@pytest.mark.parametrize("change", ["summary = '{'", "summary = x'7b7d'", "started_at = 'x'"])
def test_runs_no_run_has_written(program, change, monkeypatch, capsys):
    """Invalid values of runs are neither shown nor end in a traceback."""
    monkeypatch.setenv("LD_IMPORT_LEDGER", str(program.ledger_path))
    with closing(sqlite3.connect(program.ledger_path)) as db:
        db.execute(f"UPDATE run SET {change}")
        db.commit()

    assert main(["ledger", "runs", "--json"]) in (0, 9)
    assert "bug" not in capsys.readouterr().err


def test_damage_met_in_the_middle(program):
    """A page damaged during a run ends the run; everything sent until then is recorded."""
    broken: list[int] = []

    def break_it(event):
        if not broken and program.emulator.requests[POST] > 5:
            size = program.ledger_path.stat().st_size
            broken.append(size)
            for path in (program.ledger_path, log_of(program)):
                with path.open("r+b") as file:
                    file.seek(PAGE_BYTES)
                    file.write(b"\xa5" * (path.stat().st_size - PAGE_BYTES))

    with suppress(LedgerError):
        ended = program.run(batch_size=1, on_event=break_it)
        assert ended.exit_code in (0, 9)

    assert broken
