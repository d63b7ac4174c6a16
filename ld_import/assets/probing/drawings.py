"""SVG: the size that the root element states in pixels, else that of its `viewBox`."""

from __future__ import annotations

import math
import re

from ld_import.assets.probing.facts import ProbeProblem
from ld_import.assets.probing.texts import root_of, text_of
from ld_import.assets.probing.window import Window

ATTRIBUTE = re.compile(r"(?<![\w:.-])(width|height|viewBox)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
LENGTH = re.compile(rf"\s*({NUMBER})\s*(px|pt|pc|in|cm|mm|q)?\s*", re.IGNORECASE)
# https://www.w3.org/TR/css-values-3/#absolute-lengths
PIXELS = {
    **{"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0},
    **{"cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6},
}
LARGEST = 10_000_000
# The last tag is within these bytes: programs write comments behind it.
CLOSED_WITHIN = 4096


def drawing_size(window: Window) -> tuple[int | None, int | None]:
    """Return width and height, None where the drawing adapts to its place. Raises ProbeProblem."""
    text = text_of(window.head()) or ""
    root = root_of(text)
    if root is None:
        raise ProbeProblem("the SVG image is damaged: its first element has no end")
    if not root.attributes.rstrip().endswith("/"):
        _check_closed(window)
    found = {name: double or single for name, double, single in ATTRIBUTE.findall(root.attributes)}
    return _size(
        _pixels(found.get("width", "")),
        _pixels(found.get("height", "")),
        _box(found.get("viewBox", "")),
    )


def _check_closed(window: Window) -> None:
    # In UTF-16 every second byte is 0.
    tail = window.tail(CLOSED_WITHIN).replace(b"\x00", b"")
    if not re.search(rb"svg\s*>", tail):
        raise ProbeProblem("the file is truncated: the SVG image has no end")


def _size(
    width: float | None, height: float | None, box: tuple[float, float] | None
) -> tuple[int | None, int | None]:
    if box is not None:
        ratio = box[0] / box[1]
        if width is None and height is None:
            width, height = box
        elif width is None and height is not None:
            width = height * ratio
        elif height is None and width is not None:
            height = width / ratio
    return _whole(width), _whole(height)


def _whole(length: float | None) -> int | None:
    if length is None or length > LARGEST:
        return None
    return max(1, round(length))


def _pixels(text: str) -> float | None:
    match = LENGTH.fullmatch(text)
    if match is None:
        return None
    return _positive(float(match[1]) * PIXELS[(match[2] or "").lower()])


def _box(text: str) -> tuple[float, float] | None:
    parts = text.replace(",", " ").split()
    if len(parts) != 4 or not all(re.fullmatch(NUMBER, part) for part in parts):
        return None
    width, height = _positive(float(parts[2])), _positive(float(parts[3]))
    return (width, height) if width and height else None


def _positive(number: float) -> float | None:
    return number if number > 0 and math.isfinite(number) else None
