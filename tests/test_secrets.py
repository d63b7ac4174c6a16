"""What counts as a secret in text, and what of the text stays."""

from __future__ import annotations

import pytest

from ld_import.secrets import Secrets, masked

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
    ],
)
def test_secrets_are_masked(text, shown):
    """The value goes, its name and all around it stay; JSON stays JSON."""
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"{FILMS}?id=7&key=archive/7.mp4&session=3&v=12@2x",
        "?design=1&assign=2&signal=3&authority=4&tokens=5",
        "the access token from the environment is empty",
        "bearer authentication required; see the basic instructions",
        "`profiles.live.tokenCommand` must be a text",
        "unexpected token: , in line 3",
        "cookies are not used; mail to ann@films.example",
        "warning: 3 failed (v1: gone) [run 2026-11-21T01:00:00Z-7f3a, batch 12, job 25bzj8j]",
    ],
)
def test_other_text_stays(text):
    """What only looks a little like a secret is not touched: ids in URLs above all."""
    assert masked(text) == text


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
    """A token is found as it stands, as it stands in a URL, and when its end was cut away."""
    secrets = Secrets()
    secrets.keep(TOKEN)

    assert secrets.hide(text) == shown


def test_short_words_are_no_secrets():
    """A token of a few letters would be found inside words; it is left to the rule."""
    secrets = Secrets()
    secrets.keep("live")

    assert (
        secrets.hide("delivered; Authorization: Bearer live")
        == "delivered; Authorization: Bearer ***"
    )


def test_forgotten_secret():
    """Each call of the program begins without the secrets of the one before."""
    secrets = Secrets()
    secrets.keep(TOKEN)
    secrets.forget()

    assert secrets.hide(f"refused {TOKEN}") == f"refused {TOKEN}"
