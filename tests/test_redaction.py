"""Recognition of secrets in text, and the text that stays."""

from __future__ import annotations

import base64
import json
import random
import time
from itertools import product
from urllib.parse import quote

import pytest

from ld_import import redaction
from ld_import.redaction import Redactor, redact

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6InB1YmxpYy1hcGkifQ.a/b+c="
FILMS = "https://films.example/7.mp4"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{FILMS}?id=7&X-Amz-Signature=1f&x=y", f"{FILMS}?id=7&X-Amz-Signature=***&x=y"),
        (f"{FILMS}?X-Goog-Signature=1f…", f"{FILMS}?X-Goog-Signature=***"),
        (f"{FILMS}?sv=2022&sig=a%2Bb%3D&id=7", f"{FILMS}?sv=2022&sig=***&id=7"),
        (
            "?Policy=e_&Signature=a~&Key-Pair-Id=K1&AWSAccessKeyId=AK",
            "?Policy=***&Signature=***&Key-Pair-Id=***&AWSAccessKeyId=***",
        ),
        ("?token=1f&access_token=2f", "?token=***&access_token=***"),
        (
            "?next=https%3A%2F%2Fx%3Ftoken%3D1f%26id%3D7",
            "?next=https%3A%2F%2Fx%3Ftoken%3D***%26id%3D7",
        ),
        ("https://ann:pa55@films.example/7", "https://***@films.example/7"),
        ("Authorization: Bearer a.b.c, then", "Authorization: Bearer ***, then"),
        ("said Bearer a1.b.c", "said Bearer ***"),
        ('{"Authorization": "Bearer a", "id": 7}', '{"Authorization": "Bearer ***", "id": 7}'),
        (r'{"m":"{\"api_key\":\"a\"}"}', r'{"m":"{\"api_key\":\"***\"}"}'),
        ("Set-Cookie: sid=1; theme=dark is old", "Set-Cookie: *** is old"),
        (r'"m":"cookie: a=\"1\"; b=2","n":1', r'"m":"cookie: ***","n":1'),
        ("X-Api-Key: 1f", "X-Api-Key: ***"),
        ("<SignatureProvided>1f</SignatureProvided>", "<SignatureProvided>***</SignatureProvided>"),
        ("https://ann:pa/55?x#y@films.example/7", "https://***@films.example/7"),
        ("https://ann:p@55@films.example/7", "https://***@films.example/7"),
        (r"https:\/\/ann:pa55@films.example\/7", r"https:\/\/***@films.example\/7"),
        ("?u=https%3A%2F%2Fann%3Apa55%40films.example", "?u=https%3A%2F%2F***%40films.example"),
        ("?id=7&key=AIzaSyD-1f_2f3f4f&x", "?id=7&key=***&x"),
        ("?u=%3Fkey%3DAIzaSyD-1f_2f3f4f%26x", "?u=%3Fkey%3D***%26x"),
        # Letters that equal `s` and `K` if case is ignored.
        ("?\u017fig=1f&\u212aey-Pair-Id=2f", "?\u017fig=***&\u212aey-Pair-Id=***"),
        ("?aSIG=1 SIG=2&u=%26Sig%3D4%3FsIg%3D5", "?aSIG=1 SIG=***&u=%26Sig%3D***"),
    ],
)
def test_secrets_are_redacted(text, shown):
    """The value is replaced; its name and the surrounding text stay; JSON stays JSON."""
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"{FILMS}?id=7&key=archive/7.mp4&session=3&v=12@2x",
        "https://films.example:8080/7@2x.mp4 and https://[::1]:8080/7@2x.mp4",
        "https%3A%2F%2Ffilms.example%2F7%402x.mp4",
        "?design=1&assign=2&signal=3&authority=4&tokens=5",
        "the access token from the environment is empty",
        "bearer authentication required; see the basic instructions",
        "`profiles.live.tokenCommand` must be a text",
        "unexpected token: , in line 3",
        "cookies are not used; mail to ann@films.example",
        "warning: 3 failed (v1: gone) [run 2026-11-21T01:00:00Z-7f3a, batch 12, job 25bzj8j]",
    ],
)
def test_other_text_is_unchanged(text):
    """Text that only resembles a secret is not changed, such as ids in URLs."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"refused {TOKEN}!", "refused ***!"),
        ("?t=eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6InB1YmxpYy1hcGkifQ.a%2Fb%2Bc%3D&x", "?t=***&x"),
        (f"refused {TOKEN[:30]}…", "refused ***…"),
        (f"{TOKEN} {TOKEN[:20]} {TOKEN}", "*** *** ***"),
        (f"refused {TOKEN[:9]}", f"refused {TOKEN[:9]}"),
    ],
)
def test_known_secret(text, shown):
    """A token is found as it is, URL-encoded, and with its end missing."""
    redactor = Redactor()
    redactor.add(TOKEN)

    assert redactor.redact(text) == shown


PARTS = (
    *("https://", "http%3A%2F%2F", "ann", ":", "@", "%40", "/", "?", "&", "=", "%3D", "%26", " "),
    *("token", "Signature", "X-Api-Key", "x-", "Authorization", "Bearer ", "basic\n", "cookie"),
    *(
        "AIzaSyD-1f_2f3f4f",
        "pa55",
        "a1B",
        '"',
        "'",
        "\\",
        "<",
        ">",
        "secret",
        "policy",
        "-",
        "7",
        ";",
    ),
)


def test_texts_without_a_trace_have_no_secret(monkeypatch):
    """Generated texts: the check that ends most calls early never changes the result."""
    rng = random.Random(20261126)
    texts = ["".join(rng.choices(PARTS, k=rng.randrange(1, 9))) for _ in range(15_000)]
    early = [redact(text) for text in texts]
    monkeypatch.setattr(redaction, "_has_trace", lambda lowered: True)

    assert [redact(text) for text in texts] == early
    assert sum(text != shown for text, shown in zip(texts, early, strict=True)) > 500


def test_short_words_are_not_secrets():
    """A token of a few letters would match inside words; only the patterns find it."""
    redactor = Redactor()
    redactor.add("live")

    assert (
        redactor.redact("delivered; Authorization: Bearer live")
        == "delivered; Authorization: Bearer ***"
    )


def test_removed_secret():
    """After `clear` a secret is unknown."""
    redactor = Redactor()
    redactor.add(TOKEN)
    redactor.clear()

    assert redactor.redact(f"refused {TOKEN}") == f"refused {TOKEN}"


def base64_of(text, *, is_urlsafe=False):
    encode = base64.urlsafe_b64encode if is_urlsafe else base64.b64encode
    return encode(text.encode()).decode()


def encodings(token):
    """Return a token in the encodings of servers, proxies and tools."""
    return {
        "as it is": token,
        "upper case": token.upper(),
        "lower case": token.lower(),
        "percent": quote(token, safe=""),
        "percent, lower case": quote(token, safe="").lower(),
        "JSON": json.dumps(token)[1:-1],
        "JSON of PHP": json.dumps(token)[1:-1].replace("/", "\\/"),
        "hex": token.encode().hex(),
        "hex, upper case": token.encode().hex().upper(),
        "base64": base64_of(token).rstrip("="),
        "base64url": base64_of(token, is_urlsafe=True).rstrip("="),
        "without its start": token[3:],
        "without its end": token[:-3],
        "without both": token[2:-2],
    }


@pytest.mark.parametrize("token", [TOKEN, "tr-0123456789-?>~secret", 'a"b\\c/d+e=f&g~0123456789'])
def test_encodings_of_a_known_secret(token):
    """Every encoding of a token is redacted, except bits shared with adjacent text."""
    redactor = Redactor()
    redactor.add(token)

    shown = {name: redactor.redact(f"<{text}>") for name, text in encodings(token).items()}

    # If the length is not a multiple of three, the last base64 character holds other bits as well.
    ends = {"base64", "base64url"}
    assert {name: text for name, text in shown.items() if name not in ends} == dict.fromkeys(
        encodings(token).keys() - ends, "<***>"
    )
    assert {shown[name][:4] for name in ends} == {"<***"}
    assert all(len(shown[name]) <= 6 for name in ends)


@pytest.mark.parametrize("user", ["", "u", "us", "use", "user"])
@pytest.mark.parametrize("is_urlsafe", [False, True])
def test_token_in_basic_credentials(user, is_urlsafe):
    """A token is found after or before a user name, at any offset."""
    redactor = Redactor()
    redactor.add(TOKEN)

    for text in (f"{user}:{TOKEN}", f"{TOKEN}:{user}"):
        encoded = base64_of(text, is_urlsafe=is_urlsafe)
        shown = redactor.redact(f"said {encoded}.")
        assert len(shown) <= len(f"said {base64_of(user + ':')}***==.") + 2
        assert "***" in shown


def test_secret_of_a_path():
    """The middle of a webhook's path is kept: it also occurs in harmless URLs."""
    redactor = Redactor()
    redactor.add("T00/archive/films/2011/B00", is_random=False)

    assert redactor.redact("https://x/archive/films/2011/") == "https://x/archive/films/2011/"
    assert redactor.redact("https://x/T00/ARCHIVE/films/20…") == "https://x/***…"


