"""Wording of messages: suggestions, values and short texts."""

from __future__ import annotations

import sys

import pytest

from ld_import.compact_json import compact_json
from ld_import.wording import amount, did_you_mean, duration, shorten, show, size


@pytest.mark.parametrize(
    ("name", "names", "message"),
    [
        ("vidoes", ["images", "videos"], "did you mean `videos`?"),
        ("titel", ["title", "titles", "url"], "did you mean `title` or `titles`?"),
        ("zzz", ["a", "b"], "available: `a`, `b`"),
        ("zzz", "abcdefghij", "available: `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, …"),
        ("zzz", [], "nothing is available"),
    ],
)
def test_did_you_mean(name, names, message):
    """Similar names are suggested, else the first names are listed."""
    assert did_you_mean(name, names) == message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n b", '"a b"'),
        ([1, 2], "a list of 2"),
        ({}, "a mapping of 0"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (2**2000, "a very large number"),
        (object(), "something else"),
    ],
)
def test_show(value, text):
    """A value is shown as JSON, or as its type and size."""
    assert show(value) == text


def test_shorten():
    """Long texts are cut, invisible characters are written as escapes."""
    assert shorten("x" * 100, 10) == "x" * 9 + "…"
    assert shorten("a\u200bb\U000e0001") == "a\\u200bb\\U000e0001"


def test_compact_json_uses_no_extra_memory():
    """The buffer that orjson allocates can be much larger than the text."""
    raw = compact_json({"a": [1, "ü"]})

    assert raw == '{"a":[1,"ü"]}'.encode()
    assert sys.getsizeof(raw) == sys.getsizeof(b"x" * len(raw))


@pytest.mark.parametrize(
    ("count", "word", "shown"),
    [
        (0, "item", "0 items"),
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        (1234567, "record", "1,234,567 records"),
    ],
)
def test_amount(count, word, shown):
    """A count agrees with its noun."""
    assert amount(count, word) == shown


@pytest.mark.parametrize(
    ("byte_count", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (34_567_890, "34.6 MB"),
        (5_030_000_000, "5.0 GB"),
        (1_234_500_000_000, "1,234.5 GB"),
    ],
)
def test_size(byte_count, shown):
    """Bytes are shown in their largest unit."""
    assert size(byte_count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0.4s"), (1, "1s"), (59.4, "59s"), (59.6, "1:00"), (130, "2:10"), (3840, "1:04:00")],
)
def test_duration(seconds, shown):
    """Seconds are shown as a readable duration."""
    assert duration(seconds) == shown
