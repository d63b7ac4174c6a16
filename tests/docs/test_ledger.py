"""Summary, JSON documents, tables and SQL of the documents agree with a real ledger."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ld_import.cli.app import main
from ld_import.cli.output.summary import rows_of
from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving
from tests import docs
from tests.docs import codes, fences, rows, section
from tests.test_samples import SAMPLES

JSON = "## JSON documents"
SQLITE_EXPORT = "## The SQLite export"
LABEL = re.compile(r"^ +[\d,]+  (\D[^(\n]*?)(?: \(.*)?$", re.MULTILINE)


def test_export_shown_is_that_of_the_program(folder, make_servers, capsys, monkeypatch):
    """The line of the guide has the keys of an export, and so has the page of the ledger."""
    (shown,) = [one for one in fences(docs.GUIDE, "json") if "mediaId" in one.text]
    monkeypatch.setenv("LD_IMPORT_SERVER", *make_servers(1))
    (folder / "videos.json").write_bytes((SAMPLES / "request.json").read_bytes())
    assert main(["videos"]) == 0
    capsys.readouterr()
    assert main(["ledger", "export"]) == 0
    exported = json.loads(capsys.readouterr().out.splitlines()[0])

    assert json.loads(shown.text).keys() == exported.keys()
    assert exported.keys() <= codes(section(docs.LEDGER, "## States"))


def test_objects_shown_are_those_of_the_program(folder, make_servers, capsys, monkeypatch):
    """The object for a document that the page shows has the members of an export."""
    text = section(docs.LEDGER, "## The map for documents")
    (shown,) = re.findall(r"^```json\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    monkeypatch.setenv("LD_IMPORT_SERVER", *make_servers(1))
    (folder / "videos.json").write_bytes((SAMPLES / "request.json").read_bytes())
    assert main(["videos"]) == 0
    capsys.readouterr()
    assert main(["ledger", "export", "--as", "documents", "--complete"]) == 0
    exported = json.loads(capsys.readouterr().out.splitlines()[0])

    document = json.loads(shown)
    assert document.keys() == exported.keys()
    assert document["video"].keys() == exported["video"].keys()
    members = codes("\n".join(" ".join(row) for row in rows(text)))
    assert document.keys() | document["video"].keys() | {"image", "key"} == members - {"***"}


def test_sqlite_export_shown(folder, make_servers, monkeypatch):
    """The page names every table and view of the database with its columns."""
    monkeypatch.setenv("LD_IMPORT_SERVER", *make_servers(1))
    (folder / "videos.json").write_bytes((SAMPLES / "request.json").read_bytes())
    assert main(["videos"]) == 0
    assert main(["ledger", "export", "--format", "sqlite", "-o", "media.sqlite3"]) == 0
    table = {row[0].strip("`"): row[1] for row in rows(section(docs.LEDGER, SQLITE_EXPORT))}

    with closing(sqlite3.connect("media.sqlite3")) as db:
        query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        assert {name for (name,) in db.execute(query)} == set(table)
        columns = {
            name: {row[1] for row in db.execute(f"PRAGMA table_info({name})")} for name in table
        }
    assert columns.pop("items") >= {"externalId", "mediaId", "url"}
    for name, named in columns.items():
        assert named <= codes(table[name]), name


@dataclass(frozen=True)
class Story:
    """The output of four runs, and the folder with their ledger."""

    folder: Path
    text: tuple[str, str]
    documents: tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Return a story of four runs, whose folder is the working directory.

    One item succeeds at once, one in its second attempt, one fails, and one record is invalid.
    """
    folder = tmp_path_factory.mktemp("story")
    emulator = Emulator(Settings(job_polls=0, fail_url={"gone": "the file cannot be downloaded"}))
    with closing(emulator), serving(emulator) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_IMPORT_SERVER", url)
        patch.setenv("LD_IMPORT_TOKEN", "demo-token")
        patch.chdir(folder)
        write_manifest(folder, "gone")
        text = (output_of("--dry-run"), output_of())
        write_manifest(folder, "second")
        documents = (output_of("--dry-run", "--json"), output_of("--json"))
        yield Story(folder, text, (json.loads(documents[0]), json.loads(documents[1])))


