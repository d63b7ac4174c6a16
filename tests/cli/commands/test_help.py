"""`ld-import help`: the help of commands, and pages about topics."""

from __future__ import annotations

import re

import pytest

from ld_import import errors
from ld_import.cli.topics import TOPICS
from ld_import.manifest.templating.filters import FILTERS
from ld_import.model import State


@pytest.mark.parametrize("words", [[], ["videos"], ["ledger"], ["ledger", "items"], ["help"]])
def test_help_of_a_command(place, words):
    """`help COMMAND` prints what `COMMAND --help` prints."""
    shown, wanted = place.run("help", *words), place.run(*words, "--help")

    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(wanted.out)


def test_help_lists_the_topics(place):
    """Without a command, the topics follow the commands."""
    shown = place.run("help").out

    assert all(f"  {name} " in shown for name in TOPICS)


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("width", [60, 100])
def test_page_fits(place, monkeypatch, name, width):
    """A page is text that fits into the terminal, without markup, colors or links."""
    monkeypatch.setenv("COLUMNS", str(width))

    shown = place.run("help", name)

    assert (shown.code, shown.err) == (0, "")
    assert len(shown.out.splitlines()) > 15
    # Examples of code are not wrapped.
    assert all(len(line) <= width or line.startswith(" ") for line in shown.out.splitlines())
    assert not re.search(r"\x1b|\]\(|^#|\| ---", shown.out, re.MULTILINE)
    assert not re.search(r" $", shown.out, re.MULTILINE)


def test_exit_codes_are_complete(place):
    """The page has a row for each exit code of an error."""
    shown = place.run("help", "exit-codes").out
    codes = set(re.findall(r"^ (\d+) ", shown, re.MULTILINE))
    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    real = {str(one.exit_code) for one in classes if issubclass(one, errors.LdImportError)}

    assert real - codes == {"143", "129"} & real


def test_states_and_filters_are_complete(place):
    """The pages name each state of an item, and each filter."""
    states, filters = place.run("help", "states").out, place.run("help", "templates").out

    assert all(state.value in states.split() for state in State)
    assert all(name in filters for name in FILTERS)


@pytest.mark.parametrize("words", [["exit", "codes"], ["Exit-Code"], ["exit_codes"]])
def test_topic_in_other_words(place, words):
    """The name of a topic may be written in similar ways."""
    assert place.run("help", *words).out == place.run("help", "exit-codes").out


def test_unknown_topic(place):
    """An unknown word is a usage error that suggests a topic or a command."""
    ended = place.run("help", "tempaltes")

    assert (ended.code, ended.out) == (2, "")
    assert "there is no help on 'tempaltes'; did you mean `templates`" in ended.err
