"""Dates in answers: the difference between the server's clock and ours."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.api.scripted import Script, find
from tests.clock import START

EMPTY: dict[str, list[str]] = {"results": []}


def dated(date, **headers):
    return {"json": EMPTY, "headers": {"Date": date, **headers}}


def http_date(seconds):
    return format_datetime(START + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("seconds", [0, 90, -3600])
def test_skew_is_the_servers_time_minus_ours(clock, seconds):
    """The difference is known from the first answer on."""
    client = Script(dated(http_date(seconds))).client(clock)
    before = client.server_skew_seconds
    find(client)

    assert (before, client.server_skew_seconds) == (None, seconds)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "soon",
        "Sat, 21 Nov 99999 01:00:07 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sat, 21 Nov 2026 01:00:07 -0000",
        "Sat, 21 Nov 2026 01:00:07 +99999999999999",
        b"\xb2" * 70_000,
    ],
)
def test_invalid_date_is_ignored(clock, date):
    """An invalid header does not change the known difference."""
    client = Script(dated(http_date(5)), dated(date)).client(clock)
    find(client)
    find(client)

    assert client.server_skew_seconds == 5


def test_date_of_a_cache_is_not_the_servers_time(clock):
    """An answer with an `Age` was created before it was received."""
    client = Script(dated(http_date(-500), Age="500")).client(clock)
    find(client)

    assert client.server_skew_seconds is None


def test_date_of_an_error(clock):
    """The date of any answer is used, for every status."""
    script = Script({"status_code": 404, "headers": {"Date": http_date(7)}, "json": {"error": ""}})
    client = script.client(clock)

    assert find(client) is None
    assert client.server_skew_seconds == 7
