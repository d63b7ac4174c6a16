"""The kind of media in an export, and the column with their URLs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ld_import.proposal.columns import Column
from ld_import.proposal.measure import Measured
from ld_import.proposal.names import (
    PAGE_WORDS,
    PATH_WORDS,
    PREVIEW_WORDS,
    URL_WORDS,
    all_words,
    listed,
    words_of,
)
from ld_import.proposal.wording import name_of
from ld_import.wording import amount

LEAST_URLS = 0.5
KIND_WORDS = {
    "videos": listed(
        "video videos film films movie movies clip clips recording sendung talk footage reel"
        " duration dauer duree"
    ),
    "images": listed(
        "image images bild bilder photo photos foto fotos picture pictures fotograf photographer"
        " photographe"
    ),
    "files": listed("file files datei dateien document dokument pdf fichier"),
}
LIBRARY = "media-library"
MEDIA_TYPES = {"videos": "video", "images": "image", "files": "file"}

# Fields of an asset in the storage, by the words of a column's last name.
ASSET_NAMES = {
    "key": "key storagekey objectkey assetkey s3key",
    "size": "size bytes filesize sizebytes sizeinbytes contentlength",
    "mimeType": "mimetype mime contenttype",
    "filename": "filename originalfilename originalname",
    "width": "width widthpx imagewidth pixelwidth",
    "height": "height heightpx imageheight pixelheight",
    "duration": "duration durationseconds length",
}
NEEDED_OF_ASSET = {
    "image": ("key", "size", "mimeType", "width", "height"),
    "video": ("key", "size", "mimeType", "width", "height", "duration"),
    "file": ("key", "size", "mimeType"),
}


@dataclass(frozen=True, slots=True)
class Media:
    """The kind of an export, why, and its column of URLs.

    `is_path` is True if the column has paths without a host. `others` counts the URLs that end
    like media of other kinds. `assets` are the columns of the fields of an asset.
    """

    kind: str
    reason: str
    url: Column | None
    is_path: bool
    others: dict[str, int]
    content: str
    assets: dict[str, Column]


def media_of(measured: Measured, kind: str | None = None) -> Media:
    """Return the kind, unless it is given, and the best column of URLs."""
    content, reason = _content(measured, kind if kind in MEDIA_TYPES else None)
    url, is_path = _url_column(measured, content)
    assets = _assets(measured)
    found = kind or content
    needed = NEEDED_OF_ASSET[MEDIA_TYPES[content]]
    if kind is None and url is not None and all(name in assets for name in needed):
        columns = ", ".join(name_of(assets[name].path) for name in needed)
        found, reason = LIBRARY, f"the export describes stored objects ({columns})"
    others: dict[str, int] = {}
    if url is not None:
        endings = url.urls.path_endings if is_path else url.urls.endings
        others = {name: count for name, count in endings.items() if name != content}
    return Media(found, "chosen by you" if kind else reason, url, is_path, others, content, assets)


def _content(measured: Measured, kind: str | None) -> tuple[str, str]:
    """Return images, videos or files, and what shows it."""
    if kind is not None:
        return kind, "chosen by you"
    best, is_path = _url_column(measured, None)
    mime = max(
        measured.columns.values(), key=lambda column: sum(column.mime.values()), default=None
    )
    if mime is not None and sum(mime.mime.values()) >= min(measured.count, 1000) * LEAST_URLS:
        found = max(mime.mime, key=lambda name: mime.mime[name])
        return found, f"most MIME types in {name_of(mime.path)} are those of {found}"
    if best is not None:
        endings = best.urls.path_endings if is_path else best.urls.endings
        known = sum(endings.values())
        if endings and known >= best.urls.page_count:
            found = max(endings, key=lambda name: endings[name])
            count = f"{endings[found]:,} of {amount(best.filled, 'value')}"
            return found, f"{count} in {name_of(best.path)} end like {found}"
        if best.urls.page_count:
            count = f"{best.urls.page_count:,} of {amount(best.filled, 'URL')}"
            return "videos", f"{count} in {name_of(best.path)} are pages of video portals"
    return _by_names(measured, best)


def _by_names(measured: Measured, best: Column | None) -> tuple[str, str]:
    paths = [best.path] if best is not None else []
    for path in [*paths, *measured.columns]:
        words = all_words(path)
        for kind, kind_words in KIND_WORDS.items():
            if words & kind_words:
                return kind, f"the name {name_of(path)} suggests {kind}"
    return "files", "neither endings nor MIME types nor names show the kind: check it"


def _url_column(measured: Measured, kind: str | None) -> tuple[Column | None, bool]:
    """Return the best column of URLs, else of paths with an ending."""
    scored = [(_score(measured, column, kind), column) for column in _url_columns(measured)]
    if scored:
        return max(scored, key=lambda pair: pair[0])[1], False
    scored = [
        (_path_score(measured, column, kind), column)
        for column in measured.columns.values()
        if column.urls.path_endings
        and sum(column.urls.path_endings.values()) >= LEAST_URLS * column.filled
    ]
    return (max(scored, key=lambda pair: pair[0])[1], True) if scored else (None, False)


def _url_columns(measured: Measured) -> Iterator[Column]:
    for column in measured.columns.values():
        if column.urls.count and column.urls.count >= LEAST_URLS * column.filled:
            yield column


def _score(measured: Measured, column: Column, kind: str | None) -> float:
    words, urls = all_words(column.path), column.urls
    endings = urls.endings.get(kind, 0) if kind else sum(urls.endings.values())
    score = 2 * measured.fill_rate(column) + 4 * endings / urls.count
    if kind in (None, "videos"):
        score += 3 * urls.page_count / urls.count
    if not urls.endings and not urls.page_count:
        score -= 1
    score += 2 * bool(words & (URL_WORDS - {"url", "uri", "link"})) + bool(words & {"url", "uri"})
    score -= 2.5 * bool(words & PREVIEW_WORDS) + 1.5 * bool(words & PAGE_WORDS)
    return score - 0.2 * len(column.path)


def _path_score(measured: Measured, column: Column, kind: str | None) -> float:
    words, endings = all_words(column.path), column.urls.path_endings
    fitting = endings.get(kind, 0) if kind else sum(endings.values())
    score = 2 * measured.fill_rate(column) + 2 * fitting / column.filled
    score += 2 * bool(words & (PATH_WORDS | URL_WORDS)) - 2.5 * bool(words & PREVIEW_WORDS)
    # Exports of a folder of JSON files name the file of each record.
    return score - 3 * bool(words & {"source"}) - 0.2 * len(column.path)


def _assets(measured: Measured) -> dict[str, Column]:
    names = {name: field for field, listed in ASSET_NAMES.items() for name in listed.split()}
    found: dict[str, Column] = {}
    for path, column in measured.columns.items():
        last = path[-1]
        field = names.get("".join(words_of(last))) if isinstance(last, str) else None
        is_scalar = not {"list", "object"} & column.types.keys()
        if field and is_scalar and 0 not in path and measured.is_full(column):
            found.setdefault(field, column)
    return found
