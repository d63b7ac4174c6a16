"""Forms of dates in a column."""

from __future__ import annotations

import pytest

from ld_import.manifest.templating.dates import isodate
from ld_import.proposal.dates import FORMS, DateForms


def forms_of(*values):
    found = DateForms()
    for value in values:
        found.add(value)
    return found


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2012-01-31", "2013-02-01 10:00"], ""),
        (["31.01.2012", "1.2.2013"], ""),
        (["Thu, 18 Jul 2011 10:00:00 +0000"], ""),
        (["31/01/2012", "01/02/2013"], "%d/%m/%Y"),
        (["01/31/2012", "02/01/2013"], "%m/%d/%Y"),
        (["2012/01/31"], "%Y/%m/%d"),
        (["31.01.12"], "%d.%m.%y"),
        (["01/31/2012 02:05 PM"], "%m/%d/%Y %I:%M %p"),
        (["2012:01:31 10:11:12"], "%Y:%m:%d %H:%M:%S"),
        (["1327968000", "999999999"], "epoch"),
        (["1327968000123"], "epoch_ms"),
    ],
)
def test_form_that_all_values_have(values, form):
    """The form is one that the filter `isodate` accepts for every value."""
    found = forms_of(*values)

    assert found.forms()[0] == form
    assert found.misses(form) == 0
    assert all(isodate(value, form or None) for value in values)


@pytest.mark.parametrize(
    "values", [["town hall"], ["12"], ["0412"], ["3.14"], ["10:30"], ["1922"], ["v1.2.2020b"]]
)
def test_values_that_are_not_dates(values):
    """Short numbers, times and words are not dates."""
    assert forms_of(*values).forms() == ()


def test_day_or_month_first():
    """If both orders are possible, the day comes first, and the other form is known, too."""
    assert forms_of("01/02/2012", "03/04/2012").forms()[:2] == ("%d/%m/%Y", "%m/%d/%Y")


def test_few_values_that_are_not_dates():
    """A column is one of dates if nearly all values are; the others are counted with an example."""
    found = forms_of(*["2012-01-31"] * 30, "unknown")

    assert found.forms() == ("",)
    assert (found.misses(""), found.miss) == (1, "unknown")


def test_zero_dates_of_databases():
    """The zero date of a database is counted apart."""
    found = forms_of("0000-00-00", "2012-01-31", "0000-00-00 00:00:00")

    assert (found.forms(), found.zeros, found.misses("")) == (("",), 2, 0)


def test_a_column_of_texts_is_given_up():
    """After some values without dates the forms are not tried any more."""
    assert forms_of(*(f"talk {number}" for number in range(20))).alive == ()


def test_forms_are_distinct():
    """No form is listed twice."""
    assert len(set(FORMS)) == len(FORMS)
