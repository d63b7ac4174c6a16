"""Messages for templates that fail with a record: field, reason, template and advice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from jinja2 import TemplateError

from ld_import.manifest.templating.cells import EMPTY_IN_ROW
from ld_import.manifest.templating.errors import NOT_IN_RECORD, TemplateValueError, describe_error
from ld_import.manifest.templating.slots import Slot
from ld_import.manifest.templating.syntax_errors import ELSEWHERE, explain_syntax
from ld_import.wording import did_you_mean, shorten

NOTHING = ("null", "nil", "undefined")
WHOLE = "if it can be missing, add `| default(omit, true)` to leave the property out"
PART = "if it can be missing, add `| default('')`"
NEEDED = "an externalId needs it in every record"


def message_of(error: Exception, slot: Slot, record: dict[str, Any], filters: Iterable[str]) -> str:
    """Return field, reason and template of a failure, and its advice after the first `; `.

    The sentence is the same for all records with this cause; the advice may differ.
    """
    what, _, advice = _reason(error, filters).partition("; ")
    if match := re.match(rf"`(.*)` {NOT_IN_RECORD}", what):
        advice = _about_missing(match[1], slot, record)
    elif what.endswith(EMPTY_IN_ROW) or (not advice and _is_absent(what)):
        advice = _default(slot)
    text = f"`{slot.field}`: {what} (template `{shorten(slot.text)}`)"
    return f"{text}; {advice}" if advice else text


def _reason(error: Exception, filters: Iterable[str]) -> str:
    text = str(error)
    if isinstance(error, TemplateError) and text.startswith("No filter named"):
        # The argument of `map` and `select`, which Jinja looks up for each record.
        return explain_syntax(text, "", filters, ())
    if isinstance(error, TemplateError | TemplateValueError):
        return text
    return describe_error(error)


def _is_absent(what: str) -> bool:
    return what.startswith("null has no ") or " is not in this " in what


def _about_missing(name: str, slot: Slot, record: dict[str, Any]) -> str:
    """Return advice on a name that is not a field of the record."""
    if whole := _with_hyphen(name, slot.text, record):
        return f"a name with a hyphen is written `record['{whole}']`"
    if re.search(rf"(?<![\w.]){re.escape(name)}\s*\(", slot.text):
        instead = ELSEWHERE.get(name.lower(), "use a filter: `{{ field | upper }}`")
        return f"there is no function `{name}(…)`: {instead}"
    if name in NOTHING:
        return ELSEWHERE[name]
    suggestion, default = did_you_mean(name, record), _default(slot)
    if suggestion.endswith("?"):
        return f"{suggestion} {default[:1].upper()}{default[1:]}"
    return f"{suggestion}; {default}"


def _with_hyphen(name: str, template: str, record: dict[str, Any]) -> str | None:
    """Return the field of the record that a template has with a hyphen, which means minus."""
    names = re.findall(r"[\w-]*-[\w-]*", template)
    return next((one for one in names if name in one.split("-") and one in record), None)


def _default(slot: Slot) -> str:
    if slot.is_id:
        return NEEDED
    text = slot.text.strip()
    is_whole = text.startswith("{{") and text.find("}}") == len(text) - 2
    return WHOLE if is_whole else PART
