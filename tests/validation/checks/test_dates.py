"""Impossible dates: in texts that are dates as a whole, in properties that have dates."""

from __future__ import annotations

import random

import pytest

from ld_import.validation.checks.dates import fault_of, is_usual_date
from tests.validation.makers import inspected, make_item, rules

IMPOSSIBLE = [
    "2023-02-30",
    "2024-13-01",
    "2023-02-29",
    "2023-00-10",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "31.04.2020",
    "31. 4. 2020",
    "45.01.2020",
    "31/31/2020",
    "31-31-2020",
    "2020/02/30",
    "2023-02-30T10:00:00Z",
    "2024-01-01 25:61",
    "2024-01-01T24:01:00",
    "2024-01-01T10:61:00+01:00",
    "31.01.2020, 12:70",
]
POSSIBLE = [
    "2024-02-29",
    "2024-2-9",
    "1826-12-31",
    "31.03.2020",
    "3/31/2020",
    "31/3/2020",
    "2024-01-01T24:00:00Z",
    "2016-12-31T23:59:60Z",
    "2024-01-01T10:00:00.123456+05:30",
    "2024-01-01 10:00",
]
OTHERS = [
    "2023-02-30 was not a day",
    "v2.31.04",
    "10.31.04.2020",
    "1982.32.15",
    "99:99",
    "16:9",
    "2024-13",
    "2024",
    "12-45-99",
    "555-13-2020-7",
    "192.168.99.2020",
    "31.04.20",
]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_impossible(text):
    """Dates and times that do not exist have a reason."""
    assert fault_of(text, False)


@pytest.mark.parametrize("text", POSSIBLE)
def test_possible(text):
    """Leap days, ends of days, leap seconds and both orders of day and month exist."""
    assert fault_of(text, False) == ""


def test_the_quick_answer_hides_nothing():
    """A text with the quick answer "is a date" has no fault in the long one."""
    rng = random.Random(7)
    usual = 0
    for _ in range(5000):
        text = rng.choice([*IMPOSSIBLE, *POSSIBLE])
        for _ in range(rng.randrange(3)):
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice("0123456789-: TZ") + text[at + 1 :]
        if is_usual_date(text):
            usual += 1
            assert not fault_of(text, True), text
    assert usual > 300


@pytest.mark.parametrize("text", OTHERS)
def test_other_texts(text):
    """Text with more than a date, and other numbers with dots and colons, are not dates."""
    assert fault_of(text, False) is None


@pytest.mark.parametrize(
    ("text", "is_impossible"),
    [("25:61", True), ("1982.32.15", True), ("75:30", False), ("10:30:59", False), ("7", None)],
)
def test_forms_of_date_properties(text, is_impossible):
    """In a property known to have dates, times and dates with the year first count as well."""
    fault = fault_of(text, True)

    assert (fault if fault is None else bool(fault)) is is_impossible


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2023-02-30", "impossible-date"),
        ("2024-01-01 25:61", "impossible-time"),
        ("25:61", "impossible-time"),
        ("0000-00-00", "zero-date"),
    ],
)
def test_rules(text, rule):
    """A zero date of a database, a date and a time are different causes."""
    assert rules([make_item(metadata={"recordedAt": text})]) == [(1, rule, "metadata.recordedAt")]


def test_known_date_fields():
    """Where the project is known, only its date fields count, whatever their name."""
    item = make_item(metadata={"number": "2023-02-30", "when": "2023-02-30"})

    found = inspected([item], date_fields=frozenset({"when"}))

    assert [finding.text for finding in found] == [
        '`metadata.when` is "2023-02-30": this date does not exist'
    ]


def test_single_impossible_dates():
    """In a property with dates, the impossible ones are found, also before it is known as one."""
    texts = ["2023-02-30", *["2023-02-28"] * 60, "2023-02-31"]
    items = [make_item(line=at, metadata={"shown": text}) for at, text in enumerate(texts, 1)]

    assert [line for line, _, _ in rules(items)] == [1, 62]


def test_small_manifests():
    """One or two impossible dates are reported, even if no other record shows what they are."""
    assert rules([make_item(metadata={"shown": "2023-02-30"})]) == [
        (1, "impossible-date", "metadata.shown")
    ]


@pytest.mark.parametrize("count", [10, 500])
def test_inventory_numbers(count):
    """Numbers of the form of a date are not dates, if most of them do not exist as dates."""
    items = [
        make_item(line=number, metadata={"inventory": f"19{number % 90 + 10}-{number % 60}-7"})
        for number in range(1, count)
    ]

    assert rules(items) == []


def test_translations():
    """Dates of translations are compared as well."""
    translations = {"fr": {"recordedAt": "2023-02-30"}}
    item = make_item("media-library", translations=translations)

    assert rules([item], "media-library") == [
        (1, "impossible-date", "translations.fr.metadata.recordedAt")
    ]
