"""The error that any value of a template can be, and the first check of every filter."""

from __future__ import annotations

from typing import Any

from jinja2 import Undefined

from ld_import.wording import show


class Unfit(ValueError):
    """A value does not fit its place; the message is a sentence for the record's problem."""


def check_defined(*values: Any) -> None:
    """Raise the sentence of the first value that is missing, or is an empty cell."""
    for value in values:
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()


def text_of(value: Any, filter_name: str) -> str:
    """Take text, or an integer as its digits, for a filter; refuse everything else."""
    if isinstance(value, Undefined):
        return str(value)  # raises, and names what is missing
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        advice = (
            "; put `default(omit, true)` before it to leave the field out" if value is None else ""
        )
        raise Unfit(f"`{filter_name}` needs a text, not {show(value)}{advice}")
    return value
