"""What must never be told: the one rule that finds secrets in text, and those a run knows.

A sentence keeps its sense: `https://films.example/a.mp4?id=7&X-Amz-Signature=***`. What is sent to
the server never comes through here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from os.path import commonprefix

MASK = "***"
# Shorter ones would be found inside ordinary words.
SHORTEST_KNOWN = 8
# Text that was cut in front or at its end still holds a secret of which so much is left.
SHORTEST_PIECE = 16
# Every piece of 16 characters contains one of these at a multiple of 11, wherever it begins.
GRAM = 6
STRIDE = SHORTEST_PIECE - GRAM + 1
# Bounds the work for a secret that repeats itself.
MOST_PLACES = 8

# Names end like this: `X-Amz-Signature`, `access_token`, `client-secret`, `AWSAccessKeyId`.
ENDINGS = (
    "signature|token|secret|password|passwd|passphrase|credentials?|api[_-]?key|secret[_-]?key"
    "|access[_-]?key(?:[_-]?id)?|key[_-]pair[_-]id|hmac|jwt|assertion"
)
# Names are just this; a longer name that ends so may mean anything.
NAMES = "sig|hdnts|hdnea|policy|pwd|auth|authorization|phpsessid|jsessionid"
# The bound keeps `x-x-x-…` linear; no header has a longer name.
HEADERS = "(?:proxy-)?authorization|x-[a-z-]{0,64}(?:token|key|secret|signature)"
# Quotes may stand around, and inside JSON a backslash before each.
QUOTE = r"""(?:\\?["'])?"""
SIGN = r"""[^\s&;,"'<>\\(){}\[\]|]"""
VALUE = f"{SIGN}+"
START = r"(?:(?<![A-Za-z0-9])|(?<=%26)|(?<=%3[Ff]))"
# Without one of these words there is nothing to find, which is told in a microsecond.
TRACES = (
    *(
        "@",
        "%40",
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
    *("hdn", "policy", "auth", "sess", "cookie", "bearer", "basic", "aiza"),
)
# What stands before an ending is left where it is; to look for it would take quadratic time.
NAME = rf"(?:{ENDINGS}|{START}(?:{NAMES}))"
SCHEME = r"(?:(?:bearer|basic|digest|token)\s+)?"

# Each with the texts without which it finds nothing, in lower case.
PATTERNS = (
    # https://user:password@host, in which the password may have a slash; a number is a port
    (
        (":", "@"),
        r"""(:(?:\\?/){2})(?:[^/\s?#"'\\]+"""
        r"""|[^/\s?#@:\["'\\]*:(?!\d*[/?#])(?:(?!://)[^\s@"'\\<>])*)(?=@)""",
    ),
    # The same inside an encoded URL
    (
        ("%3a%2f%2f", "%40"),
        r"""(?i:(%3A%2F%2F))(?:(?!%2F|%3F|%23|%26|%2f|%3f)[^\s&"'\\<>])+?(?=%40)""",
    ),
    # ?token=abc, token="abc", and the same inside an encoded URL
    (("=",), rf"(?i:({NAME}{QUOTE}\s*=\s*{QUOTE}){VALUE})"),
    (("%3d",), rf"(?i:({NAME}%3D))(?:(?!%26){SIGN})+"),
    # The keys of Google's APIs: a parameter that is called `key` is mostly none.
    (("aiza",), r"(?:(?<![A-Za-z0-9])|(?<=%3[Dd]))()AIza[0-9A-Za-z_-]{10,}"),
    # "token": "abc", and headers with or without quotes
    ((":",), rf"(?i:({NAME}\\?[\"']\s*:\s*\\?[\"']{SCHEME})){VALUE}"),
    ((":",), rf"(?i:({START}(?:{HEADERS}){QUOTE}\s*:\s*{QUOTE}{SCHEME})){VALUE}"),
    (
        ("cookie",),
        rf"""(?i:({START}(?:set-)?cookie2?{QUOTE}\s*[:=]\s*{QUOTE}))(?:\\"|[^\s"'\\])+"""
        r"""(?:(?<=;)\s*(?:\\"|[^\s"'\\])+)*""",
    ),
    # Not `basic instructions`: what is secret has figures, or capitals in the middle.
    (("b",), rf"\b((?i:bearer|basic)\s+)(?=\S*?(?:\d|[a-z][A-Z])){VALUE}"),
    # What a storage says in XML of a signature it does not take
    (
        ("<",),
        r"(?i:(<(?=\w*(?:signature|token|secret|password|accesskey))\w*+>))[^<\s]+",
    ),
)


@cache
def _rules() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    # Most commands never tell anything that has a trace of a secret in it.
    return tuple((needed, re.compile(pattern)) for needed, pattern in PATTERNS)


def redact(text: str) -> str:
    """Return text without what looks like a secret: signatures, tokens, passwords, cookies.

    The time this takes grows with the length of the text and no faster, whatever is in it.
    """
    return _redact(text, text.lower())


def _redact(text: str, lowered: str) -> str:
    if not _has_trace(lowered):
        return text
    for needed, pattern in _rules():
        if all(each in lowered for each in needed):
            text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _has_trace(lowered: str) -> bool:
    # A plain loop: it costs half of what `any` does, once for the URL of each item.
    for trace in TRACES:  # noqa: SIM110
        if trace in lowered:
            return True
    return False


class Redactor:
    """The secrets a program knows itself, to be found literally besides what the rule finds.

    They are found in upper and lower case and in each form of `forms_of`.
    """

    def __init__(self) -> None:
        """Know none."""
        self._known: set[str] = set()
        self._anchors: list[tuple[str, str]] = []
        self._grams: dict[str, list[tuple[str, int]]] = {}

    def add(self, secret: str, *, is_random: bool = True) -> None:
        """Hide this text from now on.

        Of a long one every piece of 16 characters is hidden, or, unless `is_random`, only a piece
        from its beginning: the middle of a path also is in innocent texts.
        """
        if len(secret) < SHORTEST_KNOWN or secret in self._known:
            return
        # Most commands know no secret.
        from ld_import.secret_forms import forms_of

        self._known.add(secret)
        for form in forms_of(secret):
            if is_random and len(form) >= SHORTEST_PIECE:
                self._note_grams(form)
            else:
                self._anchors.append((form[:SHORTEST_PIECE], form))

    def clear(self) -> None:
        """Know none again."""
        self._known.clear()
        self._anchors.clear()
        self._grams.clear()

    def redact(self, text: str) -> str:
        """Return text in which every secret is replaced by `***`."""
        lowered = _lowered(text)
        if self._is_near(lowered):
            text = _without(text, sorted(self._spans(lowered)))
            lowered = text.lower()
        return _redact(text, lowered)

    def _note_grams(self, form: str) -> None:
        for at in range(len(form) - GRAM + 1):
            places = self._grams.setdefault(form[at : at + GRAM], [])
            if len(places) < MOST_PLACES:
                places.append((form, at))

    def _is_near(self, lowered: str) -> bool:
        for anchor, _ in self._anchors:
            if anchor in lowered:
                return True
        grams = self._grams
        if grams:
            for at in range(0, len(lowered) - GRAM + 1, STRIDE):
                if lowered[at : at + GRAM] in grams:
                    return True
        return False

    def _spans(self, lowered: str) -> Iterator[tuple[int, int]]:
        for anchor, form in self._anchors:
            at = lowered.find(anchor)
            while at >= 0:
                end = at + _common_length(lowered[at : at + len(form)], form)
                yield at, end
                at = lowered.find(anchor, end)
        for at in range(0, len(lowered) - GRAM + 1, STRIDE):
            for form, offset in self._grams.get(lowered[at : at + GRAM], ()):
                before = lowered[max(0, at - offset) : at]
                start = at - _common_length(before[::-1], form[:offset][::-1])
                end = at + _common_length(lowered[at : at + len(form) - offset], form[offset:])
                if end - start >= SHORTEST_PIECE:
                    yield start, end


def _lowered(text: str) -> str:
    """Return text in lower case, each character in its place."""
    lowered = text.lower()
    # The one letter that becomes two.
    return lowered if len(lowered) == len(text) else text.replace("İ", "i").lower()


def _common_length(one: str, other: str) -> int:
    return len(commonprefix((one, other)))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in spans:
        if start >= done:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])
