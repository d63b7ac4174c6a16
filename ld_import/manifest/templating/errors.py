"""Errors of templates: the one that templates raise, and messages for those that Python raises."""

from __future__ import annotations

import re

TYPES = {"str": "a text", "Markup": "a text", "int": "a number", "float": "a number"}
TYPES |= {"bool": "true or false", "NoneType": "null", "list": "a list", "tuple": "a list"}
TYPES |= {"dict": "a mapping"}
# Prefixes of CPython's messages, unchanged over many versions. A message that matches none of them
# gets a less specific text.
KNOWN = (
    (
        r"'[^']+' not supported between instances of '(\w+)' and '(\w+)'",
        "{} and {} cannot be compared; convert a text with `| int` or `| float`",
    ),
    (
        r"argument of type '(\w+)' is not (?:iterable|a container)",
        "`in` needs a text, a list or a mapping, not {}",
    ),
    (
        r"'in <string>' requires string as left operand, not (\w+)",
        "`in` cannot look for {} in a text",
    ),
    (
        r"cannot unpack|too many values to unpack|not enough values to unpack",
        "each item of this loop must be a list with as many values as the loop has names",
    ),
    (r"'(\w+)' object is not iterable", "a loop needs a list, not {}"),
    (r"unhashable", "a list or mapping cannot be a key"),
    (r"slice indices", "a slice `[a:b]` needs whole numbers"),
)
NOT_IN_RECORD = "is not in the record"
# Examples of filters with arguments, for the message about a call with other ones.
USAGES = {
    "batch": "batch(3)",
    "center": "center(80)",
    "default": "default('…')",
    "float": "float(0.0)",
    "groupby": "groupby('name')",
    "indent": "indent(4)",
    "int": "int(0)",
    "isodate": "isodate('%d.%m.%Y')",
    "join": "join(', ')",
    "map": "map(attribute='name')",
    "rejectattr": "rejectattr('name', 'equalto', '…')",
    "replace": "replace('old', 'new')",
    "round": "round(2)",
    "selectattr": "selectattr('name', 'equalto', '…')",
    "slice": "slice(3)",
    "sort": "sort(attribute='name')",
    "sum": "sum(attribute='size')",
    "trim": "trim",
    "truncate": "truncate(80)",
    "unique": "unique",
}
TOO_DEEP = "its values or calls are nested too deeply"
UNKNOWN = "it cannot be applied to this record"


class TemplateValueError(ValueError):
    """A value cannot be used where a template uses it; the message is written for users."""


def usage_of(name: str) -> str:
    """Return the message about a filter that is called with other arguments than it takes."""
    usage = USAGES.get(name)
    if usage is None:
        return f"`{name}` takes no arguments; write `| {name}`"
    return f"`{name}` does not take these arguments; write `| {usage}`"


def describe_error(error: Exception) -> str:
    """Return the message of a Python error in terms of templates and JSON."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    for pattern, message in KNOWN:
        if match := re.match(pattern, str(error)):
            return message.format(*(TYPES.get(name, "such a value") for name in match.groups()))
    return UNKNOWN
