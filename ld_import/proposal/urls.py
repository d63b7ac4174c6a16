"""Forms of URLs in a column: file endings, signatures, video pages, paths without a host."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ld_import.kinds.addresses import authority_fault, character_fault
from ld_import.proposal.names import listed
from ld_import.redaction import redact

ENDINGS = {
    "images": "jpg jpeg png gif svg webp tif tiff bmp avif heic jpe psd eps raw cr2 nef",
    "videos": "mp4 mov m4v webm avi mkv mpg mpeg wmv flv ogv m3u8 3gp mts vob",
    "files": "pdf doc docx xls xlsx ppt pptx odt ods odp zip txt csv rtf epub mp3 wav m4a ogg flac"
    " aac json xml",
}
KIND_BY_ENDING = {ending: kind for kind, listed in ENDINGS.items() for ending in listed.split()}
# Pages, not files: the server cannot fetch a video from them.
VIDEO_PAGES = listed(
    "youtube.com youtu.be vimeo.com dailymotion.com blip.tv video.google.com peertube"
    " ustream.tv twitch.tv"
)
EXPIRING = re.compile(r"[?&](?:expires|x-amz-expires|x-goog-expires|se)=", re.IGNORECASE)
URL_STARTS = frozenset("hH \t\r\n\xa0")

_is_url = re.compile(r"\s*https?://", re.IGNORECASE).match
_ending = re.compile(r"\.([A-Za-z0-9]{2,5})$").search


class UrlForms:
    """Counts for one column what its URLs look like."""

    __slots__ = (
        "count",
        "endings",
        "fault",
        "host",
        "nameless",
        "page_count",
        "path_endings",
        "signed",
        "unencoded",
    )

    def __init__(self) -> None:
        """Start without a value."""
        self.nameless = 0
        self.count = self.page_count = self.signed = self.unencoded = 0
        self.endings: dict[str, int] = {}
        self.path_endings: dict[str, int] = {}
        self.fault = ""
        self.host = ""

    def add(self, text: str) -> None:
        """Count a value that is not empty."""
        # Most values are not URLs: one comparison each.
        if text[0] not in URL_STARTS or not _is_url(text):
            if "." in text[-6:] and (kind := kind_of_name(text)):
                self.path_endings[kind] = self.path_endings.get(kind, 0) + 1
            return
        self._add_url(text)

    def _add_url(self, text: str) -> None:
        is_spaced, text = text != text.strip(), text.strip()
        self.count += 1
        try:
            parts = urlsplit(text)
            host = (parts.hostname or "").lower()
        except ValueError:
            self.fault = self.fault or text[:80]
            return
        self.host = self.host or host
        self.nameless += not parts.path.rpartition("/")[2]
        if kind := kind_of_name(parts.path):
            self.endings[kind] = self.endings.get(kind, 0) + 1
        elif any(host == page or host.endswith(f".{page}") for page in VIDEO_PAGES):
            self.page_count += 1
        if parts.query and (redact(text) != text or EXPIRING.search(text)):
            self.signed += 1
        if is_spaced or not text.isascii() or character_fault(text):
            self.unencoded += 1
        if authority_fault(text) and text.isascii():
            self.fault = self.fault or text[:80]

    @property
    def kind(self) -> str:
        """The kind that most endings have, or an empty text."""
        return max(self.endings, key=lambda kind: self.endings[kind], default="")


def kind_of_name(name: str) -> str:
    """Return the kind of a file by its ending, or an empty text."""
    match = _ending(name.strip())
    return KIND_BY_ENDING.get(match[1].lower(), "") if match else ""
