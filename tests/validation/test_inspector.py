"""The inspector: calls all checks, compares across the manifest, and costs little."""

from __future__ import annotations

import pytest

from ld_import.validation import Level
from ld_import.validation.inspector import Inspector
from tests.validation.makers import NOW, inspected, make_item


@pytest.mark.parametrize("kind", ["videos", "images", "files", "media-library"])
def test_usual_items(kind):
    """Usual items of every kind have no findings."""
    items = [make_item(kind, line=line) for line in range(1, 4)]
    if kind == "media-library":
        items = items[:1]

    assert inspected(items, kind) == []


def test_findings_are_warnings():
    """A finding has the item's line and id, a rule, a sentence and advice, and is a warning."""
    item = make_item(line=7, external_id=" v7", url="http://localhost/a.jpg", fileName="a.mp4")

    found = inspected([item])

    assert {finding.rule for finding in found} == {
        "white-space-around-id",
        "private-host",
        "file-ending-image",
        "file-name-as-title",
    }
    for finding in found:
        assert (finding.level, finding.line, finding.external_id) == (Level.WARNING, 7, " v7")
        assert finding.text
        assert finding.advice
        assert not finding.text.endswith(".")


def test_no_secret_in_a_finding():
    """A URL with a password and a signature has findings without any of it."""
    url = "http://anna:pa55word@10.0.0.1/a.jpg?Expires=5&Signature=s1gnature"

    found = inspected([make_item(url=url), make_item(line=2, url=url)])

    assert len(found) == 9
    for finding in found:
        for secret in ("anna", "pa55word", "s1gnature"):
            assert secret not in finding.text + finding.advice


def test_closed_without_an_end():
    """An inspector can be closed at any time, and again."""
    inspector = Inspector("videos", now=NOW)
    inspector.inspect(make_item())
    inspector.close()
    inspector.close()
