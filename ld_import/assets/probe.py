"""Probing: what a file is, by its first and last bytes.

`probe` needs the extra `assets`; `check_probing` says so before it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from ld_import.assets.probing import content as types
from ld_import.assets.probing.content import Content, Family
from ld_import.assets.probing.detection import content_of
from ld_import.assets.probing.documents import check_pdf
from ld_import.assets.probing.facts import NotAFile, Probed, ProbeProblem, Warned
from ld_import.assets.probing.limits import file_warnings, image_warnings, video_warnings
from ld_import.assets.probing.window import Reader, Window
from ld_import.errors import UsageError

__all__ = ["NotAFile", "ProbeProblem", "Probed", "Reader", "Warned", "check_probing", "probe"]

LIBRARIES = ("PIL", "av", "filetype")


def check_probing() -> None:
    """Raise UsageError if a library that probing needs is not installed."""
    if any(find_spec(name) is None for name in LIBRARIES):
        raise UsageError(
            "reading files needs an optional part of ld-import",
            hint="run: pip install 'ld-import[assets]'",
        )


def probe(reader: Reader, size: int | None, name: str) -> Probed:
    """Return the facts about a file; its `name` is only a hint for messages.

    Reads few pieces of a large file. Raises ProbeProblem if the file must not be uploaded, and
    whatever `reader` raises.
    """
    window = Window(reader, size)
    try:
        probed = _probe(window, name)
    except Exception:
        # The libraries hide errors of the source behind their own.
        if window.failure is not None:
            raise window.failure from None
        raise
    if window.failure is not None:
        raise window.failure
    return probed


def _probe(window: Window, name: str) -> Probed:
    label = "content"
    try:
        content = content_of(window, name)
        label = content.label
        return READERS[content.family](content, window)
    except (ProbeProblem, ImportError):
        raise
    except Exception:  # of a library, of any type
        raise ProbeProblem(
            f"the {label} cannot be read; it is damaged or of a form that is not supported"
        ) from None


def _image(content: Content, window: Window) -> Probed:
    from ld_import.assets.probing.pictures import picture_of

    picture = picture_of(content, window)
    return _sized(content, window, (picture.width, picture.height), picture.frames)


def _drawing(content: Content, window: Window) -> Probed:
    from ld_import.assets.probing.drawings import drawing_size

    return _sized(content, window, drawing_size(window), None)


def _sized(
    content: Content,
    window: Window,
    sides: tuple[int | None, int | None],
    frames: int | None,
) -> Probed:
    width, height = sides
    return Probed(
        content.mime_type,
        content.suffix,
        "image",
        width,
        height,
        warnings=tuple(image_warnings(content.mime_type, window.size, sides, frames)),
        missing=tuple(_unknown(width=width, height=height)),
    )


def _film(content: Content, window: Window) -> Probed:
    from ld_import.assets.probing.films import film_of

    film = film_of(content, window)
    if film.width is None:
        return _file(content.as_sound(), window, film.duration_seconds)
    return Probed(
        content.mime_type,
        content.suffix,
        "video",
        film.width,
        film.height,
        film.duration_seconds,
        tuple(video_warnings(window.size)),
        tuple(_unknown(duration=film.duration_seconds)),
    )


def _other(content: Content, window: Window) -> Probed:
    if content is types.PDF:
        check_pdf(window)
    return _file(content, window, None)


def _file(content: Content, window: Window, duration_seconds: float | None) -> Probed:
    return Probed(
        content.mime_type,
        content.suffix,
        "file",
        duration_seconds=duration_seconds,
        warnings=tuple(file_warnings(content.mime_type, window.size)),
    )


def _unknown(**fields: float | None) -> Iterator[str]:
    return (name for name, value in fields.items() if value is None)


READERS: dict[Family, Callable[[Content, Window], Probed]] = {
    Family.PICTURE: _image,
    Family.DRAWING: _drawing,
    Family.FILM: _film,
    Family.OTHER: _other,
}
