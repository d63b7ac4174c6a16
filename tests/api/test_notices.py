"""Warnings in headers: each distinct one once, a few at most, and all are counted."""

from __future__ import annotations

import pytest

from tests.api.scripted import Script, status


@pytest.fixture
def hear(clock):
    """Return a function: what a client passes on of answers with these headers, and its count."""

    def hear(*headers, api_version="v1"):
        heard: list[str] = []
        script = Script(*({"json": {}, "headers": each} for each in headers))
        client = script.client(clock, api_version=api_version, on_notice=heard.append)
        for _ in headers:
            status(client)
        return heard, client.warned

    return hear


@pytest.mark.parametrize(
    ("headers", "notice"),
    [
        ({"Warning": '299 - "v1 ends soon"'}, "the server warns: v1 ends soon"),
        (
            {"Warning": '299 - "v1 ends soon" "Sat, 21 Nov 2026 01:00:00 GMT"'},
            "the server warns: v1 ends soon",
        ),
        ({"Warning": "v1 ends\tsoon"}, "the server warns: v1 ends soon"),
        (
            {"Deprecation": "@1790000000", "Sunset": "Wed, 31 Mar 2027 00:00:00 GMT"},
            "the server announces the end of API version v1 (Deprecation: @1790000000; Sunset: Wed,"
            " 31 Mar 2027 00:00:00 GMT); the newest known --api-version is 2026-05",
        ),
    ],
)
def test_each_is_passed_on_once(hear, headers, notice):
    """However many answers repeat it."""
    assert hear(headers, {}, headers) == ([notice], 2)


def test_several_in_one_answer(hear):
    """Each text counts for itself, in one header or in several."""
    headers = [("Warning", '299 - "one", 299 - "two"'), ("Warning", '299 - "three"')]

    heard, count = hear(headers)
    assert [text.rpartition(" ")[2] for text in heard] == ["one", "two", "three"]
    assert count == 1


def test_texts_that_change_each_time_are_bounded(hear):
    """A moment or an id in the text must not fill the log."""
    heard, count = hear(*({"Warning": f'299 - "at {number}"'} for number in range(50)))

    assert (len(heard), count) == (5, 50)


@pytest.mark.parametrize("text", ["x" * 60_000, '"' * 60_000, '"\\' * 30_000, "\u00e9\x1b[31m"])
def test_any_text_is_short(hear, text):
    """Whatever a header holds."""
    heard, _ = hear({"Warning": text.encode()})

    assert all(len(one) <= 300 for one in heard)


def test_newest_version_gets_no_advice(hear):
    """There is nothing to change to."""
    (notice,), _ = hear({"Sunset": "soon"}, api_version="2026-05")

    assert notice == "the server announces the end of API version 2026-05 (Sunset: soon)"
