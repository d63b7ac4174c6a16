"""File endings of another kind of media: a `.jpg` among videos. Unknown endings pass."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.validation.address import Address
from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "file-ending"
IMAGE, VIDEO, AUDIO, PLAYLIST, DOCUMENT = "image", "video", "audio", "playlist", "document"
# Endings that different kinds share (`.ogg`, `.ts`, `.bin`) are not in the table.
ENDINGS = {
    IMAGE: "jpg jpeg jpe jfif png gif webp avif heic heif tif tiff bmp svg psd",
    VIDEO: "mp4 m4v mov avi mkv webm ogv wmv flv mpg mpeg 3gp mts m2ts",
    AUDIO: "mp3 m4a wav flac aac aif aiff opus oga wma",
    PLAYLIST: "m3u8 m3u mpd",
    DOCUMENT: "pdf doc docx odt rtf txt xls xlsx ods csv ppt pptx odp epub zip srt vtt",
}
MEDIUM_OF = {ending: medium for medium, names in ENDINGS.items() for ending in names.split()}
FITTING = {"images": (IMAGE,), "videos": (VIDEO,), "files": (AUDIO, PLAYLIST, DOCUMENT)}
COMMANDS = {IMAGE: "`ld-import images`", VIDEO: "`ld-import videos`"}
OTHER_COMMAND = "`ld-import files`"
# Endings that need no closer look.
USUAL = {
    kind: frozenset(ending for ending, medium in MEDIUM_OF.items() if medium in media)
    for kind, media in FITTING.items()
}


def check_ending(subject: Subject, address: Address) -> Iterable[Finding]:
    """Report a URL whose file ending belongs to another kind of media."""
    kind, ending = subject.medium_kind, address.ending
    medium = MEDIUM_OF.get(ending)
    if medium is None or kind not in FITTING or medium in FITTING[kind]:
        return ()
    text = f'the URL ends in ".{ending}" ({medium}), but the entry is one of {kind}'
    advice = f"check the URL, or import it with {COMMANDS.get(medium, OTHER_COMMAND)}"
    return (subject.warning(f"{RULE}-{medium}", subject.url_field, text, advice),)
