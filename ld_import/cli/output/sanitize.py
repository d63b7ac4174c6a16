"""Text from manifests and servers, made harmless: for a terminal, a line, and whoever reads it."""

from __future__ import annotations

import re
from typing import Any

from ld_import.secrets import Secrets

# One a process, as standard error is: whoever learns a secret puts it in, whoever tells looks.
SECRETS = Secrets()

# Format characters that turn the direction of text, hide, or mark it. Not the soft hyphen and the
# joiners, without which Persian, Hindi and emoji are not what they are.
UNSAFE_FORMATS = (
    r"\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
SEPARATORS = r"\u2028\u2029"
UNSAFE = re.compile(rf"[\x00-\x1f\x7f-\x9f{SEPARATORS}\ud800-\udfff{UNSAFE_FORMATS}]")
UNSAFE_IN_LINES = re.compile(UNSAFE.pattern.replace(r"\x00-\x1f", r"\x00-\x08\x0b-\x1f"))
# JSON means the same when it is escaped, so all format characters are.
UNSAFE_IN_JSON = re.compile(
    rf"[\x7f-\x9f\xad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u200c\u200d{SEPARATORS}"
    rf"{UNSAFE_FORMATS}\U000110bd\U000110cd\U00013430-\U0001343f]"
)


def sanitize(text: object, *, limit: int | None = None) -> str:
    """Return text in which nothing can act and nothing is secret, control characters as escapes.

    Markup is not touched; whoever prints must not interpret any.
    """
    # Before anything is cut away: half a secret is hard to find.
    whole = SECRETS.hide(str(text))
    if not whole.isprintable():
        whole = UNSAFE.sub(_visible, whole)
    if limit is not None and len(whole) > limit:
        return whole[: limit - 1] + "…"
    return whole


def escape_controls(text: str) -> str:
    """Return text of several lines and cells in which nothing else can act."""
    return UNSAFE_IN_LINES.sub(_visible, text)


def json_text(document: Any, *, is_indented: bool = False) -> str:
    """Return a document as JSON that can be shown on a terminal, with its keys in their order.

    Control and format characters are escaped; the value that is parsed is the same.
    """
    # Not needed where nothing but text is printed, which is to be quick.
    import orjson

    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if is_indented else 0)
    text = orjson.dumps(document, option=option).decode()
    is_safe = "\x7f" not in text if text.isascii() else text.isprintable()
    return text if is_safe else UNSAFE_IN_JSON.sub(_json_escape, text)


def _visible(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "backslashreplace").decode()


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def amount(count: int, word: str) -> str:
    """Return a count with its noun: `1 entry`, `1,200 entries`, `3 items`."""
    if count != 1:
        word = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{count:,} {word}"


def duration(seconds: float) -> str:
    """Return seconds as people say them: `0.4s`, `4s`, `2:10`, `1:04:00`."""
    if seconds < 0.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def humanize(name: str) -> str:
    """Return a name of the JSON summary as people say it: `failed before` for `failedBefore`."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name)
