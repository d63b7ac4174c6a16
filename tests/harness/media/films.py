"""Films of every container, and recordings."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from tests.harness.media import stamps
from tests.harness.media.sample import NO_DURATION, Sample, Stamp

SIZE = (96, 64)
RATE = 10
FRAMES = 12
SECONDS = FRAMES / RATE
SAMPLE_RATE = 16_000
SOUND_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Film:
    title: str
    form: str
    codec: str = "libx264"
    mime: str = "video/mp4"
    suffix: str = ".mp4"
    stamp: Stamp = stamps.boxes
    size: tuple[int, int] = SIZE
    seen: tuple[int, int] = SIZE
    rotation: int | None = None
    aspect: Fraction | None = None
    flags: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


QUICKTIME: dict[str, Any] = {"form": "mov", "mime": "video/quicktime", "suffix": ".mov"}
WEBM: dict[str, Any] = {"form": "webm", "mime": "video/webm", "suffix": ".webm"}
TURNED = SIZE[::-1]
WIDE = Fraction(3, 2)
SEEN_WIDE = (SIZE[0] * 3 // 2, SIZE[1])
FILMS = (
    _Film(title="mp4", form="mp4"),
    _Film(title="faststart mp4", form="mp4", flags={"movflags": "faststart"}),
    _Film(title="fragmented mp4", form="mp4", flags={"movflags": "frag_keyframe+empty_moov"}),
    _Film(title="mp4 turned 90", form="mp4", rotation=90, seen=TURNED),
    _Film(title="wide mp4", form="mp4", aspect=WIDE, seen=SEEN_WIDE),
    _Film(title="mov", **QUICKTIME),
    *(
        _Film(
            title=f"mov turned {degrees}",
            rotation=degrees,
            seen=SIZE if degrees == 180 else TURNED,
            **QUICKTIME,
        )
        for degrees in (90, 180, 270)
    ),
    _Film(
        title="wide mov turned 90",
        rotation=90,
        aspect=WIDE,
        seen=SEEN_WIDE[::-1],
        **QUICKTIME,
    ),
    _Film(title="webm of vp9", codec="libvpx-vp9", stamp=stamps.matroska, **WEBM),
    _Film(title="webm of vp8", codec="libvpx", stamp=stamps.matroska, **WEBM),
    _Film(
        title="live webm",
        codec="libvpx",
        stamp=stamps.matroska,
        flags={"live": "1"},
        problem=NO_DURATION,
        **WEBM,
    ),
    _Film(
        title="mkv",
        form="matroska",
        mime="video/x-matroska",
        suffix=".mkv",
        stamp=stamps.matroska,
    ),
    _Film(
        title="ts",
        form="mpegts",
        mime="video/mp2t",
        suffix=".ts",
        stamp=stamps.transport_stream,
    ),
    _Film(
        title="avi",
        form="avi",
        codec="mpeg4",
        mime="video/x-msvideo",
        suffix=".avi",
        stamp=stamps.riff,
    ),
)
# Title, container, codec, format of samples, MIME type, suffix, stamp.
RECORDINGS = (
    ("mp3", "mp3", "libmp3lame", "s16p", "audio/mpeg", ".mp3", stamps.id3),
    ("m4a", "ipod", "aac", "fltp", "audio/mp4", ".m4a", stamps.boxes),
    ("wav", "wav", "pcm_s16le", "s16", "audio/wav", ".wav", stamps.riff),
)


def films() -> Iterator[Sample]:
    """Yield films of each container, some turned or anamorphic."""
    for film in FILMS:
        yield Sample(
            title=film.title,
            body=_filmed(film),
            stamp=film.stamp,
            name=film.suffix,
            mime=film.mime,
            suffix=film.suffix,
            width=film.seen[0],
            height=film.seen[1],
            duration=None if film.problem else SECONDS,
            problem=film.problem,
        )


def recordings() -> Iterator[Sample]:
    """Yield recordings."""
    for title, form, codec, samples, mime, suffix, stamp in RECORDINGS:
        yield Sample(
            title=title,
            body=_recorded(form, codec, samples),
            stamp=stamp,
            name=suffix,
            mime=mime,
            suffix=suffix,
            duration=SOUND_SECONDS,
        )


def write_large_film(path: Path, size_bytes: int) -> None:
    """Write a film of `size_bytes` with its index at the end; between them is a hole."""
    made = _filmed(FILMS[0])
    at = made.index(b"moov") - 4
    more = size_bytes - len(made)
    assert more >= 16
    with path.open("wb") as file:
        file.write(made[:at] + b"\x00\x00\x00\x01free" + more.to_bytes(8, "big"))
        file.seek(at + more)
        file.write(made[at:])


def _filmed(film: _Film) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film")
        with av.open(path, "w", format=film.form, options=film.flags) as container:
            stream: Any = container.add_stream(film.codec, rate=RATE)
            stream.width, stream.height = film.size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.thread_count = 1
            if film.aspect is not None:
                stream.codec_context.sample_aspect_ratio = film.aspect
            if film.rotation is not None:
                stream.set_display_rotation(film.rotation)
            for number in range(FRAMES):
                image = Image.new("RGB", film.size, (number * 20, 50, 90))
                frame = av.VideoFrame.from_image(image)
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()


def _recorded(form: str, codec: str, samples: str) -> bytes:
    made = io.BytesIO()
    with av.open(made, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        for number in range(10 * SOUND_SECONDS):
            frame = av.AudioFrame(format=samples, layout="mono", samples=SAMPLE_RATE // 10)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate = SAMPLE_RATE
            frame.pts = number * SAMPLE_RATE // 10
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return made.getvalue()
