"""What must never be told: the one rule that finds secrets in text, and those a run knows.

A sentence keeps its sense: `https://films.example/a.mp4?id=7&X-Amz-Signature=***`. What is sent to
the server never comes through here.
"""

from __future__ import annotations

import re
from functools import cache
from os.path import commonprefix
from urllib.parse import quote

MASK = "***"
# Shorter ones would be found inside ordinary words.
SHORTEST_KNOWN = 8
SHORTEST_CUT = 16

# Names end like this: `X-Amz-Signature`, `access_token`, `client-secret`, `AWSAccessKeyId`.
ENDINGS = (
    "signature|token|secret|password|passwd|passphrase|credentials?|api[_-]?key|secret[_-]?key"
    "|access[_-]?key(?:[_-]?id)?|key[_-]pair[_-]id|hmac|jwt|assertion"
)
# Names are just this; a longer name that ends so may mean anything.
NAMES = "sig|hdnts|hdnea|policy|pwd|auth|authorization|phpsessid|jsessionid"
HEADERS = "(?:proxy-)?authorization|x-[a-z-]*(?:token|key|secret|signature)"
# Quotes may stand around, and inside JSON a backslash before each.
QUOTE = r"""(?:\\?["'])?"""
VALUE = r"""[^\s&;,"'<>\\(){}\[\]|]+"""
START = r"(?:(?<![A-Za-z0-9])|(?<=%26)|(?<=%3[Ff]))"
# Without one of these words there is nothing to find, which is told in a microsecond.
TRACES = (
    *(
        "@",
        "token",
        "sig",
        "secret",
        "pass",
        "pwd",
        "credential",
        "key",
        "hmac",
        "jwt",
        "assertion",
    ),
    *("hdn", "policy", "auth", "sess", "cookie", "bearer", "basic"),
)
# What stands before an ending is left where it is; to look for it would take quadratic time.
NAME = rf"(?:{ENDINGS}|{START}(?:{NAMES}))"
SCHEME = r"(?:(?:bearer|basic|digest|token)\s+)?"

PATTERNS = (
    # https://user:password@host
    r"""(://)[^/\s?#@"'\\]+(?=@)""",
    # ?token=abc, token="abc", and the same inside an encoded URL
    rf"(?i:({NAME}{QUOTE}\s*=\s*{QUOTE}){VALUE})",
    rf"(?i:({NAME}%3D))(?:(?!%26){VALUE[:-1]}?)+",
    # "token": "abc", and headers with or without quotes
    rf"(?i:({NAME}\\?[\"']\s*:\s*\\?[\"']{SCHEME})){VALUE}",
    rf"(?i:({START}(?:{HEADERS}){QUOTE}\s*:\s*{QUOTE}{SCHEME})){VALUE}",
    rf"""(?i:({START}(?:set-)?cookie2?{QUOTE}\s*[:=]\s*{QUOTE}))(?:\\"|[^\s"'\\])+"""
    r"""(?:(?<=;)\s*(?:\\"|[^\s"'\\])+)*""",
    # Not `basic instructions`: what is secret has figures, or capitals in the middle.
    rf"\b((?i:bearer|basic)\s+)(?=\S*?(?:\d|[a-z][A-Z])){VALUE}",
    # What a storage says in XML of a signature it does not take
    r"(?i:(<\w*(?:signature|token|secret|password|accesskey)\w*>))[^<\s]+",
)


@cache
def _rules() -> tuple[re.Pattern[str], ...]:
    # Most commands never tell anything that has a trace of a secret in it.
    return tuple(re.compile(pattern) for pattern in PATTERNS)


def masked(text: str) -> str:
    """Return text without what looks like a secret: signatures, tokens, passwords, cookies."""
    if not _has_trace(text.lower()):
        return text
    for pattern in _rules():
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _has_trace(lowered: str) -> bool:
    # A plain loop: it costs half of what `any` does, once for the URL of each item.
    for trace in TRACES:  # noqa: SIM110
        if trace in lowered:
            return True
    return False


class Secrets:
    """The secrets a program knows itself, to be found literally besides what the rule finds."""

    def __init__(self) -> None:
        """Know none."""
        self._known: list[str] = []

    def keep(self, secret: str) -> None:
        """Never tell this text again, as it stands or as it stands in a URL."""
        for one in dict.fromkeys((secret, quote(secret, safe=""))):
            if len(one) >= SHORTEST_KNOWN and one not in self._known:
                self._known.append(one)

    def forget(self) -> None:
        """Know none again."""
        self._known.clear()

    def hide(self, text: str) -> str:
        """Return text in which every secret is replaced by `***`."""
        for secret in self._known:
            text = text.replace(secret, MASK)
        for secret in self._known:
            text = _without_start(secret, text)
        return masked(text)


def _without_start(secret: str, text: str) -> str:
    """Replace the beginning of a secret of which somebody cut the end away."""
    start = secret[:SHORTEST_CUT]
    while len(start) == SHORTEST_CUT and (at := text.find(start)) >= 0:
        length = len(commonprefix((text[at : at + len(secret)], secret)))
        text = text[:at] + MASK + text[at + length :]
    return text