def write_manifest(folder, second):
    """Write a manifest of four videos; `second` is part of the URL of the second one."""
    addresses = [f"https://films.example/{name}.mp4" for name in ("first", second, "gone-too")]
    videos = [
        {"id": f"v{number}", "url": address, "fileName": f"Film {number}", "metadata": {}}
        for number, address in enumerate([*addresses, "nowhere"])
    ]
    manifest = {"systemName": "archive", "videos": videos}
    (folder / "videos.json").write_text(json.dumps(manifest), encoding="utf-8")


def output_of(*options):
    """Import, and return what is printed; some of the items always fail."""
    output = io.StringIO()
    with redirect_stdout(output):
        assert main(["videos", *options]) == 3
    return output.getvalue()


def test_summary_is_explained_word_by_word(story):
    """Each label and each key has a row, and no row names another key."""
    text = section(docs.LEDGER, "## Summary of a run")
    table = rows(text)
    labels = {row[0] for row in table}
    keys = {key for document in story.documents for key in keys_of(document)}
    named = {key for row in table for key in codes(" ".join(row[:2] if len(row) > 2 else row[:1]))}

    assert {label for output in story.text for label in LABEL.findall(output)} <= labels
    assert {label for document in story.documents for label in labels_of(document)} <= labels
    assert keys - codes(text) == set()
    # Only a run with a storage has counts of files.
    assert {key for key in named if not key.startswith("-")} - keys <= {"skipped", "uploads"}


def labels_of(document):
    """Return every label that a summary of this form can have: none of its counts is zero."""

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return 1 if type(value) is int else value

    return [label for label, _ in rows_of(filled(document))]


def keys_of(document):
    """Yield the keys of a summary; those of counts with the name of their object before them."""
    for key, value in document.items():
        yield key
        if key in ("outcomes", "requests", "wouldSend", "wouldRequest"):
            yield from (f"{key}.{inner}" for inner in value)
        elif key == "firstRequest":
            yield from value
        elif isinstance(value, list):
            yield from (inner for one in value for inner in one)
            yield from (
                inner for one in value for each in one.get("problems", ()) for inner in each
            )


@pytest.mark.parametrize(
    ("command", "inner"),
    [("validate", "problems"), ("status", "items"), ("ledger runs", None), ("ledger jobs", None)],
)
def test_json_documents_have_the_keys_shown(command, inner, story, capsys):
    """Each key of a document has its place in the table, and no other key has one."""
    arguments = {"status": [story.documents[1]["jobs"][0]["id"]]}.get(command, [])
    table = {row[0].strip("`"): codes(row[1]) for row in rows(section(docs.COMMANDS, JSON))}

    main([*command.split(), *arguments, "--json"])
    document = json.loads(capsys.readouterr().out)

    first = document[0] if isinstance(document, list) else document
    keys = set(first) | (set(first[inner][0]) if inner else set())
    assert keys == table[command]


def test_history_has_the_keys_shown(story, capsys):
    """An item that is shown has the keys of an export besides."""
    table = {row[0].strip("`"): codes(row[1]) for row in rows(section(docs.COMMANDS, JSON))}

    assert main(["ledger", "show", "v1", "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)

    assert len(shown["history"]) == 2
    assert {"history", *shown["history"][0]} == table["ledger show"]


def test_tables_of_the_ledger_are_those_there_are(story):
    """Each table and each column is named, and no others."""
    text = section(docs.LEDGER, "## Tables")
    shown = {
        name: codes(" ".join(row[0] for row in rows(part)))
        for name, part in re.findall(r"^\*\*(\w+)\*\*: (.*?)(?=^\*\*)", text, re.M | re.S)
    }
    last = text.rpartition("**block**")[2]
    shown |= {row[0].strip("`"): codes(row[1].partition(":")[0]) for row in rows(last)}
    with closing(sqlite3.connect(story.folder / ".ld-import" / "ledger.sqlite3")) as database:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        ).fetchall()
        real = {
            table: {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            for (table,) in tables
        }

    assert shown == real


def test_statements_of_the_ledger_page_find_something(story):
    """Each SQL example runs against a ledger that the program wrote, and finds rows."""
    with closing(sqlite3.connect(story.folder / ".ld-import" / "ledger.sqlite3")) as database:
        found = [database.execute(one.text).fetchall() for one in fences(docs.LEDGER, "sql")]

    assert len(found) >= 6
    assert [] not in found
