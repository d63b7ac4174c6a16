"""Sentences of findings, taken apart: the fixed words, and the values that differ by record."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

# Longer texts are cut before they are taken apart; a group keeps one of them.
LONGEST_SENTENCE = 2_000
CUT = "…"
# Before the line of another record: "on line 7", "as line 7".
PARTNER_WORDS = ("on line ", "as line ")

# "`url` is <any JSON>: it must …": the value may contain all the signs looked for below.
SUBJECT = r"(`[^`]*` is )((?:[\[{\"\d-]|true|false|null).*)(: [^:]*)"
# In the order of precedence. The first group is a name in backticks, which is part of the sentence;
# the second a word in single quotes, which is one if it has no digits and few others are used.
PARTS = (
    r"(`[^`]*`)"
    r"|(?<!\w)'([^\W\d][^\W\d]*(?:[.\-][^\W\d]+)*)'(?!\w)"
    r'|"(?:[^"\\]|\\.)*(?:"|$)'
    r"|(?<!\w)'[^']*'(?!\w)"
    r"|[A-Za-z][A-Za-z0-9+.-]*://[^\s,;)\"'`]*"
    # Numbers, dates, ids, hashes: a word with a digit. A sentence may end with a full stop.
    r"|(?<![\w])[-+]?\w*\d(?:[\w.,:+-]*\w)?"
)


@cache
def _subject() -> re.Pattern[str]:
    # Compiled when the first sentence is taken apart: most runs have none.
    return re.compile(SUBJECT, re.DOTALL)


@cache
def _parts() -> re.Pattern[str]:
    return re.compile(PARTS)


class Sentence(NamedTuple):
    """A sentence taken apart: `words` has one text more than `values`.

    `names` are the positions of those values that may be names, such as that of a property.
    """

    words: tuple[str, ...]
    values: tuple[str, ...]
    names: tuple[int, ...] = ()

    def joined(self, *, cut: bool = False) -> str:
        """Return the whole sentence; with `cut`, `…` stands for each value."""
        texts = [self.words[0]]
        for value, words in zip(self.values, self.words[1:], strict=True):
            texts += (cut_value(value) if cut else value, words)
        return "".join(texts)


def cut_value(value: str) -> str:
    """Return what stands for a value that differs: `…`, in its quotes."""
    quote = value[:1]
    return f"{quote}{CUT}{quote}" if quote in ("'", '"') else CUT


def merged_values(one: Sentence, other: Sentence) -> list[str]:
    """Return the values of two sentences with equal words; those that differ are cut.

    The number of another line remains, as the first example: `on line 7 …`.
    """
    return [
        value if value == another else _cut_after(words, value)
        for words, value, another in zip(one.words, one.values, other.values, strict=False)
    ]


def _cut_after(words: str, value: str) -> str:
    if not words.endswith(PARTNER_WORDS):
        return cut_value(value)
    return value if value.endswith(CUT) else f"{value} {CUT}"


def sentence_of(text: str, external_id: str | None = None) -> Sentence:
    """Take a sentence apart; `external_id` is a value wherever it occurs."""
    text = text[:LONGEST_SENTENCE]
    if subject := _subject().fullmatch(text):
        head, value, tail = subject.groups()
        words, values, names = _apart(tail, None)
        shifted = tuple(at + 1 for at in names)
        return Sentence((head, *words), (value, *values), shifted)
    words, values, names = _apart(text, external_id)
    return Sentence(tuple(words), tuple(values), names)


def _apart(text: str, external_id: str | None) -> tuple[list[str], list[str], tuple[int, ...]]:
    words: list[str] = []
    values: list[str] = []
    names: list[int] = []
    at = 0
    for match in _parts().finditer(text):
        if match[1] is not None:
            continue
        if match[2] is not None and match[2] != external_id:
            names.append(len(values))
        words.append(text[at : match.start()])
        values.append(match[0])
        at = match.end()
    words.append(text[at:])
    return words, values, tuple(names)
