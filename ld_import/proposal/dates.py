"""Forms of dates in a column, found with the `isodate` filter itself."""

from __future__ import annotations

import re

from ld_import.manifest.templating.dates import isodate
from ld_import.manifest.templating.errors import TemplateValueError

LONGEST = 60
# After this number of values, a column with few dates is not examined further.
TRIAL = 20
LEAST_SHARE = 0.9
KEPT_RESULTS = 4_000

# Forms of `isodate`; the empty one is its default. Day before month: both fit `01/02/2012`, and
# most of the world writes the day first.
FORMS = (
    "",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y:%m:%d %H:%M:%S",
    "%d.%m.%y %H:%M",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "epoch",
    "epoch_ms",
)
# Seconds since 1970 from 1973 on, and milliseconds from then until 5138.
EPOCH_DIGITS = {"epoch": range(9, 11), "epoch_ms": range(12, 15)}
ZERO_DATE = re.compile(r"0000-00-00(?:[T ]00:00(?::00)?)?Z?")
_shaped = re.compile(r"[\d][\d /.:\-,TZ+APMapm]*|(?=[^\d]*\d)[\w .,:+\-/()]+").fullmatch
_zero = ZERO_DATE.fullmatch


class DateForms:
    """Counts for one column which forms its values have."""

    __slots__ = ("_results", "alive", "count", "fits", "is_digits", "miss", "times", "zeros")

    def __init__(self) -> None:
        """Start without a value."""
        self.alive: tuple[str, ...] = FORMS
        self.count = 0
        self.zeros = 0
        self.times = 0
        self.is_digits = True
        self.fits: dict[str, int] = {}
        self.miss = ""
        self._results: dict[str, tuple[str, ...]] = {}

    def add(self, text: str) -> None:
        """Count a value that is not empty."""
        self.count += 1
        if text.startswith("0000") and _zero(text.strip()):
            self.zeros += 1
            return
        fitting = self._results.get(text)
        if fitting is None:
            fitting = self._fitting(text)
        if not fitting:
            self.miss = self.miss or text[:LONGEST]
        elif self.is_digits and not text.isdecimal():
            self.is_digits = False
        for form in fitting:
            self.fits[form] = self.fits.get(form, 0) + 1
        if self.count % TRIAL == 0:
            least = LEAST_SHARE * self.count
            self.alive = tuple(
                form for form in self.alive if self.fits.get(form, 0) + self.zeros >= least
            )

    def forms(self) -> tuple[str, ...]:
        """Return the forms that nearly all values have; those that all have come first."""
        least = LEAST_SHARE * self.count
        found = [
            form
            for form in self.alive
            if (fits := self.fits.get(form, 0)) and fits + self.zeros >= least
        ]
        return tuple(sorted(found, key=lambda form: -self.fits[form]))

    def misses(self, form: str) -> int:
        """Return the number of values that do not have this form."""
        return self.count - self.zeros - self.fits.get(form, 0)

    def _fitting(self, text: str) -> tuple[str, ...]:
        # Most values are not dates in any form.
        forms = self.alive if _may_be_date(text) else ()
        results = [(form, result) for form in forms if (result := converted(text, form))]
        if results and "T" in results[0][1]:
            self.times += 1
        fitting = tuple(form for form, _ in results)
        if len(self._results) < KEPT_RESULTS:
            self._results[text] = fitting
        return fitting


def _may_be_date(text: str) -> bool:
    return len(text) <= LONGEST and _shaped(text) is not None


def converted(text: str, form: str) -> str:
    """Return a date as ISO 8601, or an empty text if it does not have this form."""
    if not _may_be_date(text):
        return ""
    digits = EPOCH_DIGITS.get(form)
    if digits is not None and not (text.isdecimal() and len(text) in digits):
        return ""
    if form.startswith("%") and text.isdecimal():
        return ""
    try:
        return isodate(text, form or None)
    except TemplateValueError:
        return ""
