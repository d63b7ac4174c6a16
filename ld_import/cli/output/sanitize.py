"""Makes text from manifests and servers safe to print: secrets, control characters, line breaks."""

from __future__ import annotations

import re
from typing import Any

from ld_import.redaction import Redactor

# One per process, like standard error: code that reads a secret adds it, all output is redacted.
REDACTOR = Redactor()

# Format characters that change the direction of text, hide it or annotate it. Soft hyphen and
# joiners are not among them: Persian, Hindi and emoji need them.
UNSAFE_FORMATS = (
    r"\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
SEPARATORS = r"\u2028\u2029"
# Texts, each of which `re` compiles at its first use: that takes half a millisecond.
UNSAFE = rf"[\x00-\x1f\x7f-\x9f{SEPARATORS}\ud800-\udfff{UNSAFE_FORMATS}]"
UNSAFE_IN_LINES = UNSAFE.replace(r"\x00-\x1f", r"\x00-\x08\x0b-\x1f")
# Escaping does not change the value of JSON, so all format characters are escaped.
UNSAFE_IN_JSON = (
    rf"[\x7f-\x9f\xad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u200c\u200d{SEPARATORS}"
    rf"{UNSAFE_FORMATS}\U000110bd\U000110cd\U00013430-\U0001343f]"
)


def sanitize(text: object, *, limit: int | None = None) -> str:
    """Return one line of text with secrets redacted and control characters escaped.

    Markup is not escaped: the output must not interpret it.
    """
    # Before anything is cut away: half a secret is hard to find.
    whole = REDACTOR.redact(str(text))
    if not whole.isprintable():
        whole = re.sub(UNSAFE, _escape, whole)
    if limit is not None and len(whole) > limit:
        return whole[: limit - 1] + "…"
    return whole


def escape_controls(text: str) -> str:
    """Return text with control characters escaped, other than line breaks and tabs."""
    # No unsafe character is printable, and compiling the pattern takes half a millisecond.
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return re.sub(UNSAFE_IN_LINES, _escape, text)


def json_text(document: Any, *, is_indented: bool = False) -> str:
    """Return a document as JSON that is safe to print; the order of its keys is kept.

    Control and format characters are escaped, which does not change the parsed value.
    """
    # Imported here: commands that print only text start faster without it.
    import orjson

    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if is_indented else 0)
    text = orjson.dumps(document, option=option).decode()
    is_safe = "\x7f" not in text if text.isascii() else text.replace("\n", "").isprintable()
    return text if is_safe else re.sub(UNSAFE_IN_JSON, _json_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode()


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def humanize(name: str) -> str:
    """Return a key of the JSON summary as words: `failed before` for `failedBefore`."""
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name)
