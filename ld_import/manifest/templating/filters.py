"""Filters that are added to those of Jinja.

Each accepts text (or an integer, as its digits) and raises TemplateValueError for other types: a
`null` that became the text "None" would be noticed in the media library only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import unquote

from ld_import.manifest.templating.dates import isodate
from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.values import text_of
from ld_import.wording import show


def slugify(value: Any) -> str:
    """Return lower-case ASCII words joined by `-`, or `x` and 12 hex digits if there are none."""
    text = text_of(value, "slugify")
    if text.isascii():
        plain = text.lower()
    else:
        # Normalizing a long run of combining characters takes quadratic time; they are dropped.
        base = "".join([sign for sign in text if not combining(sign)])
        plain = normalize("NFKD", base).encode("ascii", "ignore").decode().lower()
    return _between_words().sub("-", plain).strip("-") or f"x{sha256(text)[:12]}"


@cache
def _between_words() -> re.Pattern[str]:
    # Compiled on first use, like the patterns of dates.
    return re.compile("[^a-z0-9]+")


def sha256(value: Any) -> str:
    """Return the SHA-256 of the UTF-8 text as 64 hex digits."""
    return hashlib.sha256(text_of(value, "sha256").encode()).hexdigest()


def basename(value: Any) -> str:
    """Return the file name at the end of a URL or path, percent-decoded.

    Query and fragment are removed; in a path that is not a URL, `#` is part of the name.
    """
    text = text_of(value, "basename")
    scheme, mark, rest = text.partition("://")
    path = rest.partition("#")[0] if mark else scheme
    path = path.partition("?")[0]
    path = path.partition("/")[2] if mark else path.replace("\\", "/")
    name = unquote(path.rstrip("/").rpartition("/")[2]).replace("\\", "/").rpartition("/")[2]
    if not name:
        raise TemplateValueError(f"{show(value)} has no file name at its end")
    return name


def strip_html(value: Any) -> str:
    """Return the text of HTML, entities resolved; blocks and `<br>` become line breaks."""
    # Few templates use it, and the module is slow to import.
    from ld_import.manifest.templating.html import text_from

    text = text_from(text_of(value, "strip_html"))
    lines = (" ".join(line.split(" ")).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def encode_url(value: Any) -> str:
    """Percent-encode characters that a URL cannot contain, and convert its host to ASCII (`xn--…`).

    Encoded parts remain, so the filter can be applied twice: `%20` is a space, and only a `%`
    without two hexadecimal digits becomes `%25`. A `?` or `#` ends the path.
    """
    # As above.
    from ld_import.manifest.templating.urls import encoded

    return encoded(text_of(value, "encode_url").strip())


FILTERS: dict[str, Callable[..., str]] = {
    "slugify": slugify,
    "sha256": sha256,
    "basename": basename,
    "strip_html": strip_html,
    "isodate": isodate,
    "encode_url": encode_url,
}
