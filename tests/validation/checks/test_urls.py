"""Checks of one URL: pages, endings, hosts and credentials."""

from __future__ import annotations

import pytest

from tests.validation.makers import ASSET, inspected, make_item, rules


def rules_of(url, kind="videos"):
    return [rule for _, rule, _ in rules([make_item(kind, url=url)], kind)]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.youtube.com/watch?v=A-u8XHAUac4", "YouTube"),
        ("http://YouTube.com/watch?v=x", "YouTube"),
        ("https://m.youtube.com/shorts/x", "YouTube"),
        ("https://youtu.be/MCmNGmFh6wE", "YouTube"),
        ("https://vimeo.com/11980200", "Vimeo"),
        ("https://player.vimeo.com/video/11980200?h=1", "Vimeo"),
        ("https://www.dailymotion.com/video/x8abc", "Dailymotion"),
        ("https://dai.ly/x8abc", "Dailymotion"),
        ("https://www.twitch.tv/videos/123", "Twitch"),
        ("https://www.facebook.com/watch/?v=1", "Facebook"),
        ("https://www.facebook.com/somepage/videos/123/", "Facebook"),
        ("https://www.ted.com/talks/some_talk", "TED"),
        ("https://archive.org/details/pyvideo_3848", "Internet Archive"),
        ("https://www.tiktok.com/@x/video/1", "TikTok"),
        ("https://x.com/someone/status/1", "X"),
        ("https://blip.tv/file/3840816", "blip.tv"),
        ("https://commons.wikimedia.org/wiki/File:A.webm", "Wikimedia Commons"),
    ],
)
def test_pages(url, name):
    """The page of a video is not the video."""
    (finding,) = inspected([make_item(url=url)])

    assert finding.rule.startswith("web-page-")
    assert finding.text == f"the URL is a web page of {name}, not a media file"


@pytest.mark.parametrize(
    "url",
    [
        "https://player.vimeo.com/external/1.hd.mp4?s=x",
        "https://player.vimeo.com/progressive_redirect/playback/1/rendition/720p/file.mp4",
        "https://archive.org/download/a/b.mp4",
        "http://blip.tv/file/get/a.mp4",
        "https://i.ytimg.com/vi/x/hq.webp?youtube.com/watch",
        "https://example.com/youtube.com/watch",
        "https://notyoutube.com/watch",
        "https://video.twimg.com/ext/x.mp4",
        "https://commons.wikimedia.org/wiki/Special:FilePath/A.webm",
        "https://upload.wikimedia.org/a/A.webm",
    ],
)
def test_files_of_the_same_hosts(url):
    """Files of the same companies pass, as do pages of unknown hosts."""
    assert [rule for rule in rules_of(url) if rule.startswith("web-page")] == []


@pytest.mark.parametrize(
    ("kind", "url", "medium"),
    [
        ("images", "https://media.example.com/a.mp4", "video"),
        ("images", "https://media.example.com/a.PDF", "document"),
        ("videos", "https://media.example.com/a.jpg", "image"),
        ("videos", "https://media.example.com/a.JPEG?width=3", "image"),
        ("videos", "https://media.example.com/a.mp3#t=3", "audio"),
        ("videos", "https://media.example.com/live/a.m3u8", "playlist"),
        ("files", "https://media.example.com/a.mov", "video"),
        ("files", "https://media.example.com/a%2Ejpg", "image"),
    ],
)
def test_endings_of_another_kind(kind, url, medium):
    """An ending that belongs to another kind is reported, in upper case or before a query."""
    assert rules_of(url, kind) == [f"file-ending-{medium}"]


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("videos", "https://media.example.com/a.webm"),
        ("videos", "https://media.example.com/a.ogg"),
        ("videos", "https://media.example.com/a.v2"),
        ("videos", "https://media.example.com/.jpg"),
        ("videos", "https://media.example.com/jpg"),
        ("videos", "https://media.example.jpg"),
        ("videos", "https://media.example.com/get.php?file=a.jpg"),
        ("videos", "https://media.example.com/a.jpg/download"),
        ("images", "https://media.example.com/a.webp"),
        ("images", "https://media.example.com/photo"),
        ("files", "https://media.example.com/a.xlsx"),
        ("files", "https://media.example.com/a.mp3"),
    ],
)
def test_unknown_endings(kind, url):
    """Unknown, shared and missing endings pass."""
    assert rules_of(url, kind) == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LOCALHOST",
        "media.localhost",
        "nas.local",
        "media.internal",
        "files.corp.",
        "mediaserver",
        "10.1.2.3",
        "172.20.0.1",
        "192.168.1.5:8000",
        "127.0.0.1",
        "169.254.1.1",
        "0.0.0.1",
        "[::1]",
        "[fc00::1]:80",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "user@192.168.1.5",
    ],
)
def test_private_hosts(host):
    """Hosts that only one network knows are reported."""
    assert "private-host" in rules_of(f"http://{host}/a.mp4")


