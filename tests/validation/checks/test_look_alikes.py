"""Look-alike ids: named with their partner and the difference, and none invented."""

from __future__ import annotations

import pytest

from ld_import.validation.checks.look_alikes import differences_of, normal_form, shown_apart
from tests.validation.makers import inspected, make_item, rules


@pytest.mark.parametrize(
    ("one", "other", "differences"),
    [
        ("Photo-1", "photo-1", ["case"]),
        ("STRASSE", "straße", ["case"]),
        ("a  b", "a b", ["blanks"]),
        ("a ", "a", ["blanks"]),
        ("a\xa0b", "a b", ["Unicode form"]),
        ("caf\xe9", "cafe\u0301", ["Unicode form"]),
        ("\uff21\uff11", "A1", ["Unicode form"]),
        ("n\u200dm", "nm", ["invisible characters"]),
        ("❤\ufe0f", "❤", ["invisible characters"]),
        ("007", "7", ["leading zeros"]),
        ("img-0412", "img-412", ["leading zeros"]),
        ("A00004", "A4", ["leading zeros"]),
        ("a/01/02.json", "a/1/2.json", ["leading zeros"]),
        ("IMG 007", "img  7", ["case", "blanks", "leading zeros"]),
    ],
)
def test_differences(one, other, differences):
    """All kinds of differences that a person overlooks are named, in both directions."""
    assert differences_of(one, other) == differences
    assert differences_of(other, one) == differences


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a-1", "a-2"),
        ("1.05", "1.5"),
        ("v2,01", "v2,1"),
        ("a10", "a1"),
        ("100", "1"),
        ("x05-7", "x5-07"),
        ("ab05f", "ab5f"),
        ("ab", "a b"),
        ("a-b", "a_b"),
        ("e", "é"),
        ("0", ""),
    ],
)
def test_different_ids(one, other):
    """Decimals, digits between letters, accents and other signs make different ids."""
    assert differences_of(one, other) == []


def test_the_form_of_long_zeros():
    """A thousand zeros take little time, and one digit remains."""
    assert normal_form("0" * 1000) == "0"
    assert normal_form("0" * 999 + "x").endswith("x")


def test_finding_names_the_partner():
    """The later one of two ids is reported with the line of the first one."""
    items = [make_item(line=3, external_id="Photo-1"), make_item(line=9, external_id="photo-01")]

    (finding,) = inspected(items)

    assert (finding.line, finding.rule) == (9, "look-alike-id-case-leading-zeros")
    assert finding.text == (
        'the externalId "photo-01" differs from "Photo-1" on line 3 only in case and leading zeros'
    )


LONG = "archive/2024/winter/" * 5


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("Photo-1", "photo-1", ("Photo-1", "photo-1")),
        ("a  b", "a b", ("a  b", "a b")),
        ("a\xa0b", "a b", ("a\\u00a0b", "a b")),
        ("Zu\u0308rich", "Zürich", ("Zu\\u0308rich", "Z\\u00fcrich")),
        ("a\u200b", "a", ("a\\u200b", "a")),
        (f"{LONG}A-1", f"{LONG}a-1", ("…archive/2024/winter/A-1", "…archive/2024/winter/a-1")),
        (f"A{LONG}", f"a{LONG}", (f"A{LONG[:59]}…", f"a{LONG[:59]}…")),
    ],
)
def test_the_difference_is_shown(one, other, shown):
    """Long ids are cut around their first difference, and invisible differences are escapes."""
    assert shown_apart(one, other) == shown


def test_another_system():
    """Ids of two systems are never the same item."""
    first = make_item("media-library", line=1, systemName="one", externalId="", external_id="A")
    second = make_item("media-library", line=2, systemName="two", externalId="", external_id="a")

    found = rules([first, second], "media-library")

    assert found == [(2, "shared-url", "asset.url")]
