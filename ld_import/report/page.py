"""The page: values of a report in a template, with text that can never act.

Every text passes `clean`, then the template escapes it. The Content-Security-Policy allows only
the style and the script of the page, by their hashes, and no request to anywhere.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ld_import.report.chart import chart_of
from ld_import.report.data import ReportData
from ld_import.wording import amount, duration

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

LONGEST_TEXT = 600
COUNTS = (
    ("success", "imported", "the server has these items"),
    ("skipped", "skipped", "already on the server"),
    ("failed", "failed", "the causes are below"),
    ("open", "open", "the result is not known yet; the next run asks for it"),
    ("invalid", "invalid", "not sent; the causes are below"),
    ("failedBefore", "failed before", "sent again with --retry-failed, or once the record changes"),
    ("unchanged", "unchanged", "on the server with this content"),
    ("repeated", "repeated", "same id and content as an earlier line"),
    ("notSent", "not sent", "held back by a limit, the quota or a stop"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The circumstances in which a page is written.

    - `clean`: redacts secrets and escapes control characters of a text.
    - `csv_name`: the file beside the page with all items, if the page does not list them all.
    """

    clean: Callable[[str], str]
    csv_name: str
    version: str
    now: datetime


def page_of(data: ReportData, writing: Writing) -> bytes:
    """Return the report as one HTML file in UTF-8."""
    from markupsafe import Markup

    style, script = _text("style.css"), _text("script.js")
    intervals = data.timeline.intervals
    page = (
        _environment(writing.clean)
        .get_template("page.html.j2")
        .render(
            data=data,
            run=data.run,
            counts=[(*names, data.run.count(names[0])) for names in COUNTS],
            # Files of this package, and a chart whose texts are numbers and times.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            chart=Markup(chart_of(intervals)) if intervals else "",  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
            words={name: word for name, word, _ in COUNTS} | {"read": "read"},
            # A name with a colon before a slash would be a URL with a scheme.
            csv_link=f"./{quote(writing.csv_name)}",
            csv_name=writing.csv_name,
            version=writing.version,
            now=writing.now,
        )
    )
    # Half a character of a surrogate pair is not UTF-8.
    return page.encode("utf-8", "backslashreplace")


def _environment(clean: Callable[[str], str]) -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def cleaned(value: Any) -> Any:
        is_foreign = isinstance(value, str) and not isinstance(value, Markup)
        return clean(value) if is_foreign else value

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_text),
    )
    environment.filters |= {
        "amount": amount,
        "duration": duration,
        "short": lambda text: _short(clean(text)),
        "marked": lambda text: _marked(_short(clean(text))),
        "number": lambda value: f"{value:,}",
        "signed": lambda value: f"{value:+,}".replace("-", "−"),
        "time": lambda value: f"{value:%d %b %Y, %H:%M:%S} UTC",
        "iso": lambda value: f"{value:%Y-%m-%dT%H:%M:%SZ}",
    }
    return environment


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _marked(text: str) -> Markup:
    """Return text with the parts in backticks as code, whose words are not broken at hyphens."""
    from markupsafe import Markup

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return Markup.escape(text)
    code = Markup('<code class="inline">{}</code>')
    word = Markup("<span>{}</span>")
    return Markup().join(
        code.format(Markup(" ").join(word.format(one) for one in part.split(" ")))
        if number % 2
        else part
        for number, part in enumerate(parts)
    )


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
