"""The media type of content by its first bytes."""

from __future__ import annotations

import pytest

from ld_import.url_checks.sniffing import sniff


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
        (b"RIFF\x24\0\0\0CDXA", None),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"\x1aE\xdf\xa3\x01", "video/webm"),
        (b"G" + bytes(187) + b"G" + bytes(187), "video/mp2t"),
        (b"Good morning" + b" " * 200, None),
        (b"BM" + bytes(20), "image/bmp"),
        (b"BMW and other cars", None),
        (b"junk\n%PDF-1.4", "application/pdf"),
        (b"<?xml version='1.0'?><!-- Inkscape --><svg xmlns=''>", "image/svg+xml"),
        (b"<!DOCTYPE svg PUBLIC ''>\n<svg>", "image/svg+xml"),
        (b"\xef\xbb\xbf\r\n<!doctype HTML>", "text/html"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC ''>", "text/html"),
        (b"<html><body><svg>", "text/html"),
        (b"<rss><channel>", None),
        (b"<headline>", None),
        (b"", None),
        (b"plain text", None),
    ],
)
def test_types(head, media_type):
    """Formats that newsrooms have are known, similar texts are not mistaken for them."""
    assert sniff(head) == media_type


def test_time_is_linear():
    """Hostile content cannot make the search slow."""
    assert sniff(b"<!--" * 1_000 + b" " * 96) is None
    assert sniff(b"<?" * 2_048) is None
