"""Commands and options that do not exist: one sentence says what to type instead."""

from __future__ import annotations

from typing import Any

import pytest

from ld_import.cli import app
from ld_import.cli.suggestions import COMMANDS, GROUP_COMMANDS, LEDGER_WORDS, OPTIONS

COMMAND: Any = app.COMMAND


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "a b.csv"], "type `ld-import videos 'a b.csv'` (or images, files"),
        (["upload"], "type `ld-import videos` (or"),
        (["sync", "x.yaml", "-q"], "type `ld-import videos x.yaml -q` (or"),
        (["retry"], "type `ld-import videos --retry-failed` (or"),
        (["jobs"], "type `ld-import ledger jobs`"),
        (["items", "--state", "failed"], "type `ld-import ledger items --state failed`"),
        (["list"], "type `ld-import ledger items`"),
        (["failed"], "type `ld-import ledger items --state failed`"),
        (["check", "x.yaml"], "type `ld-import validate x.yaml`"),
        (["man"], "type `ld-import help`"),
        (["version"], "type `ld-import --version`"),
        (["completion"], "type `ld-import --install-completion`"),
        (["ledger", "list"], "type `ld-import ledger items`"),
        (["ledger", "item", "a1"], "type `ld-import ledger show a1`"),
        (["ledger", "rusn"], "did you mean `runs` or `prune`?"),
        (["vidoes"], "did you mean `videos`?"),
        (["x.yaml"], "name the command first: ld-import videos x.yaml"),
        (["videos", "--dryrun"], "there is no option --dryrun; type `--dry-run`"),
        (["videos", "--retry"], "type `--retry-failed`"),
        (["videos", "--token", "x"], "type `--token-file`"),
        (["videos", "--overwrite"], "type `--on-existing patch`"),
        (["videos", "--batchsize", "3"], "type `--batch-size`"),
        (["videos", "--resume"], "the same command continues where the last run stopped"),
        (["videos", "--qiuet"], "did you mean `--quiet`?"),
        (["ledger", "jobs", "--verbose"], "`ld-import ledger jobs --help` lists"),
        (["--dry-run", "videos"], "type it after the command, as in `ld-import videos --dry-run`"),
        (["--versoin"], "did you mean `--version`?"),
        (["ledger", "--json", "runs"], "as in `ld-import ledger runs --json`"),
    ],
    ids=" ".join,
)
def test_suggestion(place, words, sentence):
    """The last line of the error names the word that was typed, and what to type."""
    ended = place.run(*words)

    assert (ended.code, ended.out) == (2, "")
    last = next(line for line in ended.err.splitlines() if line.startswith("Error: "))
    assert sentence in last


def test_suggested_commands_exist():
    """Each suggestion is a command or an option of the program."""
    ledger = COMMAND.commands["ledger"]
    for line in COMMANDS.values():
        words = line.replace("{rest}", "").split()
        if words[0].startswith("--"):
            assert words[0] in options_of(COMMAND)
        elif words[0] == "ledger":
            assert words[1] in ledger.commands
        else:
            assert words[0] in COMMAND.commands
            assert set(words[1:]) - {"JOB_ID"} <= options_of(COMMAND.commands[words[0]])
    for line in GROUP_COMMANDS.values():
        assert line.replace("{rest}", "").split()[0] in ledger.commands
    assert not set(COMMANDS) & set(COMMAND.commands)
    assert not set(GROUP_COMMANDS) & set(ledger.commands)
    assert set(ledger.commands) <= set(LEDGER_WORDS)


def test_suggested_options_exist():
    """Each suggested option is one of a command."""
    commands = [*COMMAND.commands.values(), *COMMAND.commands["ledger"].commands.values()]
    known = set().union(*map(options_of, commands))

    assert {line.split()[0] for line in OPTIONS.values()} <= known


def test_hostile_words_do_not_act(place):
    """A word with control characters is escaped."""
    for words in (["a\x1b[31m"], ["videos", "--a\x1b[31m"], ["import", "\x1b[31m"]):
        assert "\x1b" not in place.run(*words).err


def options_of(command):
    return {option for param in command.params for option in param.opts}