def test_letters_that_change_their_length():
    """A letter that becomes two in lower case does not shift the redacted part."""
    redactor = Redactor()
    redactor.add(TOKEN)

    assert redactor.redact(f"İİİ {TOKEN} İ") == "İİİ *** İ"


# Texts with which patterns begin, which they repeat, and for which they search.
PIECES = (
    *("token", "=", "%3D", "%26", "://", "%3A%2F%2F", "%40", ":", "@", "x-", " ", '"', "\\", '\\"'),
    *("cookie", ";", "bearer ", "<", ">", "a", "A1", "/", "?", "&", "sig", "-", "AIza", TOKEN[:7]),
)
BEGINNINGS = ("", "token=", "cookie: ", "bearer ", "<", "token%3D", 'token": "', "https://u:")


def seconds_for(length):
    """Return the processor time for texts of this length, by the repeated part."""
    redactor = Redactor()
    redactor.add(TOKEN)
    pairs = ("".join(two) for two in product(PIECES[:5], PIECES))
    taken = {}
    for beginning, piece in (*product(BEGINNINGS, PIECES), *product([""], pairs)):
        text = beginning + piece * (length // len(piece))
        began = time.process_time()
        redactor.redact(text)
        taken[beginning, piece] = time.process_time() - began
    return taken


def test_time_is_linear():
    """The time is linear: twice the text takes twice the time, not four times."""
    short, long = seconds_for(3_000), seconds_for(6_000)

    assert [text for text, seconds in long.items() if seconds > 0.1] == []
    assert sum(long.values()) < 3 * sum(short.values()) + 0.1


def test_long_url_is_redacted_quickly():
    """A URL of 64 kB takes milliseconds, where it once took minutes."""
    began = time.process_time()
    redact("https://films.example/" + "x-" * 32_000)
    redact("<" + "token" * 13_000)

    assert time.process_time() - began < 1
