"""The level and the sentence of each event in the log."""

from __future__ import annotations

import pytest

from ld_import.cli.output.event_text import SHOWN_CAUSES, level_of, sentence_of
from ld_import.events import Declined, Note, Polled, Settled, Waiting
from ld_import.model import Outcome, State
from tests.cli.output.boards import job, planned, rejected, settled, submitted
from tests.makers import make_key


@pytest.mark.parametrize(
    ("event", "level", "sentence"),
    [
        (planned(1), "debug", "read 1 record"),
        (rejected(7, None, "no JSON"), "warning", "manifest.json:7: no JSON"),
        (submitted(1, items=1), "debug", "started job job1 with 1 item"),
        (Polled(1, job(1)), "debug", "job job1 is started"),
        (settled(1, success=2), "debug", "job job1: 2 success"),
        (settled(1, job=False, success=2), "debug", "a request: 2 success"),
        (
            settled(1, failed=1, success=1),
            "warning",
            "job job1: 1 failed, 1 success (v0: gone)",
        ),
        (Waiting("quota", 90), "warning", "quota; trying again in 1:30"),
        (Note("a note"), "warning", "a note"),
    ],
)
def test_event_in_words(event, level, sentence):
    """Every event has one level and one sentence, the same in text and JSON."""
    assert (level_of(event), sentence_of(event)) == (level, sentence)


def test_refused_batch_in_words():
    """A rejected batch is reported with its number of items and the reason."""
    assert sentence_of(Declined(1, 2, "too large")) == "2 items not accepted: too large"


def test_many_failures_in_one_sentence():
    """A cause is named once, with the first item and the number of the others."""
    assert sentence_of(settled(1, failed=1000)) == (
        "job job1: 1,000 failed (v0 and 999 more: gone)"
    )


def test_many_causes_in_one_sentence():
    """The largest causes are named, the others counted."""
    outcomes = [Outcome(make_key(9), State.FAILED, "gone")]
    outcomes += [Outcome(make_key(1), State.FAILED, f"it is {letter}") for letter in "abcdefg"] * 2
    sentence = sentence_of(Settled(1, "job1", "done", tuple(outcomes)))

    assert sentence.count("v1 and 1 more: it is ") == SHOWN_CAUSES
    assert sentence.endswith("; and 5 more)")


def test_sentence_is_never_long():
    """A long reason is shortened in the log."""
    assert len(sentence_of(rejected(text="x" * 5000))) == 600


def test_files_that_fail_are_no_request():
    """Items whose files cannot be stored are settled without a request."""
    outcome = Outcome(make_key(1), State.FAILED, "the file is empty")

    assert sentence_of(Settled(1, None, "notSent", (outcome,))).startswith("files: 1 failed (")
