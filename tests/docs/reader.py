"""A reader of a page: types its commands and looks whether the output is the one shown."""

from __future__ import annotations

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

from ld_import.cli.app import main
from tests.docs import fences

# Other tests run these, or they need a package registry: `test_pages.py` checks their names.
NOT_RUN = ("make", "uv", "pip")
STOPPED = (128 + signal.SIGTERM, -signal.SIGTERM)
SERVERS = ("https://server.example", "http://127.0.0.1:9090")


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

    def __init__(self, folder, urls, capfd, monkeypatch, starter):
        self.folder = folder
        self.starter = starter
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
                exec(compile(self.here(block.text), page.name, "exec"), {})  # noqa: S102 - ours

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
            return self.serve(words[1:])
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

    def serve(self, words):
        """Start the emulator in the background, at another port, and stop it once it listens."""
        words = [word for word in words if word != "&"]
        with self.starter.start([*words, "--port", "0"], stderr=subprocess.PIPE) as process:
            assert b"listening on" in process.stderr.readline()
            # Not SIGINT, which processes that were started in the background ignore.
            process.send_signal(signal.SIGTERM)
            process.communicate()
        return 0 if process.returncode in STOPPED else process.returncode


def query(path, statement):
    """Read a ledger as the command line of SQLite does."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return 0 if database.execute(statement).fetchall() else 1
