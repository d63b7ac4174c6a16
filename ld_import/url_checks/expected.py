"""The content that the server accepts at a URL, by kind of import: types and sizes.

The sizes are the defaults of a Livingdocs server; a server can be configured differently.
"""

from __future__ import annotations

from dataclasses import dataclass

from ld_import.model import Item
from ld_import.validation.subject import LIBRARY

MIB = 1024 * 1024
# Types with a limit of their own.
ANIMATED = ("image/gif", "image/webp")
LARGEST_ANIMATED_BYTES = 10 * MIB


@dataclass(frozen=True, slots=True)
class Expected:
    """The content expected at a URL.

    - `name` identifies the expectation in the store of results.
    - `main_type` is the first part of the media type, empty if it does not matter.
    - `usual_type` is the media type that a server takes unless it is configured differently.
    - `largest_bytes` is the size the server downloads, `None` without a limit.
    """

    name: str
    noun: str
    main_type: str = ""
    usual_type: str = ""
    largest_bytes: int | None = None

    def limit_for(self, media_type: str) -> int | None:
        """Return the largest size in bytes of this media type."""
        if self.main_type == "image" and self.largest_bytes and media_type in ANIMATED:
            return LARGEST_ANIMATED_BYTES
        return self.largest_bytes


VIDEOS = Expected("videos", "a video", main_type="video", largest_bytes=100 * MIB)
IMAGES = Expected("images", "an image", main_type="image", largest_bytes=15 * MIB)
FILES = Expected("files", "a file", usual_type="application/pdf", largest_bytes=100 * MIB)
# The server does not download the assets of the media library: they have no limit.
ASSETS = {
    "video": Expected("media-library/video", "a video", main_type="video"),
    "image": Expected("media-library/image", "an image", main_type="image"),
}
ANY_ASSET = Expected("media-library/file", "a file")
EXPECTED = {one.name: one for one in (VIDEOS, IMAGES, FILES, *ASSETS.values(), ANY_ASSET)}


def expected_of(item: Item, kind: str) -> Expected:
    """Return the content expected at the URL of an item."""
    return _asset_of(item) if kind == LIBRARY else EXPECTED[kind]


def _asset_of(item: Item) -> Expected:
    # Imported here: the other kinds do not need it.
    import orjson

    fields = orjson.loads(item.body)
    # A project may have media types with names of its own.
    main_type = str((fields.get("asset") or {}).get("mimeType", "")).partition("/")[0]
    return ASSETS.get(fields.get("mediaType")) or ASSETS.get(main_type, ANY_ASSET)
