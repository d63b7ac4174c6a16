"""Warnings in headers: each distinct one is reported once, at most five, and all are counted."""

from __future__ import annotations

import pytest

from tests.api.scripted import Script, status


@pytest.fixture
def warnings_of(clock):
    """Return a function that returns the reported warnings of answers, and their count."""

    def warnings_of(*headers, api_version="v1"):
        notices: list[str] = []
        script = Script(*({"json": {}, "headers": answer_headers} for answer_headers in headers))
        client = script.client(clock, api_version=api_version, on_notice=notices.append)
        for _ in headers:
            status(client)
        return notices, client.warned

    return warnings_of


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
def test_repeated_warning_is_reported_once(warnings_of, headers, notice):
    """A repeated warning is reported once."""
    assert warnings_of(headers, {}, headers) == ([notice], 2)


def test_several_in_one_answer(warnings_of):
    """Several warnings are reported, in one header or in several."""
    headers = [("Warning", '299 - "one", 299 - "two"'), ("Warning", '299 - "three"')]

    notices, count = warnings_of(headers)
    assert [text.rpartition(" ")[2] for text in notices] == ["one", "two", "three"]
    assert count == 1


def test_texts_that_change_each_time_are_bounded(warnings_of):
    """Warnings with changing texts are limited in number."""
    notices, count = warnings_of(*({"Warning": f'299 - "at {number}"'} for number in range(50)))

    assert (len(notices), count) == (5, 50)


@pytest.mark.parametrize("text", ["x" * 60_000, '"' * 60_000, '"\\' * 30_000, "\u00e9\x1b[31m"])
def test_any_text_is_short(warnings_of, text):
    """A long warning is cut."""
    notices, _ = warnings_of({"Warning": text.encode()})

    assert all(len(notice) <= 300 for notice in notices)


def test_newest_version_gets_no_advice(warnings_of):
    """There is no advice if the newest version is used."""
    (notice,), _ = warnings_of({"Sunset": "soon"}, api_version="2026-05")

    assert notice == "the server announces the end of API version 2026-05 (Sunset: soon)"
