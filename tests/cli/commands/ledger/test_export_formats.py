"""`ledger export` in formats for other systems, and `--complete`."""

from __future__ import annotations

import csv
import signal
import sqlite3
import stat
from contextlib import closing

import orjson
import pytest

from ld_import.cli.commands.ledger.export import EXIT_INCOMPLETE
from ld_import.emulator.settings import Token
from ld_import.exports.columns import COLUMNS
from ld_import.ledger import exclusive
from tests.harness.records import broken, image, video, videos

READ = "GET mediaLibrary"
DOCUMENTS = ("ledger", "export", "--as", "documents")
WRITER = {"demo-token": Token(scopes=("public-api:write",))}


def fill(place):
    place.imported(place.write(*videos(3)))


@pytest.fixture
def filled(place, begin):
    """Return a place that imported three videos."""
    begin(place, fill)
    return place


def documents(ended):
    """Return the objects that an export wrote."""
    return [orjson.loads(line) for line in ended.out.splitlines()]


def test_incomplete_items_are_left_out(filled):
    """Without properties that an import does not return, nothing is written; a script notices."""
    ended = filled.run(*DOCUMENTS)

    assert (ended.code, ended.out) == (EXIT_INCOMPLETE, "")
    assert "0 objects written, 3 items left out\n" in ended.err
    assert (
        "3 items   width, height and durationSeconds are not known   v1, v2, v3"
        "   the same command with --complete asks the server\n"
    ) in ended.err


def test_complete_and_documents(filled):
    """`--complete` reads the entries; each object agrees with the server's entry."""
    ended = filled.run(*DOCUMENTS, "--complete")

    assert ended.code == 0
    assert "3 of 3 items completed\n3 objects written\n" in ended.err
    entries = {entry["externalId"]: entry for entry in filled.mine()}
    assert len(documents(ended)) == len(entries) == 3
    for document in documents(ended):
        entry = entries[document["externalId"]]
        asset = entry["asset"]
        assert document == {
            "systemName": filled.system_name,
            "externalId": entry["externalId"],
            "legacyUrl": entry["content"]["url"],
            "video": {
                "mediaId": entry["id"],
                "originalUrl": asset["url"],
                "mimeType": asset["mimeType"],
                "width": asset["width"],
                "height": asset["height"],
                "durationSeconds": asset["duration"],
            },
        }
    again = filled.run(*DOCUMENTS, "--complete")
    assert "all items are complete already" in again.err
    assert filled.emulator.requests[READ] == 1


def test_complete_fills_the_columns(filled):
    """In the other formats every column of the stored file is filled."""
    rows = documents(filled.run("ledger", "export", "--complete"))

    assert all(row[name] is not None for row in rows for name in COLUMNS[-7:])


def test_media_library_needs_no_request(place):
    """Answers of the media library have everything: nothing is asked."""
    place.write(image(1), image(2), name="m.json", list_key="mediaLibraryEntries")
    place.summary("m.json", command="media-library")

    ended = place.run(*DOCUMENTS, "--complete")

    assert [one["image"]["width"] for one in documents(ended)] == [640, 640]
    assert (ended.code, place.emulator.requests[READ]) == (0, 0)


def test_problems_are_counted(place):
    """Items without a medium are counted by state, unless `--state` excludes them."""
    place.imported(place.write(*videos(2), broken(3)), code=3)

    ended = place.run(*DOCUMENTS, "--complete")
    chosen = place.run(*DOCUMENTS, "--state", "success")

    assert (ended.code, len(documents(ended))) == (EXIT_INCOMPLETE, 2)
    assert "1 item   not imported, the state is invalid   v3   `ld-import ledger items" in ended.err
    assert (chosen.code, len(documents(chosen))) == (0, 2)


def test_missing_entry(make_place):
    """An entry that the server does not show is named, and the export is written."""
    place = make_place(show_archived=False)
    place.imported(place.write(*videos(2)))
    with closing(sqlite3.connect(place.ledger_path)) as db:
        db.execute("UPDATE item SET media_id = 'gone' WHERE external_id = 'v2'")
        db.commit()

    ended = place.run("ledger", "export", "--complete")

    assert (ended.code, len(documents(ended))) == (EXIT_INCOMPLETE, 2)
    assert "1 of 2 items completed, 1 entry not found\n" in ended.err
    assert "1 item   the media library has no entry with this mediaId" in ended.err
    assert "   v2   " in ended.err


def test_running_import(filled):
    """The ledger of a running import is left alone: 10, and no request."""
    with exclusive(filled.ledger_path):
        assert filled.run(*DOCUMENTS, "--complete").code == 10

    assert filled.emulator.requests[READ] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_completion(place, number):
    """A stopped completion ends with 128 + signal; the next one continues."""
    place.imported(place.write(*videos(41)))
    command = ("ledger", "export", "--complete", "-o", "items.jsonl")

    # The second request would be sent after 100 seconds.
    ended = place.run_until(b"videos on", number, *command, "--max-rate", "0.01")

    assert (ended.code, ended.err.count("error:")) == (128 + number, 1)
    assert "it continues where it stopped" in ended.err
    assert sorted(one.name for one in place.folder.iterdir()) == [".ld-import", "manifest.json"]
    assert place.run(*command).code == 0


