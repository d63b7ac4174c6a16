"""`ledger forget` and `ledger prune`: shown first, then done, and right for the next import."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ld_import.ledger import exclusive
from tests.harness.records import image, images

DAY_SECONDS = 86_400


def write(place, *records):
    """Write a manifest of the media library, whose import needs no waiting."""
    return place.write(*records, name="media-library.json", list_key="mediaLibraryEntries")


def night(place, *arguments, code=0):
    """Import the manifest and return the summary."""
    return place.summary(*arguments, code=code, command="media-library")


def fill(place):
    write(place, *images(3))
    night(place)


@pytest.fixture
def imported(place, begin):
    """Return a place with three imported images."""
    begin(place, fill)
    return place


def forget(place, *arguments, code=0):
    """Forget and return the JSON document."""
    ended = place.run("ledger", "forget", *arguments, "--json")
    assert ended.code == code, ended
    return ended.document


def age(place, days):
    """Date the history of the ledger back."""
    seconds = days * DAY_SECONDS
    with closing(sqlite3.connect(place.ledger_path)) as db:
        db.execute("UPDATE batch SET created_at = created_at - ?", (seconds,))
        db.execute("UPDATE run SET started_at = started_at - ?", (seconds,))
        db.commit()


def test_forgotten_item_is_sent_again(imported):
    """The next import sends a forgotten item; the server has it, so that it is skipped."""
    place = imported
    document = forget(place, "v2", "--yes")
    assert (document["items"], document["onServer"]) == (1, 1)
    summary = night(place)

    assert (summary["unchanged"], summary["outcomes"]["skipped"]) == (2, 1)
    assert {entry["created"] for entry in place.emulator.entries()} == {1}


def test_text_names_the_consequence(imported):
    """The text says what the next import does, and where the copy is."""
    place = imported
    ended = place.run("ledger", "forget", "v2", "v9", "--yes")

    assert "the server answers that they exist; nothing is created twice" in ended.out
    assert "warning: not in the ledger: v9" in ended.err
    assert "ledger.sqlite3.before-forget" in ended.err
    assert "`ld-import ledger adopt` records the entries again" in ended.err


def test_adopt_after_forget(imported):
    """Forgotten entries are adopted again without a request that sends."""
    place = imported
    forget(place, "--all", "--yes")
    assert place.rows() == {}
    ended = place.run("ledger", "adopt", "--yes", "--kind", "media-library", "--json")

    assert ended.document["adopted"] == 3
    assert night(place)["unchanged"] == 3


def test_run_of_one_target_among_several(imported, monkeypatch):
    """The run itself names its target."""
    place = imported
    rehearsal = place.url.replace("127.0.0.1", "localhost")
    night(place, "--server", rehearsal)
    run = place.ledger_runs()[0]["run"]
    monkeypatch.delenv("LD_IMPORT_SERVER")

    assert forget(place, "--run", run, "--yes")["items"] == 3
    assert {row["server"] for row in place.ledger_runs()} == {place.url, rehearsal}
    assert {row["server"] for row in place.rows().values()} == {place.url}


def test_several_targets_and_none_is_named(imported, monkeypatch):
    """Ids and --all need one target."""
    place = imported
    night(place, "--server", place.url.replace("127.0.0.1", "localhost"))
    monkeypatch.delenv("LD_IMPORT_SERVER")

    for choice in (["v1"], ["--all"]):
        ended = place.run("ledger", "forget", *choice, "--yes")
        assert (ended.code, "has 2 targets" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "name what to forget"),
        (["v1", "--all"], "name what to forget"),
        (["--run", "x", "--all"], "name what to forget"),
        (["--run", "x"], "has no run 'x'"),
    ],
)
def test_choice(imported, arguments, problem):
    """Exactly one of ids, --run and --all is needed."""
    ended = imported.run("ledger", "forget", *arguments, "--yes")

    assert ended.code == 2
    assert problem in ended.err


@pytest.mark.parametrize(
    "command", [["forget", "v1"], ["forget", "--all"], ["prune", "--before", "2026-01-01"]]
)
def test_confirmation_and_lock(imported, command):
    """Neither works without --dry-run or --yes, nor while another run holds the ledger."""
    place = imported
    content = place.ledger_path.read_bytes()
    assert place.run("ledger", *command).code == 2
    assert place.run("ledger", *command, "--dry-run").code == 0
    with exclusive(place.ledger_path):
        assert place.run("ledger", *command, "--yes").code == 10

    assert place.ledger_path.read_bytes() == content


def test_prune(imported):
    """History goes, the items stay, and the next import sends nothing."""
    place = imported
    write(place, *images(2), image(3, title="New"))
    night(place, "--on-existing", "patch")
    age(place, 60)
    shown = place.run("ledger", "prune", "--before", "2100-01-01", "--dry-run")
    ended = place.run("ledger", "prune", "--before", "2100-01-01", "--yes", "--json")

    assert "1  earlier attempts of items" in shown.out
    assert "the last 24 hours count for the quota" in ended.err
    assert ended.document["attempts"] == 1
    assert len(place.history("v3")) == 1
    assert night(place)["unchanged"] == 3


def test_undo_after_prune(imported):
    """Without its history, a run cannot be undone: every item is refused with the reason."""
    place = imported
    write(place, *images(2), image(3, title="New"))
    night(place, "--on-existing", "patch")
    run = place.ledger_runs()[0]["run"]
    age(place, 60)
    place.run("ledger", "prune", "--before", "2100-01-01", "--yes")
    ended = place.run("ledger", "undo", run, "--yes", "--json")

    assert ended.code == 3
    assert ended.document["archived"] == 0


@pytest.mark.parametrize("date", ["31.01.2026", "yesterday", ""])
def test_date(imported, date):
    """A date of another form is a usage error."""
    ended = imported.run("ledger", "prune", "--before", date, "--yes")

    assert ended.code == 2
    assert "is not a date" in ended.err


@pytest.mark.parametrize("command", [["forget", "v1"], ["prune", "--before", "2026-01-01"]])
def test_missing_ledger(place, command):
    """A missing ledger is a usage error, and none is created."""
    ended = place.run("ledger", *command, "--yes")

    assert ended.code == 2
    assert "there is no ledger" in ended.err
    assert not place.ledger_path.exists()
