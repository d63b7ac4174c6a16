"""Dates and times that do not exist: 2023-02-30, 31.04.2020, 2024-01-01 25:61.

Only a text that has the form of a date as a whole is compared, in the properties of the project
that are dates. If these are unknown, the texts of a property decide: inventory numbers
(`1982-32-15`) have the same form, but few of them are dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject
from ld_import.wording import shorten

DATE_RULE = "impossible-date"
TIME_RULE = "impossible-time"
NO_DATE_RULE = "zero-date"
NO_DATE, NO_TIME = "this date does not exist", "this time does not exist"
ADVICE = "correct it in the source, or leave out the property where the date is unknown"
LONGEST = 40
# A property is decided by so many texts, and has dates if at most this share do not exist.
ENOUGH = 50
MOST_IMPOSSIBLE = 0.2
# Fewer texts decide nothing; two wrong ones may be all that a small manifest has.
FEW = 2
MOST_PROPERTIES = 1000

TIME = r"(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?"
ZONE = r"\s?(?:Z|UTC|[+-]\d\d:?(?:\d\d)?)?"
AFTER = rf"(?:(?:T|,?\s){TIME}{ZONE})?"
# Each form with the positions of year, month and day; `/` and `-` have two orders.
FORMS: tuple[tuple[str, tuple[tuple[int, int, int], ...]], ...] = (
    (r"(\d{4})-(\d\d?)-(\d\d?)", ((0, 1, 2),)),
    (r"(\d{4})/(\d\d?)/(\d\d?)", ((0, 1, 2),)),
    (r"(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})", ((2, 1, 0),)),
    (r"(\d\d?)([/-])(\d\d?)\2(\d{4})", ((3, 2, 0), (3, 0, 2))),
)
# In the forms of accession numbers and durations: only in properties that are dates.
FORMS_OF_DATES = ((r"(\d{4})\.(\d\d?)\.(\d\d?)", ((0, 1, 2),)),)

_forms = [(re.compile(form + AFTER).fullmatch, orders) for form, orders in FORMS]
_more_forms = [(re.compile(form + AFTER).fullmatch, orders) for form, orders in FORMS_OF_DATES]
_time = re.compile(TIME).fullmatch
# `recordedAt`, `date_created`, `Datum`, `born`.
_is_named_like_date = re.compile(
    r"(?:^|[_\-.])(?:date|datetime|time|timestamp|datum|zeit|fecha|hora|heure)"
    r"(?:$|[_\-.A-Z])|(?:Date|DateTime|Time|Timestamp|Datum|Zeit|Fecha|Hora|Heure)(?:$|[_A-Z])"
    r"|[a-z](?:At|On|_at|_on)$|^(?:recorded|published|created|modified|updated|taken|born|died)$"
).search


@dataclass(slots=True)
class _Property:
    """The texts of one property that have the form of a date, and the findings held back."""

    is_date: bool | None = None
    count: int = 0
    impossible_count: int = 0
    held: list[Finding] = field(default_factory=list)


class Dates:
    """Finds impossible dates in metadata. Holds back at most fifty findings for each property."""

    def __init__(self, date_fields: frozenset[str] | None) -> None:
        """`date_fields` are the handles of the project's date properties, `None` if unknown."""
        self._date_fields = date_fields
        self._properties: dict[str, _Property] = {}

    def check(self, subject: Subject) -> Iterable[Finding]:
        """Report impossible dates, as far as the property is known to have dates."""
        if "translations" in subject.fields:
            return self._check_all(subject)
        return self._check_object(subject, "metadata", subject.fields.get("metadata") or {})

    def finish(self) -> Iterator[Finding]:
        """Yield the findings held back in properties that look like dates."""
        for state in self._properties.values():
            if state.is_date is None and _is_likely(state):
                yield from state.held

    def _check_all(self, subject: Subject) -> Iterator[Finding]:
        for path, metadata in subject.metadata():
            yield from self._check_object(subject, path, metadata)

    def _check_object(
        self, subject: Subject, path: str, metadata: dict[str, Any]
    ) -> Iterable[Finding]:
        found: list[Finding] = []
        for name, value in metadata.items():
            # Texts from "0" to ":" begin with a digit.
            if type(value) is str and "0" <= value < ":" and len(value) <= LONGEST:
                state = self._properties.get(name)
                if state is None or not state.is_date or not is_usual_date(value):
                    found += self._check_text(subject, path, name, value)
        return found

    def _check_text(self, subject: Subject, path: str, name: str, text: str) -> Iterable[Finding]:
        state = self._properties.get(name) or self._added(name)
        if state is None or state.is_date is False:
            return ()
        fault = fault_of(text, state.is_date is True)
        if fault is None:
            return ()
        state.count += 1
        if not fault:
            return _decided(state) if state.count == ENOUGH and state.is_date is None else ()
        state.impossible_count += 1
        field_name = f"{path}.{name}"
        sentence = f'`{field_name}` is "{shorten(text)}": {fault}'
        finding = subject.warning(_rule_of(text, fault), field_name, sentence, ADVICE)
        if state.is_date:
            return (finding,)
        state.held.append(finding)
        return _decided(state) if state.count == ENOUGH else ()

    def _added(self, name: str) -> _Property | None:
        if len(self._properties) >= MOST_PROPERTIES:
            return None
        if self._date_fields is not None:
            state = _Property(name in self._date_fields)
        else:
            state = _Property(True if _is_named_like_date(name) else None)
        return self._properties.setdefault(name, state)


def is_usual_date(text: str) -> bool:
    """Return whether a text is a date that exists, in the usual form: a quick answer."""
    if text[4:5] != "-" or text[7:8] != "-":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_likely(state: _Property) -> bool:
    return state.impossible_count <= FEW or state.impossible_count <= MOST_IMPOSSIBLE * state.count


def _decided(state: _Property) -> list[Finding]:
    """Decide whether a property has dates; return the findings held back if it has."""
    state.is_date = state.impossible_count <= MOST_IMPOSSIBLE * state.count
    held, state.held = state.held, []
    return held if state.is_date else []


def _rule_of(text: str, fault: str) -> str:
    # Databases write an unknown date as 0000-00-00.
    if text.startswith("0000"):
        return NO_DATE_RULE
    return DATE_RULE if fault == NO_DATE else TIME_RULE


@lru_cache(maxsize=4096)
def fault_of(text: str, is_date: bool) -> str | None:
    """Return the reason why a date does not exist, "" if it exists, `None` if it is not a date.

    `is_date` allows the forms of dates and times that other texts have as well.
    """
    for matching, orders in (*_forms, *_more_forms) if is_date else _forms:
        if match := matching(text):
            *parts, hour, minute, second = match.groups()
            return _date_fault(parts, orders) or _time_fault(hour, minute, second)
    if is_date and (match := _time(text)):
        # The hour is not compared: it may be a length, such as 75:30.
        return _time_fault("0", *match.groups()[1:])
    return None


def _date_fault(parts: list[Any], orders: Iterable[tuple[int, int, int]]) -> str:
    if any(_exists(*(int(parts[at]) for at in order)) for order in orders):
        return ""
    return NO_DATE


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _time_fault(hour: str | None, minute: str | None, second: str | None) -> str:
    if hour is None or minute is None:
        return ""
    is_end_of_day = int(hour) == 24 and int(minute) == 0 and int(second or 0) == 0
    # ISO 8601 allows 24:00 and a leap second.
    if (int(hour) <= 23 or is_end_of_day) and int(minute) <= 59 and int(second or 0) <= 60:
        return ""
    return NO_TIME
