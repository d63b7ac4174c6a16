"""One URL in several forms: names beyond ASCII are escaped as they were composed.

A file called `Zürich` has two spellings in Unicode. Exports that change from one to the other do so
in ids and in the URLs that are made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import quote

# Normalizing takes quadratic time on rows of combining marks, which only a made-up URL has.
MOST_NORMALIZED = 2_000

_escaped = re.compile("(?:%[89A-Fa-f][0-9A-Fa-f])+")
_letters = re.compile("[^\x00-\x7f]+")


def canonical(url: str) -> str:
    """Return the same text for all forms of a URL; a very long one has only itself."""
    if len(url) > MOST_NORMALIZED or ("%" not in url and url.isascii()):
        return url
    return normalize("NFC", _escaped.sub(_unescaped, url))


def forms_of(url: str) -> Iterator[str]:
    """Yield the URL, and the forms in which another export may write it."""
    yield url
    text = canonical(url)
    if not text.isascii():
        for form in ("NFC", "NFD"):
            yield _letters.sub(lambda found: quote(found.group()), normalize(form, text))


def _unescaped(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found.group().replace("%", "")).decode()
    except UnicodeDecodeError:
        return found.group()