@pytest.mark.parametrize(
    "host",
    ["media.example.com", "localhost.example.com", "8.8.8.8", "[2001:4860:4860::8888]", "local.ch",
     "172.32.0.1", "mylocal.example", "10.example.com"],
)  # fmt: skip
def test_public_hosts(host):
    """Hosts of the Internet pass."""
    assert rules_of(f"https://{host}/a.mp4") == []


def test_file_urls_of_the_media_library():
    """The schema of the media library accepts `file:`, which no server can use."""
    item = make_item("media-library", asset={**ASSET, "url": "file:///srv/a.mp4"})

    assert rules([item], "media-library") == [(1, "file-url", "asset.url")]


@pytest.mark.parametrize(
    ("user", "rule"), [("anna:s3cret", "credentials-in-url"), ("anna", "user-in-url")]
)
def test_credentials(user, rule):
    """Credentials are reported, and never repeated."""
    (finding,) = inspected([make_item(url=f"https://{user}@media.example.com/a.mp4")])

    assert finding.rule == rule
    assert "anna" not in finding.text + finding.advice
    assert "s3cret" not in finding.text + finding.advice


def test_an_at_sign_in_the_path():
    """Only an `@` before the host is that of a user."""
    assert rules_of("https://media.example.com/a@b:c/d.mp4") == []


def test_media_types_of_the_media_library():
    """The mediaType of an entry decides which endings fit."""
    items = [
        make_item("media-library", line=1),
        make_item("media-library", line=2, asset={**ASSET, "url": "https://a.example/b.jpg"}),
    ]

    assert rules(items, "media-library") == [(2, "file-ending-image", "asset.url")]


def test_a_known_host_with_another_ending():
    """URLs of a host that has passed are still compared with the endings."""
    urls = ["https://media.example.com/a.mp4"] * 2 + ["https://media.example.com/a.jpg"]

    found = rules([make_item(line=line, url=url) for line, url in enumerate(urls, 1)])

    assert (3, "file-ending-image", "url") in found


def test_a_known_host_with_a_user_or_a_signature():
    """URLs of a host that has passed are still searched for credentials and signatures."""
    urls = [
        "https://media.example.com/a.mp4",
        "https://anna:x@media.example.com/b.mp4",
        "https://media.example.com/c.mp4?Expires=1&Signature=x&name=.mp4",
    ]

    found = rules([make_item(line=line, url=url) for line, url in enumerate(urls, 1)])

    assert found == [(2, "credentials-in-url", "url"), (3, "expired-url", "url")]


@pytest.mark.parametrize("file", ["https://10.0.0.7/a.jpg", "https://u:p@old.example/a.jpg"])
def test_the_server_does_not_reach_for_files_to_upload(file):
    """This program reads a file, and the server does not get its address."""
    item = make_item("media-library", file=file, asset=None, mediaType="image")

    assert rules([item], "media-library") == []
