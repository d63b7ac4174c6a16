"""Files that must not be registered: pages, truncated and empty files, unknown content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.harness.http_source import LOGIN_PAGE
from tests.harness.media import stamps
from tests.harness.media.sample import EMPTY, PAGE, TRUNCATED, UNKNOWN, Sample

# Titles of samples of which a half is a broken file.
HALVES = (
    *("jpeg", "progressive jpeg", "png", "webp", "gif"),
    *("mp4", "faststart mp4", "mov", "mkv", "avi", "pdf of 3", "docx"),
)


def broken(whole: Iterable[Sample]) -> Iterator[Sample]:
    """Yield broken files, some of them made of whole ones."""
    by_title = {sample.title: sample for sample in whole}
    for title in HALVES:
        sample = by_title[title]
        yield Sample(
            title=f"half {title}",
            body=sample.body[: len(sample.body) // 2],
            stamp=_before_the_middle,
            name=sample.name,
            problem=TRUNCATED,
        )
    for name in (".jpg", ".mp4", ".pdf"):
        yield Sample(
            title=f"login page named {name}",
            body=LOGIN_PAGE,
            stamp=stamps.markup,
            name=name,
            problem=PAGE,
        )
    for name in (".jpg", ".mp4"):
        yield Sample(title=f"empty {name}", body=b"", stamp=stamps.same, name=name, problem=EMPTY)
    yield Sample(
        title="unknown content",
        body=b"\x00\x01\x02\x80\xfe\x07" * 500,
        stamp=stamps.appended,
        name=".dat",
        problem=UNKNOWN,
    )


def _before_the_middle(body: bytes, note: bytes) -> bytes:
    """Cut off a few bytes more, so that two truncated files differ."""
    return body[: len(body) - int(note.split()[0]) % (len(body) // 4)]
