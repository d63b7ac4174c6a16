"""The questions of `init`: defaults, other answers, and an input that ends."""

from __future__ import annotations

import io

import pytest

from ld_import.cli.init.questions import ask_wishes, is_interactive
from ld_import.errors import UsageError
from ld_import.proposal import Wishes
from tests.proposal.exports import found_in, table


@pytest.fixture
def findings(tmp_path):
    """Return the findings about an export of pictures."""
    return found_in(tmp_path, table(["Nr", "url"], ["A-1", "https://old.example/a.jpg"]))


@pytest.fixture
def type_in(monkeypatch):
    """Return a function that provides these lines as the input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_defaults(findings, type_in):
    """An empty answer accepts the proposal."""
    type_in("\n\n\n")

    assert ask_wishes(Wishes(), findings) == Wishes(kind="images", system_name="export")


def test_other_answers(findings, type_in, capfd):
    """An unknown kind is asked for again; the reasons for the externalId are shown."""
    type_in("films\nfiles\ntown \nurl\n")

    assert ask_wishes(Wishes(), findings) == Wishes(
        kind="files", system_name="town", external_id="url"
    )
    shown = capfd.readouterr().err
    assert "externalId: `Nr` is in every record and unique" in shown
    assert "kind: one of videos, images" in shown


def test_flags_are_not_asked_for(tmp_path, type_in):
    """A choice that a flag makes is not a question."""
    wishes = Wishes(kind="files", system_name="town", external_id="{{ Nr }}")
    content = table(["Nr", "url"], ["A-1", "https://old.example/a.jpg"])
    type_in("")

    assert ask_wishes(wishes, found_in(tmp_path, content, kind="files")) == wishes


def test_input_that_ends(findings, type_in):
    """The end of the input is an error, and no answer."""
    type_in("images\n")

    with pytest.raises(UsageError, match="input ended"):
        ask_wishes(Wishes(), findings)
    assert not is_interactive()
