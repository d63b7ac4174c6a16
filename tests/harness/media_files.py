"""A folder of sample files and the facts about each: `make_files(folder, 2000)`.

The same number and seed give the same files. Each sample is made once, and its copies differ in
a comment, so that sound files have different contents. 2,000 files take 0.6 s and have 7 MB.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.harness.media.sample import Sample

FOLDERS = 20
# Some paths need quoting in URLs.
NAMES = ("picture", "Straße am Fluß", "a+b & c", "100% #1", "photo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A file, and the facts that must be found; see `Sample`.

    `path` is relative to the folder. `size` and `sha256` are those of the whole file, also if it
    is broken.
    """

    path: str
    title: str
    mime: str | None
    suffix: str | None
    width: int | None
    height: int | None
    duration: float | None
    size: int
    sha256: str
    problem: str | None

    @property
    def is_sound(self) -> bool:
        """Whether it can be registered."""
        return self.problem is None

    @property
    def media(self) -> str:
        """The kind of medium: image, video or file."""
        kind = (self.mime or "").partition("/")[0]
        return kind if kind in ("image", "video") else "file"


@cache
def samples() -> tuple[Sample, ...]:
    """Return one sample of every kind. Skips where Pillow or PyAV is not installed."""
    pytest.importorskip("PIL")
    pytest.importorskip("av")
    from tests.harness.media.broken import broken
    from tests.harness.media.documents import documents, drawings
    from tests.harness.media.films import films, recordings
    from tests.harness.media.pictures import pictures

    whole = (*pictures(), *films(), *recordings(), *documents(), *drawings())
    return (*whole, *broken(whole))


def make_files(folder: Path, count: int, seed: int = 1) -> list[Expected]:
    """Write `count` files below a folder, each kind about as often, and return the facts."""
    rng = random.Random(seed)
    chosen: list[Sample] = []
    while len(chosen) < count:
        chosen += rng.sample(samples(), len(samples()))
    for number in range(FOLDERS):
        (folder / f"{number:02}").mkdir(parents=True, exist_ok=True)
    return [_write(folder, sample, number, rng) for number, sample in enumerate(chosen[:count])]


def make_large_film(folder: Path, path: str, size_bytes: int) -> Expected:
    """Write a film of this size with its index at the end, and return the facts."""
    pytest.importorskip("av")
    from tests.harness.media.films import SECONDS, SIZE, write_large_film

    write_large_film(folder / path, size_bytes)
    with (folder / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Expected(
        path=path,
        title="large mp4",
        mime="video/mp4",
        suffix=".mp4",
        width=SIZE[0],
        height=SIZE[1],
        duration=SECONDS,
        size=size_bytes,
        sha256=digest,
        problem=None,
    )


def _write(folder: Path, sample: Sample, number: int, rng: random.Random) -> Expected:
    note = f"{number} {rng.randrange(10**9)}".encode().ljust(20)
    body = sample.stamp(sample.body, note)
    path = f"{number % FOLDERS:02}/{rng.choice(NAMES)} {number}{sample.name}"
    (folder / path).write_bytes(body)
    return Expected(
        path=path,
        title=sample.title,
        mime=sample.mime,
        suffix=sample.suffix,
        width=sample.width,
        height=sample.height,
        duration=sample.duration,
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        problem=sample.problem,
    )
