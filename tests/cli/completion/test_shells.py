"""Real shells complete commands, options and values, and leave the rest to file names."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.cli.completion.typist import Typist, environment_of
from tests.harness.records import videos

# Pairs: the start of a line as typed, and the line after Tab.
LINES = {
    "bash": (
        ("ld-import ledger items --state fa", "ld-import ledger items --state failed"),
        ("ld-import ledger jobs --run {head}", "ld-import ledger jobs --run {run}"),
        ("ld-import videos rec", "ld-import videos records.jsonl"),
    ),
    "zsh": (
        ("ld-import led", "ld-import ledger"),
        ("ld-import ledger jobs --run={head}", "ld-import ledger jobs --run={run}"),
        ("ld-import videos rec", "ld-import videos records.jsonl"),
    ),
}


def needs(shell):
    """Skip a test where a shell is not installed."""
    return pytest.param(
        shell, marks=pytest.mark.skipif(not shutil.which(shell), reason=f"{shell} is not installed")
    )


@pytest.fixture
def used(place):
    """A folder in which an import has run, with what a user would type there."""
    assert place.run("videos", place.write(*videos(2)), "--no-wait").code == 0
    (place.folder / "records.jsonl").touch()
    run = place.run("ledger", "runs", "--json").document[0]["run"]
    # Beyond the first colon, where bash divides words.
    return place, {"run": run, "head": run[:-2]}


def install(shell, folder):
    """Install the completion as a user does."""
    (folder / "home").mkdir()
    environment = environment_of(folder) | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "ld_import", "--install-completion", shell]
    subprocess.run(command, env=environment, capture_output=True, check=True)


@pytest.mark.parametrize("shell", [needs("bash"), needs("zsh")])
def test_interactive_shell(used, shell):
    """Tab completes a line, from the first one on, once the completion is installed."""
    place, names = used
    install(shell, place.folder)
    files = {path for path in place.folder.rglob("*") if "home" not in path.parts}
    with Typist(shell, place.folder) as typist:
        completed = [typist.complete(start.format(**names)) for start, _ in LINES[shell]]

    assert completed == [wanted.format(**names) for _, wanted in LINES[shell]]
    assert {path for path in place.folder.rglob("*") if "home" not in path.parts} == files


@pytest.mark.parametrize("shell", [needs("fish")])
def test_fish(used, shell):
    """Fish lists the same candidates with their explanations."""
    place, names = used
    install(shell, place.folder)
    commands = (
        f"complete -C 'ld-import led'; complete -C 'ld-import ledger jobs --run {names['head']}'"
    )
    done = subprocess.run(
        ["fish", "-c", commands],
        env=environment_of(place.folder),
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    command, run = [line.split("\t") for line in done.stdout.splitlines()]

    assert command[0] == "ledger"
    assert command[1].startswith("Read, verify, export")
    assert run == [names["run"]]