def test_token_without_read_scope(make_place):
    """A token that may not read ends the command with 5 and names the scope."""
    place = make_place(tokens=WRITER)
    place.run("videos", place.write(*videos(1)), "--no-preflight")

    ended = place.run(*DOCUMENTS, "--complete")

    assert (ended.code, ended.out) == (5, "")
    assert "hint: give a token with the scope public-api:read" in ended.err


def test_server_must_be_named(filled, monkeypatch):
    """The token goes only to a server that the user named, not to the address in a ledger."""
    monkeypatch.delenv("LD_IMPORT_SERVER")

    ended = filled.run(*DOCUMENTS, "--complete")

    assert (ended.code, filled.emulator.requests[READ]) == (2, 0)
    assert "no server is named" in ended.err


def test_server_of_another_target(filled, monkeypatch):
    """A configured server other than that of the items is not asked."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    (filled.folder / "ld-import.yaml").write_text(
        "profiles: {live: {server: 'https://live.example'}}\n"
    )
    options = ("--profile", "live", "--ledger", filled.ledger_path)

    ended = filled.run(*DOCUMENTS, "--complete", *options)

    assert ended.code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "xml"], "use jsonl, csv, sqlite, nginx or apache"),
        (["--as", "pictures"], "use --as documents"),
        (["--as", "documents", "--format", "csv"], "cannot be combined with --format csv"),
        (["--bom"], "--bom is for --format csv only"),
        (["--format", "sqlite"], "--format sqlite needs a file"),
        (["--complete", "--all-targets"], "one target at a time"),
        (["--max-rate", "5"], "--max-rate needs --complete"),
        (["--complete", "--max-rate", "nan"], "must be a finite number"),
        (["--format", "sqlite", "-o", "/dev/null"], "/dev/null is not a file"),
    ],
)
def test_options_that_do_not_fit(filled, options, message):
    """Options that cannot be combined are a usage error that says what to do."""
    ended = filled.run("ledger", "export", *options)

    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_servers_do_not_mix(make_place):
    """Objects of several servers in one file would have ids that mean different media."""
    place = make_place()
    place.imported(place.write(*videos(1)))
    place.imported("--server", place.url.replace("127.0.0.1", "localhost"))

    for options in (["--as", "documents"], ["--format", "nginx"], ["--format", "apache"]):
        ended = place.run("ledger", "export", "--all-targets", *options)
        assert (ended.code, ended.out) == (2, "")
        assert "would mix the media of 2 servers" in ended.err
    assert place.run("ledger", "export", "--all-targets").code == 0


def test_byte_order_mark(filled):
    """Excel recognizes UTF-8 by the mark; the rest of the file is the same."""
    plain = filled.run("ledger", "export", "--format", "csv", "-o", "plain.csv")
    marked = filled.run("ledger", "export", "--format", "csv", "--bom", "-o", "marked.csv")

    data = (filled.folder / "marked.csv").read_bytes()
    assert (plain.code, marked.code, data[:3]) == (0, 0, b"\xef\xbb\xbf")
    assert data[3:] == (filled.folder / "plain.csv").read_bytes()
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == COLUMNS


def test_sqlite(filled):
    """The file has one row for each item, is private and replaces an older one."""
    path = filled.folder / "items.sqlite3"
    path.write_text("old")

    ended = filled.run("ledger", "export", "--format", "sqlite", "-o", path.name)

    assert ended.code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM items").fetchone() == (3,)
    assert [one.name for one in filled.folder.iterdir() if "part" in one.name] == []


def test_sqlite_to_a_link(filled):
    """A symbolic link is refused, as for the other formats."""
    (filled.folder / "link").symlink_to("elsewhere")

    ended = filled.run("ledger", "export", "--format", "sqlite", "-o", "link")

    assert (ended.code, "is a symbolic link" in ended.err) == (2, True)


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_redirects(place, server):
    """Each imported item is a line; a shared legacy URL leads to the first item, and is named."""
    place.imported(place.write(*videos(2), video(3, url="https://films.example/2.mp4?x=***")))

    ended = place.run("ledger", "export", "--format", server)

    lines = [line for line in ended.out.splitlines() if "films.example/" in line]
    assert len(lines) == 2
    assert "2 redirects written, 1 item left out\n" in ended.err
    assert ended.code == EXIT_INCOMPLETE


def test_shared_legacy_url(place):
    """Two items with one legacy URL: the first has the redirect, which is not an error."""
    place.imported(place.write(*videos(2), video(3, url="https://films.example/2.mp4")))

    ended = place.run("ledger", "export", "--format", "apache")

    assert ended.code == 0
    assert "1 item   the legacy URL leads to another address already" in ended.err
    assert "   v3" in ended.err


def test_files_need_no_request_for_documents(place):
    """Nothing can be written for the kind `files`: the server is not asked."""
    place.write(video(1, mediaType="file"), list_key="files", name="f.json")
    place.summary("f.json", command="files")

    ended = place.run(*DOCUMENTS, "--complete", "--kind", "files")

    assert (ended.code, ended.out) == (EXIT_INCOMPLETE, "")
    assert "1 item   a file: how documents link to files" in ended.err
    assert place.emulator.requests[READ] == 0
