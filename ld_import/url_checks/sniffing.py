"""The media type of content by its first bytes."""

from __future__ import annotations

import re

HTML = "text/html"
# Offset, bytes, media type. https://mimesniff.spec.whatwg.org and the file formats.
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\1\0", "image/x-icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"FLV\1", "video/x-flv"),
    (0, b"\0\0\1\xba", "video/mpeg"),
    (0, b"\0\0\1\xb3", "video/mpeg"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"),
    (0, b"OggS", "video/ogg"),
    (4, b"moov", "video/quicktime"),
    (4, b"mdat", "video/quicktime"),
    (4, b"wide", "video/quicktime"),
    (0, b"#EXTM3U", "application/vnd.apple.mpegurl"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"PK\3\4", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf'\x1c", "application/x-7z-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
)
# Fourth to seventh byte of a RIFF file → its media type.
RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
# The brand of an ISO base media file (MP4 and its relatives).
BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
}
# A packet of an MPEG transport stream.
PACKET_BYTES = 188
# A PDF file may have other bytes before its header.
_pdf = re.compile(rb"%PDF-\d").search
_html = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|script|meta)\b", re.I).match
_svg = re.compile(rb"<(?:\w+:)?svg\b", re.I).search
# A byte order mark, white space, comments and the declaration of XML.
_before_markup = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)


def sniff(head: bytes) -> str | None:
    """Return the media type of content that begins with these bytes; `None` if unknown."""
    return _binary(head) or _markup(head) or ("application/pdf" if _pdf(head) else None)


def _binary(head: bytes) -> str | None:
    for at, signature, media_type in SIGNATURES:
        if head.startswith(signature, at):
            return media_type
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head[:1] == b"G" and head[PACKET_BYTES : PACKET_BYTES + 1] == b"G":
        return "video/mp2t"
    return None


def _markup(head: bytes) -> str | None:
    start = _before_markup.match(head)
    rest = head[start.end() :] if start else head
    if _html(rest):
        return HTML
    if rest.startswith(b"<") and _svg(rest):
        return "image/svg+xml"
    return None
