"""The type of a content: its MIME type, suffix, and the library that can read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Family(StrEnum):
    """The library, or the module here, that reads a content."""

    PICTURE = "picture"
    DRAWING = "drawing"
    FILM = "film"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Content:
    """A type of content; `reader` is its format in Pillow, or its demuxer in FFmpeg.

    A film without moving pictures is a recording, which has a MIME type and suffix of its own.
    """

    mime_type: str
    suffix: str
    label: str
    family: Family = Family.OTHER
    reader: str = ""
    sound: tuple[str, str, str] | None = None

    def as_sound(self) -> Content:
        """Return the type of the same container if it has no moving pictures."""
        if self.sound is None:
            return self
        mime_type, suffix, label = self.sound
        return replace(self, mime_type=mime_type, suffix=suffix, label=label)


def picture(mime_type: str, suffix: str, name: str, reader: str = "") -> Content:
    """Return the type of a picture; without a reader its size cannot be found out."""
    return Content(mime_type, suffix, f"{name} image", Family.PICTURE, reader)


def film(
    mime_type: str,
    suffix: str,
    name: str,
    reader: str,
    sound: tuple[str, str, str] | None = None,
) -> Content:
    """Return the type of a container of moving pictures and sound."""
    return Content(mime_type, suffix, f"{name} video", Family.FILM, reader, sound)


def recording(mime_type: str, suffix: str, name: str, reader: str) -> Content:
    """Return the type of a sound."""
    return Content(mime_type, suffix, f"{name} recording", Family.FILM, reader)


PDF = Content("application/pdf", ".pdf", "PDF document")
SVG = Content("image/svg+xml", ".svg", "SVG image", Family.DRAWING)
HTML = Content("text/html", ".html", "HTML page")
XML = Content("application/xml", ".xml", "XML document")
TEXT = Content("text/plain", ".txt", "text")
RTF = Content("application/rtf", ".rtf", "RTF document")
POSTSCRIPT = Content("application/postscript", ".ps", "PostScript document")
ZIP = Content("application/zip", ".zip", "ZIP archive")

MP4 = film("video/mp4", ".mp4", "MP4", "mov", ("audio/mp4", ".m4a", "MP4 recording"))
M4A = recording("audio/mp4", ".m4a", "MP4", "mov")
MOV = film("video/quicktime", ".mov", "QuickTime", "mov")
GP3 = film("video/3gpp", ".3gp", "3GPP", "mov", ("audio/3gpp", ".3gp", "3GPP recording"))
GP32 = film("video/3gpp2", ".3g2", "3GPP2", "mov", ("audio/3gpp2", ".3g2", "3GPP2 recording"))
MKV = film(
    *("video/x-matroska", ".mkv", "Matroska", "matroska"),
    ("audio/x-matroska", ".mka", "Matroska recording"),
)
WEBM = film("video/webm", ".webm", "WebM", "matroska", ("audio/webm", ".webm", "WebM recording"))
TS = film("video/mp2t", ".ts", "MPEG-TS", "mpegts")
OGG = film("video/ogg", ".ogv", "Ogg", "ogg", ("audio/ogg", ".ogg", "Ogg recording"))
AVI = film("video/x-msvideo", ".avi", "AVI", "avi")
WAV = recording("audio/wav", ".wav", "WAV", "wav")

AVIF = picture("image/avif", ".avif", "AVIF", "AVIF")
HEIC = picture("image/heic", ".heic", "HEIC")
WEBP = picture("image/webp", ".webp", "WebP", "WEBP")

# Types that `filetype` reports, by its MIME type: 1.2.0 has some of its own.
REPORTED = {
    "image/jpeg": picture("image/jpeg", ".jpg", "JPEG", "JPEG"),
    "image/png": picture("image/png", ".png", "PNG", "PNG"),
    "image/apng": picture("image/png", ".png", "PNG", "PNG"),
    "image/gif": picture("image/gif", ".gif", "GIF", "GIF"),
    "image/tiff": picture("image/tiff", ".tif", "TIFF", "TIFF"),
    "image/bmp": picture("image/bmp", ".bmp", "BMP", "BMP"),
    "image/x-icon": picture("image/x-icon", ".ico", "ICO", "ICO"),
    "image/jpx": picture("image/jp2", ".jp2", "JPEG 2000", "JPEG2000"),
    "image/vnd.adobe.photoshop": picture("image/vnd.adobe.photoshop", ".psd", "Photoshop", "PSD"),
    "audio/mpeg": recording("audio/mpeg", ".mp3", "MP3", "mp3"),
    "audio/aac": recording("audio/aac", ".aac", "AAC", "aac"),
    "audio/ogg": OGG,
    "audio/x-flac": recording("audio/flac", ".flac", "FLAC", "flac"),
    "audio/x-wav": WAV,
    "audio/amr": recording("audio/amr", ".amr", "AMR", "amr"),
    "audio/x-aiff": recording("audio/aiff", ".aiff", "AIFF", "aiff"),
    "video/x-msvideo": AVI,
    "video/x-ms-wmv": film(
        *("video/x-ms-wmv", ".wmv", "WMV", "asf"), ("audio/x-ms-wma", ".wma", "WMA recording")
    ),
    "video/mpeg": film("video/mpeg", ".mpg", "MPEG", "mpeg"),
    "video/x-flv": film("video/x-flv", ".flv", "FLV", "flv"),
}


def reported(mime_type: str, extension: str) -> Content:
    """Return the type that `filetype` reports in these words."""
    if mime_type in REPORTED:
        return REPORTED[mime_type]
    name = extension.upper()
    if mime_type.startswith("image/"):
        return picture(mime_type, f".{extension}", name)
    return Content(mime_type, f".{extension.lower()}", f"{name} file")
