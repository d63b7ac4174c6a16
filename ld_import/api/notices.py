"""Warnings in the headers of answers: each distinct one is passed on once, all are counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx

from ld_import.api.dates import date_from
from ld_import.versions import NEWEST, is_newest

# A text with a moment or an id in it is a new one each time.
MOST_NOTICES = 5
NOTICE_LENGTH = 300
HEADER_LENGTH = 2000
# Warning: 299 - "text" "date", …
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Notices:
    """The warnings one client was given; `count` is the number of answers that had any."""

    def __init__(self, api_version: str, on_notice: Callable[[str], None] | None) -> None:
        """Pass distinct texts to `on_notice`, at most a few."""
        self.count = 0
        self._api_version = api_version
        self._on_notice = on_notice
        self._said: set[str] = set()

    def read(self, headers: httpx.Headers) -> None:
        """Read the headers of an answer."""
        texts = [*_warnings(headers), *_announcements(headers, self._api_version)]
        self.count += bool(texts)
        for text in texts:
            shown = " ".join(text.split())[:NOTICE_LENGTH]
            if shown in self._said or len(self._said) >= MOST_NOTICES:
                continue
            self._said.add(shown)
            if self._on_notice is not None:
                self._on_notice(shown)


def _warnings(headers: httpx.Headers) -> Iterator[str]:
    for value in headers.get_list("warning"):
        cut = value[:HEADER_LENGTH]
        quoted = [text for text in QUOTED.findall(cut) if date_from(text) is None]
        for text in quoted or [cut]:
            yield f"the server warns: {text}"


def _announcements(headers: httpx.Headers, api_version: str) -> Iterator[str]:
    named = [f"{name}: {headers[name]}" for name in ("Deprecation", "Sunset") if name in headers]
    if not named:
        return
    told = "; ".join(one[: NOTICE_LENGTH // 3] for one in named)
    advice = "" if is_newest(api_version) else f"; the newest known --api-version is {NEWEST}"
    yield f"the server announces the end of API version {api_version} ({told}){advice}"
