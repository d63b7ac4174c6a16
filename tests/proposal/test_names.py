"""Names of columns in three languages."""

from __future__ import annotations

import pytest

from ld_import.proposal.names import handle_of, role_of, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Bild-URL", ["bild", "url"]),
        ("thumbnailUrl", ["thumbnail", "url"]),
        ("URLOfVideo", ["url", "of", "video"]),
        ("Größe (KB)", ["grosse", "kb"]),
        ("légende", ["legende"]),
        ("", []),
        ("標題", []),
    ],
)
def test_words_of_a_name(name, words):
    """Words are separated by signs, by capitals, and have no accents."""
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Titel", "title"),
        ("Überschrift", "title"),
        ("post_title", "title"),
        ("Inv.Nr.", "id"),
        ("Inventarnummer", "id"),
        ("Schlagwörter", "tags"),
        ("mots-clés", "tags"),
        ("Aufnahmedatum", "date"),
        ("created_at", "date"),
        ("lastModified", "date"),
        ("Fotograf", "source"),
        ("Légende", "caption"),
        ("Bildtext", "caption"),
        ("colour", ""),
    ],
)
def test_role_of_a_name(name, role):
    """A role follows from all words of a name, or from the last one."""
    assert role_of((name,)) == role


@pytest.mark.parametrize(
    ("path", "handle"),
    [
        (("Bild-URL",), "bildUrl"),
        (("dateRange", "startYear"), "dateRangeStartYear"),
        (("2nd title",), "field2ndtitle"),
        (("標題",), "field"),
        (("{{ x }}",), "x"),
    ],
)
def test_handle_of_a_path(path, handle):
    """A handle has ASCII letters and digits and starts with a small letter."""
    assert handle_of(path) == handle
