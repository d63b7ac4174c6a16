"""URLs of web pages that play a medium: a server that fetches them gets HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ld_import.validation.address import Address
from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "web-page"
# Host without `www.` and `m.` → name, and the paths that are pages; other paths may be files.
ANY = ""
PAGES = {
    "youtube.com": ("YouTube", ANY),
    "music.youtube.com": ("YouTube", ANY),
    "youtube-nocookie.com": ("YouTube", ANY),
    "youtu.be": ("YouTube", ANY),
    "vimeo.com": ("Vimeo", r"/(?!.*\.(?:mp4|mov|webm)$)"),
    "player.vimeo.com": ("Vimeo", r"/video/"),
    "dailymotion.com": ("Dailymotion", r"/(?:embed/)?(?:video|playlist)/"),
    "geo.dailymotion.com": ("Dailymotion", r"/player"),
    "dai.ly": ("Dailymotion", ANY),
    "twitch.tv": ("Twitch", ANY),
    "clips.twitch.tv": ("Twitch", ANY),
    "facebook.com": ("Facebook", r"/(?:watch|reel|share|[^/]+/videos|video\.php)\b"),
    "fb.watch": ("Facebook", ANY),
    "instagram.com": ("Instagram", r"/(?:[^/]+/)?(?:p|reels?|tv)/"),
    "tiktok.com": ("TikTok", r"/@[^/]+/(?:video|photo)/|/t/"),
    "vm.tiktok.com": ("TikTok", ANY),
    "twitter.com": ("X", r"/[^/]+/status/"),
    "x.com": ("X", r"/[^/]+/status/"),
    "ted.com": ("TED", r"/talks/"),
    "embed.ted.com": ("TED", r"/talks/"),
    "archive.org": ("Internet Archive", r"/(?:details|embed)/"),
    "video.google.com": ("Google Video", r"/(?:videoplay|googleplayer)"),
    "blip.tv": ("blip.tv", r"/(?!file/get/)"),
    "rumble.com": ("Rumble", r"/(?:v|embed/)"),
    "odysee.com": ("Odysee", r"/(?:@|\$/embed)"),
    "bilibili.com": ("Bilibili", r"/video/"),
    "vk.com": ("VK", r"/(?:video|clip)"),
    "loom.com": ("Loom", r"/(?:share|embed)/"),
    "streamable.com": ("Streamable", r"/[A-Za-z0-9]+$"),
    "arte.tv": ("ARTE", r"/[a-z]{2}/videos/"),
    "ardmediathek.de": ("ARD Mediathek", r"/video/"),
    "zdf.de": ("ZDF Mediathek", r"/(?:video|play)/"),
    "srf.ch": ("SRF", r"/play/tv/"),
    "drive.google.com": ("Google Drive", r"/file/"),
    "flickr.com": ("Flickr", r"/photos/"),
    "commons.wikimedia.org": ("Wikimedia Commons", r"/wiki/(?!Special:)"),
}
_begins = {host: re.compile(pattern).match for host, (_, pattern) in PAGES.items()}


def site_of(host: str) -> str:
    """Return the host as the table has it: without a `www.` or `m.` in front."""
    return host.removeprefix("www.").removeprefix("m.")


def check_page(subject: Subject, address: Address) -> Iterable[Finding]:
    """Report a URL that is a web page of a known host of videos or images."""
    site = site_of(address.host)
    if site not in PAGES or not _begins[site](address.path):
        return ()
    name = PAGES[site][0]
    rule = f"{RULE}-{name.lower().replace(' ', '-')}"
    text = f"the URL is a web page of {name}, not a media file"
    advice = "use the address of the file; the server stores what it downloads from the URL"
    return (subject.warning(rule, subject.url_field, text, advice),)
