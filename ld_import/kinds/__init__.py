"""Kinds of imports: convert entries to items and answers to jobs; one module and schema per kind.

A new kind is a `JobKind(…)` (or an object with the methods of `base.Kind`), its schema under
`schemas/`, and one line in this file.
"""

from ld_import.kinds.base import Kind
from ld_import.kinds.files import FILES
from ld_import.kinds.images import IMAGES
from ld_import.kinds.media_library import MEDIA_LIBRARY
from ld_import.kinds.videos import VIDEOS

KINDS: dict[str, Kind] = {
    "videos": VIDEOS,
    "images": IMAGES,
    "files": FILES,
    "media-library": MEDIA_LIBRARY,
}

__all__ = ["KINDS", "Kind"]
