"""The level and the sentence of each event in the log."""

from __future__ import annotations

import pytest

from ld_import.cli.output.event_text import SHOWN_FAILURES, level_of, sentence_of
from ld_import.events import Declined, Note, Polled, Waiting
from tests.cli.output.boards import job, planned, rejected, settled, submitted


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
    """A batch that failed as a whole is reported with some items and the count of the others."""
    sentence = sentence_of(settled(1, failed=1000))

    assert sentence.count(": gone") == SHOWN_FAILURES
    assert sentence.endswith("; and 995 more)")


def test_sentence_is_never_long():
    """A long reason is shortened in the log."""
    assert len(sentence_of(rejected(text="x" * 5000))) == 600
