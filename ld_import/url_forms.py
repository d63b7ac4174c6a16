"""The forms of one URL: non-ASCII characters, escaped or not, composed or decomposed.

A file called `Zürich` has two spellings in Unicode. An export that changes from one spelling to the
other changes ids and the URLs derived from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import quote

# Normalization takes quadratic time for sequences of combining marks, which no real URL contains.
MOST_NORMALIZED = 2_000

_escaped = re.compile("(?:%[89A-Fa-f][0-9A-Fa-f])+")
_letters = re.compile("[^\x00-\x7f]+")


def canonical(url: str) -> str:
    """Return the same text for all forms of a URL; a very long URL is returned unchanged."""
    if len(url) > MOST_NORMALIZED or ("%" not in url and url.isascii()):
        return url
    return normalize("NFC", _escaped.sub(_unescaped, url))


def forms_of(url: str) -> Iterator[str]:
    """Yield the URL and the forms another export may use for it."""
    yield url
    text = canonical(url)
    if not text.isascii():
        for form in ("NFC", "NFD"):
            yield _letters.sub(lambda match: quote(match.group()), normalize(form, text))


def _unescaped(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match.group().replace("%", "")).decode()
    except UnicodeDecodeError:
        return match.group()
