"""Every command, SQL statement and Python example that a document shows is run."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ld_import.cli.app import main
from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving
from tests import docs
from tests.docs import codes, fences, rows, section
from tests.test_samples import SAMPLES

# Other tests run these, or they need a package registry: `test_docs.py` checks their names.
NOT_RUN = ("make", "uv", "pip")
SERVERS = ("https://server.example", "http://127.0.0.1:9090")
VARIABLES = ("LD_IMPORT_SERVER", "LD_IMPORT_TOKEN")
PAGES = [
    page
    for page in docs.PAGES
    if any(
        "ld-import " in one.text or one.language == "python"
        for one in fences(page, "console", "python")
    )
]
EXPORT = """#!/bin/sh
echo '{"number": 7, "url": "https://talks.example/7.mp4", "fileName": "Bees", "metadata": {}}'
"""
LABEL = re.compile(r"^ +[\d,]+  (\D.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """A command with the output that the page shows, and the exit code it ends with."""

    command: str
    output: tuple[str, ...]
    exit_code: int


def shown_in(text):
    """Return the commands of a console block."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, *output = part.rstrip().split("\n")
        command, _, comment = line.partition("  #")
        code = re.search(r"exit code (\d+)", comment)
        yield Shown(command.strip(), tuple(output), int(code[1]) if code else 0)


def pattern_of(line):
    """Return a pattern for a line: other numbers, ids and addresses are as good, … is any text."""
    parts = re.split(r"(https?://[\w.:]+|…|\d[\d,.]*|\s+)", line.strip())
    kinds = (
        (r"http", r"https?://[\w.:]+"),
        (r"…", r".*"),
        (r"\d", r"\d[\d,.]*"),
        (r"\s", r"\s+"),
    )
    return "".join(
        next((other for start, other in kinds if re.match(start, part)), re.escape(part))
        for part in parts
    )


class Reader:
    """A reader in a folder with the samples, who types what a page shows.

    The addresses in the page lead to two servers, one for rehearsals and one to import to.
    """

    def __init__(self, folder, urls, capfd, monkeypatch):
        self.folder = folder
        self.urls = dict(zip(SERVERS, urls, strict=True))
        self.capfd = capfd
        self.monkeypatch = monkeypatch

    def follow(self, page):
        """Do what the page says, from its first block to the last."""
        for block in fences(page):
            if block.file is not None:
                Path(self.folder, block.file).write_text(self.here(block.text), encoding="utf-8")
            elif block.language == "console":
                for one in shown_in(block.text):
                    self.type(one)
            elif block.language == "python":
                exec(compile(block.text, page.name, "exec"), {})

    def here(self, text):
        """Return a text with the addresses of this test."""
        for address, url in self.urls.items():
            text = text.replace(address, url)
        text = re.sub(r"(?:10\.0\.0\.7|127\.0\.0\.1):8080", "127.0.0.1:0", text)
        return text.replace("LD_IMPORT_TOKEN=…", "LD_IMPORT_TOKEN=demo-token")

    def type(self, one):
        """Run a command; its exit code and output must be those shown."""
        self.capfd.readouterr()
        code = self.run(self.here(one.command))
        captured = self.capfd.readouterr()
        output = captured.out + captured.err
        assert code == one.exit_code, (one.command, output)
        for line in one.output:
            assert re.search(pattern_of(line), output), (one.command, line, output)

    def run(self, command):
        """Run a command line and return its exit code."""
        words = shlex.split(command)
        if words[0] in NOT_RUN:
            return 0
        if words[0] in ("export", "unset"):
            return self.set(words)
        if words[0] == "sqlite3":
            return query(*words[-2:])
        if {"|", ">"} & set(words) or words[0] not in ("ld-import", "LD_IMPORT_TOKEN=demo-token"):
            return self.shell(command)
        if words[0] != "ld-import":
            self.set(["export", words.pop(0)])
        if words[1] == "emulator" and "--switches" not in words:
            return serve(words[1:])
        return main(words[1:])

    def set(self, words):
        """Change the environment."""
        for word in words[1:]:
            name, sign, value = word.partition("=")
            if sign:
                self.monkeypatch.setenv(name, value)
            else:
                self.monkeypatch.delenv(name)
        return 0

    def shell(self, command):
        """Run a command line with the program on its path."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path}
        return subprocess.run(["/bin/sh", "-c", command], env=environment, check=False).returncode


def query(path, statement):
    """Read a ledger as the command line of SQLite does."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return 0 if database.execute(statement).fetchall() else 1


def serve(words):
    """Start the emulator in the background, at another port, and stop it once it listens."""
    words = [word for word in words if word != "&"]
    command = [sys.executable, "-m", "ld_import", *words, "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "listening on" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate()
    return process.returncode


@pytest.fixture
def make_servers():
    """Return a maker of servers that end with the test."""
    with contextlib.ExitStack() as stack:

        def make(count, **settings):
            urls = []
            for _ in range(count):
                emulator = stack.enter_context(closing(Emulator(Settings(job_polls=0, **settings))))
                urls.append(stack.enter_context(serving(emulator)))
            return urls

        yield make


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty working directory, with nothing of the environment that could matter."""
    for name in [name for name in os.environ if name.startswith(("LD_IMPORT_", "LI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LD_IMPORT_TOKEN", "demo-token")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_can_be_followed(page, folder, make_servers, capfd, monkeypatch):
    """All commands of a page, in their order, end as the page says and print what it shows."""
    for sample in SAMPLES.iterdir():
        (folder / sample.name).write_bytes(sample.read_bytes())
    (folder / "export-talks").write_text(EXPORT, encoding="utf-8")
    (folder / "export-talks").chmod(0o700)
    urls = make_servers(2)
    monkeypatch.setenv("LD_IMPORT_SERVER", urls[0])
    reader = Reader(folder, urls, capfd, monkeypatch)
    if page == docs.TROUBLESHOOTING:
        # Its readers have imported something.
        assert main(["videos", "talks.yaml"]) == 0

    reader.follow(page)


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
