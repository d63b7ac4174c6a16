"""Dates of many forms become ISO dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ld_import.manifest.sentences import show
from ld_import.manifest.unfit import Unfit, text_of

YEAR_DIRECTIVE = re.compile(r"%[YyGcxs]")
TIME_DIRECTIVE = re.compile(r"%[HIMSfpXcz]")

_gap_before_offset = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_dotted = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(\d{1,2}:\d\d(?::\d\d)?))?").fullmatch
_has_time = re.compile(r"\d\d:\d\d").search


def isodate(value: Any, form: str | None = None) -> str:
    """Give a date in ISO form; it stays a date when no time was told, and gains no offset.

    Read are ISO, `YYYY-MM-DD HH:MM:SS` with or without offset, RFC 2822 and `DD.MM.YYYY` with or
    without a time; `form` names any other as `strptime` does.
    """
    text = text_of(value, "isodate").strip()
    for read in (_iso, _german, _mail) if form is None else (_strptime(form),):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found is not None:
            return found.isoformat()
    ways = f"the form {show(form)}" if form else "ISO, RFC 2822 or DD.MM.YYYY"
    advice = "" if form else '; name its form: isodate("%d/%m/%y")'
    raise Unfit(f"{show(value)} is not a date in {ways}{advice}")


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(_gap_before_offset.sub("", text))


def _german(text: str) -> date | None:
    match = _dotted(text)
    if match is None:
        return None
    day, month, year, time = match.groups()
    found = f"{year}-{month:0>2}-{day:0>2}"
    return datetime.fromisoformat(f"{found}T{time:0>5}") if time else date.fromisoformat(found)


def _mail(text: str) -> date | None:
    return parsedate_to_datetime(text) if _has_time(text) else None


def _strptime(form: str) -> Callable[[str], date | None]:
    if not YEAR_DIRECTIVE.search(form):
        raise Unfit(f"the form {show(form)} has no year, so that it makes no date; add %Y")

    def read(text: str) -> date:
        # A legacy date without an offset stays without one: nobody knows which it was.
        found = datetime.strptime(text, form)  # noqa: DTZ007
        return found if TIME_DIRECTIVE.search(form) else found.date()

    return read
