"""Films and recordings: the size that is seen, and the duration, by FFmpeg's libraries.

PyAV calls them. The container is known by its first bytes, so that no other one is tried: formats
such as playlists open further files and addresses.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from ld_import.assets.probing.containers import check_boxes, check_riff, check_segment
from ld_import.assets.probing.content import Content
from ld_import.assets.probing.facts import ProbeProblem
from ld_import.assets.probing.window import Window

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

ENDS = {"mov": check_boxes, "matroska": check_segment, "avi": check_riff, "wav": check_riff}
# Small, so that few reads touch two blocks of the file: each block may be a request.
BUFFER_BYTES = 8192
# Packets that are decoded until there is a picture.
MOST_PACKETS = 200
# Twice the size of a film in 8K; larger pictures can exhaust the memory of their decoder.
MOST_PIXELS = 2 * 7680 * 4320
IN_SECONDS = 1_000_000


class Film(NamedTuple):
    """The facts of a film, without a size if it is a recording."""

    width: int | None
    height: int | None
    duration_seconds: float | None


def film_of(content: Content, window: Window) -> Film:
    """Return the facts of a film or a recording. Raises ProbeProblem, and any error of FFmpeg."""
    if check := ENDS.get(content.reader):
        check(window)
    window.seek(0)
    with _av().open(
        window,
        format=content.reader,
        buffer_size=BUFFER_BYTES,
        **_leniency(),
    ) as container:
        duration = _duration(container)
        stream = _moving(container)
        if stream is not None:
            return Film(*_size(container, stream), duration)
        if not container.streams.audio:
            raise ProbeProblem(f"the {content.label} has neither moving pictures nor sound")
        return Film(None, None, duration)


@cache
def _av() -> ModuleType:
    """Return PyAV; the libraries below it print nothing from now on."""
    import av

    av.logging.set_level(None)
    return av


@cache
def _leniency() -> dict[str, str]:
    """Return the arguments that accept a title that is not UTF-8."""
    # PyAV 19 always accepts it, and has no such argument.
    major = int(_av().__version__.partition(".")[0])
    return {"metadata_errors": "replace"} if major < 19 else {}


def _moving(container: InputContainer) -> VideoStream | None:
    """Return the first stream of moving pictures; the cover of a recording is none."""
    from av.stream import Disposition

    covers = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
    return next((one for one in container.streams.video if not one.disposition & covers), None)


def _duration(container: InputContainer) -> float | None:
    if container.duration is None or container.duration <= 0:
        return None
    return round(container.duration / IN_SECONDS, 3)


def _size(container: InputContainer, stream: VideoStream) -> tuple[int, int]:
    """Return the size after pixel aspect ratio and rotation."""
    codec = stream.codec_context
    if codec is None:
        raise ProbeProblem("the video has a codec that is not known")
    width, height = codec.width, codec.height
    if min(width, height) < 1:
        raise ProbeProblem("the video does not state the size of its pictures")
    if width * height > MOST_PIXELS:
        raise ProbeProblem(f"the pictures of the video are too large: {width} x {height} pixels")
    aspect = stream.sample_aspect_ratio or Fraction(1)
    seen = max(1, round(width * aspect)) if aspect > 0 else width
    return (height, seen) if _rotation(container, stream) % 180 == 90 else (seen, height)


def _rotation(container: InputContainer, stream: VideoStream) -> int:
    """Return degrees. Only a decoded picture has them. Raises ProbeProblem without any."""
    # Several files are probed at once.
    stream.codec_context.thread_count = 1
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    for packet in islice(container.demux(stream), MOST_PACKETS):
        for frame in packet.decode():
            return frame.rotation
    raise ProbeProblem("no picture of the video can be decoded")
