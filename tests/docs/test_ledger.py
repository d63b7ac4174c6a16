"""Summary, JSON documents, tables and SQL of the documents agree with a real ledger."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest

from ld_import.cli.app import main
from tests import docs
from tests.docs import codes, fences, rows, section
from tests.test_samples import SAMPLES

JSON = "## JSON documents"
LABEL = re.compile(r"^ +[\d,]+  (\D.*)$", re.MULTILINE)


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


@pytest.fixture
def story(folder, make_servers, capsys, monkeypatch):
    """Return what runs printed: as text, as documents, and in a dry run; the ledger is beside it.

    One item succeeds at once, one in its second attempt, one fails, and one record is invalid.
    """
    (url,) = make_servers(1, fail_url={"gone": "the file cannot be downloaded"})
    monkeypatch.setenv("LD_IMPORT_SERVER", url)

    def write(second):
        names = ("first", second, "gone-for-good", "")
        videos = [
            {
                "id": f"v{number}",
                "url": f"https://films.example/{name}.mp4" if name else "nowhere",
                "fileName": f"Film {number}",
                "metadata": {},
            }
            for number, name in enumerate(names)
        ]
        manifest = {"systemName": "archive", "videos": videos}
        (folder / "videos.json").write_text(json.dumps(manifest), encoding="utf-8")

    def run(*options):
        capsys.readouterr()
        assert main(["videos", *options]) == 3
        return capsys.readouterr().out

    write("gone")
    outputs = [run("--dry-run"), run()]
    write("second")
    outputs += [run("--dry-run", "--json"), run("--json")]
    return outputs


def test_summary_is_explained_word_by_word(story):
    """Each label and each key has a row, and no row names another key."""
    text = section(docs.LEDGER, "## Summary of a run")
    table = rows(text)
    labels = {row[0] for row in table}
    keys = {key for output in story[2:] for key in keys_of(json.loads(output))}
    named = {key for row in table for key in codes(" ".join(row[:2] if len(row) > 2 else row[:1]))}

    assert {label for output in story[:2] for label in LABEL.findall(output)} <= labels
    assert keys - codes(text) == set()
    assert {key for key in named if not key.startswith("-")} - keys <= {"skipped"}


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
    summary = json.loads(story[-1])
    arguments = {"status": [summary["jobs"][0]["id"]]}.get(command, [])
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


def test_tables_of_the_ledger_are_those_there_are(story, folder):
    """Each table and each column is named, and no others."""
    text = section(docs.LEDGER, "## Tables")
    shown = {
        name: codes(" ".join(row[0] for row in rows(part)))
        for name, part in re.findall(r"^\*\*(\w+)\*\*: (.*?)(?=^\*\*)", text, re.M | re.S)
    }
    last = text.rpartition("**block**")[2]
    shown |= {row[0].strip("`"): codes(row[1].partition(":")[0]) for row in rows(last)}
    with closing(sqlite3.connect(folder / ".ld-import" / "ledger.sqlite3")) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        real = {
            table: {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            for (table,) in tables
        }

    assert shown == real


def test_statements_of_the_ledger_page_find_something(story, folder):
    """Each SQL example runs against a ledger that the program wrote, and finds rows."""
    with closing(sqlite3.connect(folder / ".ld-import" / "ledger.sqlite3")) as database:
        found = [database.execute(one.text).fetchall() for one in fences(docs.LEDGER, "sql")]

    assert len(found) >= 6
    assert [] not in found
