"""The answers of the program to a shell: what is offered, and that it is quick and silent."""

from __future__ import annotations

import os
import subprocess
import sys

import orjson
import pytest

from ld_import.assets.base import VERIFY
from ld_import.cli.app import main
from ld_import.cli.commands import COMMANDS
from ld_import.cli.commands.ledger.export_formats import FORMATS
from ld_import.cli.commands.ledger.reading import STATES
from ld_import.cli.completion import values
from ld_import.cli.topics import TOPICS
from ld_import.importer.checks import ON_EXISTING
from ld_import.kinds import KINDS
from ld_import.manifest import FORMAT_NAMES
from ld_import.versions import VERSIONS
from tests.cli.test_app import HEAVY
from tests.harness.records import videos

HOSTILE = ("$(touch hacked)", "`touch hacked`", "a b", "*", "x\ny", "'; touch hacked; '")


@pytest.fixture
def ask(place, monkeypatch):
    """A function that completes a line as bash asks for it, and returns the candidates."""

    def complete(line, *, by="bash"):
        words = line.split(" ")
        monkeypatch.setenv("_LD_IMPORT_COMPLETE", f"complete_{by}")
        monkeypatch.setenv("COMP_WORDS", "\n".join(divided(words)))
        monkeypatch.setenv("COMP_CWORD", str(len(divided(words)) - 1))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        place.capfd.readouterr()
        main([])
        captured = place.capfd.readouterr()
        monkeypatch.delenv("_LD_IMPORT_COMPLETE")
        assert captured.err == ""
        return captured.out.split("\n")[:-1] if captured.out.strip() else []

    return complete


def divided(words):
    """Return words as bash divides them."""
    text = "\n".join(words)
    for joint in ":=":
        text = text.replace(joint, f"\n{joint}\n")
    parts = text.replace("\n\n", "\n").removesuffix("\n").split("\n")
    return [*parts, ""] if words[-1] == "" else parts


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("ld-import ", COMMANDS),
        ("ld-import l", ["ledger"]),
        ("ld-import ledger sh", ["show"]),
        ("ld-import ledger items --state ", STATES),
        ("ld-import ledger items --state s", ["success", "skipped", "submitted"]),
        ("ld-import ledger items --state failed --state inv", ["invalid"]),
        ("ld-import ledger items --state=fa", ["failed"]),
        ("ld-import videos --on-existing ", ON_EXISTING),
        ("ld-import videos a.yaml --on-existing p", ["patch"]),
        ("ld-import media-library --verify ", VERIFY),
        ("ld-import videos --api-version ", VERSIONS),
        ("ld-import videos --format ", FORMAT_NAMES),
        ("ld-import ledger export --format ", values.EXPORT_FORMATS),
        ("ld-import videos --log-level w", ["warning"]),
        ("ld-import validate --kind ", KINDS),
        ("ld-import validate --output s", ["sarif"]),
        ("ld-import fields ", KINDS),
        ("ld-import doctor im", ["images"]),
        ("ld-import help ", [*COMMANDS, *TOPICS]),
        ("ld-import help exi", ["exit-codes"]),
        ("ld-import videos --dry", ["--dry-run"]),
        # The shell completes names of files.
        ("ld-import videos ", []),
        ("ld-import videos --token-file ", []),
        ("ld-import ledger export --output ", []),
        ("ld-import ledger export --as ", ["documents"]),
        ("ld-import videos --server http://127.0.0.1:9", []),
        ("ld-import no-such-command --state ", []),
        ("ld-import videos --no-such-option ", []),
    ],
)
def test_candidates(ask, line, wanted):
    """Commands, options and values that begin with the typed text are offered."""
    assert sorted(ask(line)) == sorted(wanted)


