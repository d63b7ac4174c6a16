"""Filters for numbers: strict conversion, and the results of Jinja otherwise."""

from __future__ import annotations

import pytest

from tests.manifest.mapped import map_fields, problems_of


@pytest.mark.parametrize(
    ("text", "number"),
    [("284410", 284410), (" -5 ", -5), ("12.0", 12), ("+7", 7), (12.0, 12), (2**63, 2**63)],
)
def test_int(text, number):
    """Digits with a sign are a whole number, and so is `12.0`, as spreadsheets write it."""
    assert map_fields({"f": "{{ v | int }}"}, {"v": text}) == {"f": number}


NO_NUMBERS: list[object] = [
    "284.410",
    "284,410",
    "1.2 MB",
    "n/a",
    "284 410",
    "1600px",
    "",
    None,
    True,
]
NO_NUMBERS += ["1e400", "nan", "1_000", "12.000", "9" * 5000, [], {"a": 1}]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_int_refuses(value):
    """Other values are a problem of the record, unless a default is given."""
    assert "is not a whole number" in problems_of({"f": "{{ v | int }}"}, {"v": value})["f"]
    assert map_fields({"f": "{{ v | int(0) }}"}, {"v": value}) == {"f": 0}


def test_int_refuses_a_fraction():
    """Numbers are not truncated silently; the message explains how to round."""
    assert "`| round | int` rounds it" in problems_of({"f": "{{ duration | int }}"})["f"]
    assert map_fields({"f": "{{ duration | round | int }}"}) == {"f": 2}


@pytest.mark.parametrize("value", ["1,5", "1.2 MB", "nan", "inf", "1e400", "1_0", "", None, True])
def test_float_refuses(value):
    """A value that is not a finite number is a problem of the record, unless a default is given."""
    assert "is not a number" in problems_of({"f": "{{ v | float }}"}, {"v": value})["f"]
    assert map_fields({"f": "{{ v | float(1.5) }}"}, {"v": value}) == {"f": 1.5}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ '1.50' | float }}", 1.5),
        ("{{ '-1e3' | float }}", -1000.0),
        ("{{ 2.567 | round(2) }}", 2.57),
        ("{{ -5 | abs }}", 5),
        ("{{ [1, 2.5] | sum }}", 3.5),
        ("{{ [[1], [2]] | sum(start=[]) }}", [1, 2]),
        ("{{ 'ff' | int(base=16) }}", 255),
    ],
)
def test_numbers(template, value):
    """For numbers, the filters for numbers return the results of Jinja."""
    assert map_fields({"f": template}) == {"f": value}


@pytest.mark.parametrize(
    "template",
    ["{{ '5' | round }}", "{{ '5' | abs }}", "{{ tags | sum }}", "{{ 5 | round(-10 ** 9) }}"]
    + ["{{ true | round }}", "{{ [[1], 2] | sum(start=[]) }}"],
)
def test_numbers_from_text(template):
    """A text is not a number without `int` or `float`."""
    assert problems_of({"f": template})
