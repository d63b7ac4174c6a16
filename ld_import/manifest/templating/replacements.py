"""Filters that replace those of Jinja: strict about their input, and bounded."""

from __future__ import annotations

from typing import Any

from jinja2.filters import FILTERS as JINJA
from jinja2.filters import make_attrgetter
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import htmlsafe_json_dumps, url_quote

from ld_import.manifest.templating import numeric
from ld_import.manifest.templating.operators import formatted
from ld_import.manifest.templating.values import printable
from ld_import.manifest.templating.work import Work

PAIRS = (dict, list, tuple)


def format_text(work: Work, text: str, *args: Any, **kwargs: Any) -> str:
    """Return `text % values`, within the budget."""
    return formatted(work, text, kwargs or args)


def striptags(text: str) -> str:
    """Return the text of HTML on one line."""
    # Few templates use it, and the module is slow to import.
    from ld_import.manifest.templating.html import strip_tags

    return strip_tags(text)


def replace(text: str, old: Any, new: Any, count: int | None = None) -> str:
    """Replace a text, `count` times if given."""
    return text.replace(printable(old), printable(new), -1 if count is None else count)


def join(environment: SandboxedEnvironment, values: Any, d: Any = "", attribute: Any = None) -> str:
    """Join the printable items of a list, or their `attribute`."""
    if attribute is not None:
        values = list(map(make_attrgetter(environment, attribute), values))
    between = printable(d)
    try:
        return between.join(values)
    except TypeError:
        return between.join(map(printable, values))


def sum_values(
    environment: SandboxedEnvironment, values: Any, attribute: Any = None, start: Any = 0
) -> Any:
    """Add the items of a list, or their `attribute`."""
    if attribute is not None:
        values = map(make_attrgetter(environment, attribute), values)
    return numeric.total(list(values), start)


def attr(environment: SandboxedEnvironment, value: Any, name: Any) -> Any:
    """Look up a field by its name."""
    return environment.getattr(value, str(name))


def filesizeformat(value: Any, binary: bool = False) -> str:
    """Return a number of bytes as `1.2 MB`."""
    return str(JINJA["filesizeformat"](numeric.to_float(value), binary))


def tojson(value: Any) -> str:
    """Return a value as JSON that is safe in HTML, keys sorted."""
    return htmlsafe_json_dumps(value, sort_keys=True)


def urlencode(value: Any) -> str:
    """Percent-encode a text, or the pairs of a mapping as a query string."""
    if not isinstance(value, PAIRS):
        return url_quote(printable(value))
    pairs = value.items() if isinstance(value, dict) else value
    return "&".join(
        f"{url_quote(printable(key), for_qs=True)}={url_quote(printable(item), for_qs=True)}"
        for key, item in pairs
    )
