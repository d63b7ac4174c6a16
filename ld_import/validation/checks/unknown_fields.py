"""Fields of an entry that the API does not document: sent as they are, and of no known effect."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from ld_import.validation.finding import Finding
from ld_import.validation.subject import LIBRARY, Subject
from ld_import.wording import did_you_mean, shorten

RULE = "unknown-field"
JOB_FIELDS = frozenset({"id", "url", "fileName", "mediaType", "metadata"})
LIBRARY_FIELDS = frozenset(
    {
        "id",
        "systemName",
        "externalId",
        "mediaType",
        "asset",
        "file",
        "sha256",
        "metadata",
        "translations",
    }
)
# Usual metadata properties that people write beside `metadata`.
PROPERTIES = ("title", "caption", "source", "description", "credit", "copyright", "tags")
CUTOFF = 0.6
LONGEST_COMPARED = 100


def check_fields(subject: Subject) -> Iterable[Finding]:
    """Report top-level fields that the API does not document for this kind."""
    known = LIBRARY_FIELDS if subject.kind == LIBRARY else JOB_FIELDS
    if known.issuperset(subject.fields):
        return ()
    return [
        subject.warning(RULE, name, *_text_and_advice(name[:LONGEST_COMPARED], known))
        for name in subject.fields
        if name not in known
    ]


@lru_cache(maxsize=256)
def _text_and_advice(name: str, known: frozenset[str]) -> tuple[str, str]:
    # Usually each record of a manifest has the same ones.
    return f"the entry has the unknown field `{shorten(name)}`", _advice(name, sorted(known))


def _advice(name: str, known: list[str]) -> str:
    """Return the closest known field, or the place for properties."""
    if close := get_close_matches(name.lower(), PROPERTIES, n=1, cutoff=CUTOFF):
        title = ", or `fileName`, which becomes the title" if close == ["title"] else ""
        return f"did you mean `metadata.{close[0]}`{title}?"
    if get_close_matches(name, known, n=1, cutoff=CUTOFF):
        return did_you_mean(name, known)
    return "omit it, or write it below `metadata` if the project has such a property"
