"""The filters that templates have beside Jinja's own.

Each takes text (or an integer, as its digits) and refuses everything else: a `null` that turned
into the text "None" would be found only in the media library.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import unquote

from ld_import.manifest.templating.dates import isodate
from ld_import.manifest.templating.unfit import Unfit, text_of
from ld_import.manifest.templating.urls import encode_url
from ld_import.wording import show


def slugify(value: Any) -> str:
    """Lower-case ASCII words joined by `-`; a text without any gives `x` and 12 hex digits."""
    text = text_of(value, "slugify")
    # Sorting a long run of combining characters, which are dropped anyway, takes quadratic time.
    base = text if text.isascii() else "".join(one for one in text if not combining(one))
    plain = normalize("NFKD", base).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or f"x{sha256(text)[:12]}"


def sha256(value: Any) -> str:
    """Give the SHA-256 of the UTF-8 text as 64 hex digits."""
    return hashlib.sha256(text_of(value, "sha256").encode()).hexdigest()


def basename(value: Any) -> str:
    """Give the file name at the end of a URL or path, percent-decoded.

    Query and fragment go; a `#` in a path that is no URL belongs to the name.
    """
    text = text_of(value, "basename")
    scheme, mark, rest = text.partition("://")
    path = rest.partition("#")[0] if mark else scheme
    path = path.partition("?")[0]
    path = path.partition("/")[2] if mark else path.replace("\\", "/")
    name = unquote(path.rstrip("/").rpartition("/")[2]).replace("\\", "/").rpartition("/")[2]
    if not name:
        raise Unfit(f"{show(value)} has no file name at its end")
    return name


def strip_html(value: Any) -> str:
    """Give the text of HTML, entities resolved; blocks and `<br>` become line breaks."""
    # Few templates use it, and its library is slow to load.
    from ld_import.manifest.templating.html import text_from

    text = text_from(text_of(value, "strip_html"))
    lines = (" ".join(line.split(" ")).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


FILTERS: dict[str, Callable[..., str]] = {
    "slugify": slugify,
    "sha256": sha256,
    "basename": basename,
    "strip_html": strip_html,
    "isodate": isodate,
    "encode_url": encode_url,
}
