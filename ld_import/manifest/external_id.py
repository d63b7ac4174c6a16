"""externalId of a record: accepted unchanged, or the record is invalid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from ld_import.model import Problem
from ld_import.wording import did_you_mean, escaped, show

# As UTF-8. An id is percent-encoded in the URL of a request, which triples its size, and proxies
# accept URLs of 4 to 8 kB:
# https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers
LONGEST_ID_BYTES = 1_000

# C0 and C1 controls, line and paragraph separators, and lone surrogates, which cannot be sent.
_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
# Joiners and variation selectors: part of Persian and Indic words, Japanese names and emoji.
_JOINER, _SELECTOR = "\u200c\u200d", "\ufe00-\ufe0f\U000e0100-\U000e01ef"
# Default_Ignorable_Code_Point of Unicode without the two above, noncharacters, and U+FFF9 to
# U+FFFB. A fixed list: `unicodedata` changes with the version of Python, and valid ids must not.
_HIDDEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(1 << 16, 17 << 16, 1 << 16)
    )
)
# As texts: to compile these patterns takes a millisecond, and few ids need them.
_SUSPECT = f"[{_CONTROL}{_HIDDEN}{_JOINER}{_SELECTOR}]"
# A visible character beyond ASCII, with or without its selector.
_VISIBLE = f"[^\x00-\x7f\\s{_CONTROL}{_HIDDEN}{_JOINER}{_SELECTOR}]"
# Joiners and selectors with a visible effect: beside ASCII or at an end they have none. The last
# alternative is a keycap.
_IN_PLACE = (
    f"(?<={_VISIBLE})[{_SELECTOR}]?[{_JOINER}](?={_VISIBLE})|(?<={_VISIBLE})[{_SELECTOR}]"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
)


def record_id(record: dict[str, Any]) -> str | Problem:
    """Return the `externalId` of a record, else its `id`; `null` counts as missing."""
    for field in ("externalId", "id"):
        value = record.get(field)
        if value is None:
            continue
        if isinstance(value, str):
            return checked_id(value, field)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        advice = "put it in quotes, or add an `externalId` template"
        return Problem(field, f"`{field}` is {show(value)}, not a text or an integer; {advice}")
    if null := next((field for field in ("externalId", "id") if field in record), None):
        text = f"`{null}` is null: set it, or add an `externalId` template"
        return Problem("id", text)
    advice = did_you_mean("id", record)
    text = (
        "there is neither `externalId` nor `id`: add an `externalId` template to the manifest, or"
        f" set --external-id; {advice}"
    )
    return Problem("id", text)


def own_ids(records: Sequence[Any]) -> list[Any]:
    """Return the ids of records that are alike: texts, unless `record_id` has to judge one.

    Raises KeyError for a record without the field of the others.
    """
    field = "externalId" if any("externalId" in record for record in records) else "id"
    ids = list(map(itemgetter(field), records))
    return list(map(str, ids)) if set(map(type, ids)) == {int} else ids


def checked_id(text: str, field: str) -> str | Problem:
    """Return an id unchanged, white space included, or the problem with it.

    An id must not be blank or too long, and must not contain control or invisible characters.
    """
    if not text.strip():
        return Problem(field, "the externalId is empty; use a field that every record has")
    if len(text) > LONGEST_ID_BYTES // 4 and (size := _size_of(text)) > LONGEST_ID_BYTES:
        advice = "use a shorter field, or add `| sha256`"
        return Problem(
            field,
            f"the externalId is {size:,} bytes long, at most {LONGEST_ID_BYTES:,} are allowed;"
            f" {advice}",
        )
    # Most ids are ASCII, for which `isprintable` gives the same result in less time.
    if text.isascii() and text.isprintable():
        return text
    if (at := _hidden_at(text)) is not None:
        return Problem(field, _about_hidden(text, at))
    return text


def are_plain_ids(texts: Sequence[Any]) -> bool:
    """Return whether all values are texts of the usual form, which `checked_id` accepts."""
    if set(map(type, texts)) != {str}:
        return False
    joined = "".join(texts)
    return (
        joined.isascii()
        and joined.isprintable()
        and max(map(len, texts)) <= LONGEST_ID_BYTES
        and all(map(str.strip, texts))
    )


def _size_of(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _hidden_at(text: str) -> int | None:
    # Valid joiners become letters, so that the positions of other characters do not change.
    replaced = re.sub(_IN_PLACE, lambda valid: "x" * len(valid.group()), text)
    match = re.search(_SUSPECT, replaced)
    return match.start() if match else None


def _about_hidden(text: str, at: int) -> str:
    sign = text[at]
    is_control = re.match(f"[{_CONTROL}]", sign)
    place = f"U+{ord(sign):04X} (character {at + 1} of {show(text)})"
    if is_control:
        advice = "use `| trim` or another field; in YAML `|` adds a line break, `|-` does not"
        return f"the externalId has the control character {place}; {advice}"
    advice = f'remove it from the source, or with `| replace("{escaped(sign)}", "")`'
    return f"the externalId has the invisible character {place}; {advice}"
