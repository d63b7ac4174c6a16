"""Removal of secrets from text: those that patterns recognise, and those the program knows.

The rest of the text stays readable: `https://films.example/a.mp4?id=7&X-Amz-Signature=***`.
Requests to the server are not redacted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from os.path import commonprefix

MASK = "***"
# Shorter secrets would match inside ordinary words.
SHORTEST_KNOWN = 8
# A truncated secret is still redacted if this number of its characters remains.
SHORTEST_PIECE = 16
# Every piece of 16 characters contains a piece of 6 that begins at a multiple of 11.
GRAM = 6
STRIDE = SHORTEST_PIECE - GRAM + 1
# Limits the work for a repetitive secret.
MOST_PLACES = 8

# Names with these endings: `X-Amz-Signature`, `access_token`, `client-secret`, `AWSAccessKeyId`.
ENDINGS = (
    *("signature", "token", "secret", "password", "passwd", "passphrase", "credentials?"),
    *("api[_-]?key", "secret[_-]?key", "access[_-]?key(?:[_-]?id)?", "key[_-]pair[_-]id"),
    *("hmac", "jwt", "assertion"),
)
# Complete names; a longer name with such an ending can mean anything.
NAMES = (
    *("sig", "hdnts", "hdnea", "policy", "pwd", "auth", "authorization"),
    *("phpsessid", "jsessionid"),
)
# The limit keeps the time for `x-x-x-…` linear; no header has a longer name.
HEADERS = (
    *("proxy-authorization", "authorization"),
    "x-[a-z-]{0,64}(?:token|key|secret|signature)",
)
# Names and values may be quoted; inside JSON a backslash precedes each quote.
QUOTE = r"""(?:\\?["'])?"""
SIGN = r"""[^\s&;,"'<>\\(){}\[\]|]"""
VALUE = f"{SIGN}+"
START = r"(?:(?<![A-Za-z0-9])|(?<=%26)|(?<=%3[Ff]))"
# The same after the first letter.
STARTED = r"(?s:(?<![A-Za-z0-9].)|(?<=%26.)|(?<=%3[Ff].))"
# A text without any of these has no match; this check takes a microsecond.
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
# Every match contains one of these signs, or one of these words; URLs of files mostly do not.
SIGNS = ("@", "=", "%", '"', "'", "<")
UNSIGNED_TRACES = ("authorization", "x-", "cookie", "bearer", "basic", "aiza")
# These letters equal an ASCII letter if case is ignored.
OTHER_CASES = {"s": "\u017f", "k": "\u212a"}


def _cases(letter: str) -> str:
    return letter + letter.upper() + OTHER_CASES.get(letter, "")


def _first(*names: str) -> str:
    """Return a pattern of the first letter of any of these patterns of names."""
    return f"[{''.join(_cases(letter) for letter in dict.fromkeys(name[0] for name in names))}]"


def _rest(*names: str) -> str:
    """Return a pattern of the names without their first letter, which was matched before.

    Python finds the letters of a set quickly, but tries all names of a choice at each place.
    """
    rests: dict[str, list[str]] = {}
    for name in names:
        rests.setdefault(name[0], []).append(name[1:])
    choices = [f"(?-i:(?<=[{_cases(letter)}]))(?:{'|'.join(rests[letter])})" for letter in rests]
    return f"(?:{'|'.join(choices)})"


# The beginning of a name is not matched: searching for it would take quadratic time.
FIRST = _first(*ENDINGS, *NAMES)
REST = f"(?:{_rest(*ENDINGS)}|{STARTED}{_rest(*NAMES)})"
FIRST_OF_HEADER = _first(*HEADERS)
REST_OF_HEADER = f"{STARTED}{_rest(*HEADERS)}"
SCHEME = r"(?:(?:bearer|basic|digest|token)\s+)?"

# Each pattern with the lower-case texts that any match contains.
PATTERNS = (
    # https://user:password@host, where the password may contain a slash; a number is a port
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
    (("=",), rf"({FIRST}(?i:{REST}{QUOTE}\s*=\s*{QUOTE})){VALUE}"),
    (("%3d",), rf"({FIRST}(?i:{REST}%3D))(?:(?!%26){SIGN})+"),
    # The keys of Google's APIs: most parameters called `key` are not secret.
    (("aiza",), r"(?:(?<![A-Za-z0-9])|(?<=%3[Dd]))()AIza[0-9A-Za-z_-]{10,}"),
    # "token": "abc", and headers with or without quotes
    ((":",), rf"({FIRST}(?i:{REST}\\?[\"']\s*:\s*\\?[\"']{SCHEME})){VALUE}"),
    (
        (":",),
        rf"({FIRST_OF_HEADER}(?i:{REST_OF_HEADER}{QUOTE}\s*:\s*{QUOTE}{SCHEME})){VALUE}",
    ),
    (
        ("cookie",),
        rf"""(?i:({START}(?:set-)?cookie2?{QUOTE}\s*[:=]\s*{QUOTE}))(?:\\"|[^\s"'\\])+"""
        r"""(?:(?<=;)\s*(?:\\"|[^\s"'\\])+)*""",
    ),
    # Not `basic instructions`: a secret has digits, or capitals after small letters.
    (("b",), rf"\b((?i:bearer|basic)\s+)(?=\S*?(?:\d|[a-z][A-Z])){VALUE}"),
    # XML of a storage service that rejects a signature
    (
        ("<",),
        r"(?i:(<(?=\w*(?:signature|token|secret|password|accesskey))\w*+>))[^<\s]+",
    ),
)


# Each is compiled on demand, which takes up to a millisecond: few texts need more than two of them.
_compiled = cache(re.compile)


def redact(text: str) -> str:
    """Return text with recognised secrets replaced: signatures, tokens, passwords, cookies.

    The time is linear in the length of the text, for any content.
    """
    return _redact(text, text.lower())


def redact_all(texts: list[str], redact: Callable[[str], str]) -> list[str]:
    """Return texts redacted by `redact`, which is called once if none of them has a secret.

    A line break separates them: no secret contains one, and no pattern depends on an end of text.
    """
    joined = "\n".join(texts)
    return texts if redact(joined) == joined else [redact(text) for text in texts]


def _redact(text: str, lowered: str) -> str:
    if not _has_trace(lowered):
        return text
    for needed, pattern in PATTERNS:
        if all(part in lowered for part in needed):
            text = _compiled(pattern).sub(rf"\g<1>{MASK}", text)
    return text


def _has_trace(lowered: str) -> bool:
    traces: Sequence[str] = UNSIGNED_TRACES
    for sign in SIGNS:
        if sign in lowered:
            traces = TRACES
            break
    # A plain loop takes half the time of `any`, and runs once for the URL of each item.
    for trace in traces:  # noqa: SIM110
        if trace in lowered:
            return True
    return False


class Redactor:
    """Redacts secrets the program knows, in addition to those that patterns recognise.

    A known secret is found in upper and lower case and in every encoding of `forms_of`.
    """

    def __init__(self) -> None:
        """Create a redactor without known secrets."""
        self._known: set[str] = set()
        self._anchors: list[tuple[str, str]] = []
        self._grams: dict[str, list[tuple[str, int]]] = {}

    def add(self, secret: str, *, is_random: bool = True) -> None:
        """Redact this secret from now on.

        Of a long secret every piece of 16 characters is redacted, or, unless `is_random`, only a
        piece from its beginning: the middle of a path also occurs in harmless texts.
        """
        if len(secret) < SHORTEST_KNOWN or secret in self._known:
            return
        # Imported on demand: most commands know no secret.
        from ld_import.secret_forms import forms_of

        self._known.add(secret)
        for form in forms_of(secret):
            if is_random and len(form) >= SHORTEST_PIECE:
                self._note_grams(form)
            else:
                self._anchors.append((form[:SHORTEST_PIECE], form))

    def clear(self) -> None:
        """Remove all known secrets."""
        self._known.clear()
        self._anchors.clear()
        self._grams.clear()

    def redact(self, text: str) -> str:
        """Return text with every secret replaced by `***`."""
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
    """Return text in lower case, with every character at the same position."""
    lowered = text.lower()
    # The only character that becomes two.
    return lowered if len(lowered) == len(text) else text.replace("İ", "i").lower()


def _common_length(first: str, second: str) -> int:
    return len(commonprefix((first, second)))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in spans:
        if start >= done:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])
