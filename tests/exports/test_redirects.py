"""Redirects: legacy URLs as browsers request them, and addresses that are safe to redirect to."""

from __future__ import annotations

import pytest

from ld_import.exports.left_out import LeftOut
from ld_import.exports.redirects import (
    NO_NEW_URL,
    NOT_A_URL,
    SAME,
    SECRET,
    UNKNOWN,
    Redirect,
    new_of,
    old_of,
    redirect_of,
)
from tests.exports.rows import image_row

HOSTILE = "https://cdn.example/a b\"c'd;e$f{g}h\\i\nj\tk\u2028l#m"


@pytest.mark.parametrize(
    ("url", "old"),
    [
        ("http://Old.Example/a.jpg", "old.example/a.jpg"),
        ("https://old.example:8443/a.jpg", "old.example/a.jpg"),
        ("https://ann:secret@old.example/a.jpg#top", "old.example/a.jpg"),
        ("https://old.example", "old.example/"),
        ("https://old.example/show?id=7&size=%C3%A9", "old.example/show?id=7&size=%C3%A9"),
        ("https://old.example/a.jpg?", "old.example/a.jpg"),
        ("https://old.example/Zürich 1.jpg", "old.example/Z%C3%BCrich%201.jpg"),
        ("https://zürich.example/a", "xn--zrich-kva.example/a"),
        ("https://old.example/a\\b/./c/../d", "old.example/a/b/d"),
        ("https://old.example/a/..", "old.example/"),
        ("https://[::1]/a", "[::1]/a"),
        ("https://old.example/it's?q='x'|y", "old.example/it's?q=%27x%27|y"),
    ],
)
def test_legacy_url(url, old):
    """Host, path and query are those of the request that a browser sends for the URL."""
    assert old_of(url) == old


@pytest.mark.parametrize(
    "url",
    ["films/1.mp4", "ftp://old.example/a", "http:///a", "http://a b/", "http://old.example:x/", ""],
)
def test_not_a_web_address(url):
    """Other texts have no redirect."""
    assert old_of(url) is None
    assert new_of(url) is None


def test_new_url():
    """The new URL keeps scheme, port and query, and loses user and fragment."""
    url = "https://ann:secret@CDN.example:8443/2026/ü.jpg?v=1#top"

    assert new_of(url) == "https://cdn.example:8443/2026/%C3%BC.jpg?v=1"


@pytest.mark.parametrize("convert", [old_of, new_of])
def test_hostile_url(convert):
    """No text can end a quoted word or a line, begin a variable, or be another word."""
    text = convert(HOSTILE) or ""

    assert text.isascii() and text.isprintable()
    assert not set(text) & set(' "\\#')
    assert convert is old_of or not set(text) & set("$'{}")


def test_redirect():
    """An item leads from its legacy URL to its new one."""
    expected = Redirect("old.example/1.jpg", "https://cdn.example/2026/1.jpg")

    assert redirect_of(image_row()) == expected


@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ({"originalUrl": None}, UNKNOWN),
        ({"originalUrl": "s3://bucket/1.jpg"}, NO_NEW_URL),
        ({"url": "nowhere"}, NOT_A_URL),
        ({"url": "https://old.example/1.jpg?X-Amz-Signature=***"}, SECRET),
        ({"url": "http://CDN.example/2026/1.jpg"}, SAME),
    ],
)
def test_left_out(changes, left_out):
    """Items without a redirect are left out with the reason; a redirect to itself would loop."""
    assert redirect_of(image_row(**changes)) == left_out


def test_item_that_was_not_imported():
    """A failed item has no redirect, even if an earlier version of it arrived."""
    assert isinstance(redirect_of(image_row(state="failed")), LeftOut)