def test_ids_of_the_ledger(place, ask):
    """Runs and jobs are offered newest first, from the ledger that the command would read."""
    place.write(*videos(2))
    for _ in range(2):
        assert place.run("videos", "--no-wait", "--force").code == 0
    runs = [row["run"] for row in place.run("ledger", "runs", "--json").document]
    jobs = [row["jobId"] for row in place.run("ledger", "jobs", "--json").document]
    files = {path.name: path.read_bytes() for path in (place.folder / ".ld-import").iterdir()}

    assert ask("ld-import ledger jobs --run ") == runs
    assert ask("ld-import status ") == jobs
    assert ask(f"ld-import status {jobs[0][:-1]}") == [jobs[0]]
    # Bash replaces only the part after the last colon.
    head, _, rest = runs[0].rpartition(":")
    assert rest in ask(f"ld-import ledger jobs --run {head}:")
    assert ask(f"ld-import ledger jobs --run={runs[0]}") == [rest]
    after = {path.name: path.read_bytes() for path in (place.folder / ".ld-import").iterdir()}
    assert after == files
    other = place.folder / "other.sqlite3"
    (place.folder / ".ld-import" / "ledger.sqlite3").rename(other)
    assert ask("ld-import ledger jobs --run ") == []
    assert ask(f"ld-import ledger jobs --ledger {other} --run ") == runs


def test_profiles(place, ask):
    """Profiles come from the configuration of the working directory, or the one that is named."""
    text = "profile: test\nprofiles: {live: {server: https://cms.example}, test: {}}\n"
    (place.folder / "ld-import.yaml").write_text(text)
    (place.folder / "other.yaml").write_text("profiles: {stage: {}}\n")

    assert ask("ld-import videos --profile ") == ["live", "test"]
    assert ask("ld-import videos --config other.yaml --profile ") == ["stage"]
    assert ask("ld-import videos --profile l", by="fish") == ["live\thttps://cms.example"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_hostile_values_are_not_offered(place, ask, shell):
    """A shell evaluates an answer: a value or explanation that it could interpret is left out."""
    servers = {name: f"https://{name}" for name in HOSTILE} | {"fine": "$(touch hacked)`y`"}
    profiles = {name: {"server": server} for name, server in servers.items()}
    (place.folder / "ld-import.yaml").write_bytes(orjson.dumps({"profiles": profiles}))

    shown = "\n".join(ask("ld-import videos --profile ", by=shell))

    assert "fine" in shown
    assert not set("$`*;") & set(shown.replace("*: :", ""))


@pytest.mark.parametrize("broken", ["config", "ledger", "folder"])
def test_errors_are_silent(place, ask, broken):
    """An error is answered with nothing: no message, no file, no failure of the shell."""
    if broken == "config":
        (place.folder / "ld-import.yaml").write_text("profiles: [")
    else:
        (place.folder / ".ld-import").mkdir()
        ledger = place.folder / ".ld-import" / "ledger.sqlite3"
        ledger.mkdir() if broken == "folder" else ledger.write_bytes(b"no ledger" * 500)
    files = sorted(place.folder.rglob("*"))

    for line in ("ledger jobs --run ", "videos --profile ", "status "):
        assert ask(f"ld-import {line}") == []
    assert sorted(place.folder.rglob("*")) == files


def test_unknown_request_of_a_shell(place, ask):
    """A shell without an answer gets none."""
    assert ask("ld-import ", by="elvish") == []


def test_no_ledger_is_made(place, ask):
    """A completion before the first import creates nothing."""
    assert ask("ld-import ledger jobs --run ") == []
    assert list(place.folder.iterdir()) == []


@pytest.mark.parametrize("line", ["ld-import ", "ld-import videos --on-existing "])
def test_completion_is_quick(line):
    """Neither the commands nor the libraries that they need are imported for a fixed list."""
    script = (
        "import sys; from ld_import.cli.app import main; main([]); sys.exit(' '.join(sys.modules))"
    )
    environment = os.environ | {
        "_LD_IMPORT_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": line,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
    )

    assert "_arguments" in done.stdout
    assert set(done.stderr.splitlines()[-1].split()).isdisjoint(HEAVY)


def test_fixed_values_are_those_of_the_program():
    """The lists that are repeated so that a completion is quick equal those of the program."""
    assert values.STATES == STATES
    assert tuple(KINDS) == values.KINDS
    assert tuple(FORMATS) == values.EXPORT_FORMATS
