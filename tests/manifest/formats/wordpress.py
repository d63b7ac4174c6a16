"""Exports of WordPress for tests."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
  xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/{version}/">
<channel>
<title>The Town Paper</title>
<wp:wxr_version>{version}</wp:wxr_version>
<wp:author><wp:author_login>anna</wp:author_login>
<wp:author_display_name><![CDATA[Anna Muster]]></wp:author_display_name></wp:author>
"""
TAIL = "</channel>\n</rss>\n"
POST = "<item><title>A post</title><wp:post_type>post</wp:post_type></item>\n"


def media(number=7, more=""):
    """Return the item of an attachment, with more elements in it."""
    return (
        f"<item>\n<title><![CDATA[Picture {number}]]></title>\n<wp:post_id>{number}</wp:post_id>\n"
        f"<wp:attachment_url>https://town.example/{number}.jpg</wp:attachment_url>\n{more}"
        "<wp:post_type><![CDATA[attachment]]></wp:post_type>\n</item>\n"
    )


def meta(key, value):
    """Return an element of post meta."""
    return (
        f"<wp:postmeta><wp:meta_key><![CDATA[{key}]]></wp:meta_key>"
        f"<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>\n"
    )


def wxr(*items, version="1.2"):
    """Return an export with these items."""
    return HEAD.replace("{version}", version) + "".join(items) + TAIL
