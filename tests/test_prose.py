"""Docstrings, comments, messages and documents are in plain technical English."""

from __future__ import annotations

import pytest

from tests.prose import ROOT, WHERE, Text, findings, texts


@pytest.mark.no_cover
@pytest.mark.parametrize("name", WHERE)
def test_no_banned_turns_of_phrase(name):
    """No text has a turn of phrase that `tests/prose.py` lists."""
    paths = [path for path in [ROOT / name] if path.exists()]
    found = [
        f"{finding.path}:{finding.line}: {finding.words!r}, better: {finding.better}"
        for text in texts(paths)
        for finding in findings(text)
    ]

    assert found == []


@pytest.mark.parametrize(
    "sentence",
    [
        "It tells the caller how many there are.",
        "What was accepted is found again.",
        "How far a batch came.",
        "The cursor stands at the end.",
        "Nobody reads it.",
        "The server took in nothing.",
        "Whoever prints asks it.",
        "This is no number.",
        "Leave it away.",
        "Mend the manifest.",
    ],
)
def test_dialect_is_noticed(sentence):
    """Each of the banned turns is found in a sentence of its own."""
    assert [*findings(Text(ROOT, 1, sentence))]


@pytest.mark.parametrize(
    "sentence",
    [
        "Return the number of items, and how long they took.",
        "There is no default; it is no longer read.",
        "Where a file is missing, the error names it.",
        "Say what happened, where, and what to do.",
    ],
)
def test_plain_english_is_accepted(sentence):
    """Standard English with the same words is not reported."""
    assert [*findings(Text(ROOT, 1, sentence))] == []
