"""Media types of the media library that only the project can confirm, such as `posterImage`."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.validation.finding import Finding
from ld_import.validation.subject import KINDS_OF_MEDIA, Subject
from ld_import.wording import show

RULE = "unconfirmed-media-type"
ADVICE = (
    "`ld-import validate --check-project` compares it with the project; an import sends it only if"
    " the project has it"
)


def check_media_type(subject: Subject) -> Iterable[Finding]:
    """Report a media type that is none of the three that each project has."""
    media_type = subject.fields.get("mediaType")
    if media_type is None or media_type in KINDS_OF_MEDIA:
        return ()
    text = f"`mediaType` is {show(media_type)}, which is none of `image`, `video` and `file`"
    return (subject.warning(RULE, "mediaType", text, ADVICE),)
