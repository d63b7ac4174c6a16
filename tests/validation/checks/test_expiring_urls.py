"""Signed URLs: their expiry is read from the forms of the usual services."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.validation.makers import inspected, make_item

BASE = "https://media.example.com/a.mp4?"
POLICY = b64encode(b'{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1795305600}}}]}')
POLICY_TEXT = POLICY.decode().replace("+", "-").replace("=", "_").replace("/", "~")


def found_in(query):
    return inspected([make_item(url=BASE + query)])


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Date=20261121T000000Z&X-Amz-Expires=86400&X-Amz-Signature=abc",
        "X-Goog-Date=20261121T000000Z&X-Goog-Expires=86400&X-Goog-Signature=abc",
        "AWSAccessKeyId=REDACTED&Expires=1795305600&Signature=abc%3D",
        "GoogleAccessId=x&Expires=1795305600&Signature=abc",
        "Expires=1795305600&Signature=a&Key-Pair-Id=b",
        f"Policy={POLICY_TEXT}&Signature=a&Key-Pair-Id=b",
        "sv=2020&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=r&sig=abc",
        "se=2026-11-22&sig=abc",
        "hdnts=st=1~exp=1795305600~acl=/*~hmac=abc",
        "oh=00_Af&oe=6b023080",
        "ex=6b023080&is=1&hm=abc",
        "token=abc&expires=1795305600",
        "md5=abc&expires=1795305600",
    ],
)
def test_expires_later(query):
    """Each form is read, and the time is shown; the signature is not."""
    (finding,) = found_in(query)

    assert finding.rule == "expiring-url"
    assert finding.text == "the signed URL expires at 2026-11-22T00:00Z"


def test_has_expired():
    """A URL that has expired has a rule of its own: the server cannot fetch it any more."""
    (finding,) = found_in("Expires=1367619700&Signature=abc")

    assert finding.rule == "expired-url"
    assert finding.text == "the signed URL expired at 2013-05-03T22:21Z"


def test_unknown_expiry():
    """A signature without a readable time may expire."""
    (finding,) = found_in("Signature=abc&Expires=soon")

    assert finding.rule == "signed-url"


@pytest.mark.parametrize(
    "query",
    [
        "v=2",
        "expires=1795305600",
        "se=3&sr=b",
        "expire=never",
        "oe=utf-8&ie=utf-8",
        "X-Amz-Date=20261121T000000Z",
        "token=abc&expires=0",
        "token=abc&expires=99999999999999999999",
        "hdnts=x",
        "se=x&sig=abc",
        "&".join(f"a{number}=expires" for number in range(200)),
    ],
)
def test_unsigned_urls(query):
    """A query that is not signed, or not a time, is not a finding."""
    assert found_in(query) == []
