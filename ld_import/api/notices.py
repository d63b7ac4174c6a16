"""Warnings in answer headers: each distinct one is reported once, and all answers are counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx

from ld_import.api.dates import date_from
from ld_import.versions import NEWEST, is_newest

# A text that contains a time or an id is different in each answer.
MOST_NOTICES = 5
NOTICE_LENGTH = 300
HEADER_LENGTH = 2000
# Warning: 299 - "text" "date", …
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Notices:
    """Warnings that one client received; `count` is the number of answers with a warning."""

    def __init__(self, api_version: str, on_notice: Callable[[str], None] | None) -> None:
        """Call `on_notice` with each distinct text, at most MOST_NOTICES times."""
        self.count = 0
        self._api_version = api_version
        self._on_notice = on_notice
        self._reported: set[str] = set()

    def read(self, headers: httpx.Headers) -> None:
        """Report the new warnings in the headers of an answer."""
        texts = [*_warnings(headers), *_announcements(headers, self._api_version)]
        self.count += bool(texts)
        for text in texts:
            shown = " ".join(text.split())[:NOTICE_LENGTH]
            if shown in self._reported or len(self._reported) >= MOST_NOTICES:
                continue
            self._reported.add(shown)
            if self._on_notice is not None:
                self._on_notice(shown)


def _warnings(headers: httpx.Headers) -> Iterator[str]:
    for value in headers.get_list("warning"):
        cut = value[:HEADER_LENGTH]
        quoted = [text for text in QUOTED.findall(cut) if date_from(text) is None]
        for text in quoted or [cut]:
            yield f"the server warns: {text}"


def _announcements(headers: httpx.Headers, api_version: str) -> Iterator[str]:
    lines = [f"{name}: {headers[name]}" for name in ("Deprecation", "Sunset") if name in headers]
    if not lines:
        return
    announced = "; ".join(line[: NOTICE_LENGTH // 3] for line in lines)
    advice = "" if is_newest(api_version) else f"; the newest known --api-version is {NEWEST}"
    yield f"the server announces the end of API version {api_version} ({announced}){advice}"
