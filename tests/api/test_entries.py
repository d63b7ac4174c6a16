"""Reading entries: several by their ids, and servers that have no such look-up."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.api.client import IDS_A_REQUEST
from ld_import.errors import RequestRefused
from tests.api.scripted import Script, find

PAIR = {"externalId": "v1", "systemName": "archive"}


def entries(client, ids):
    """Read entries by their ids."""
    return asyncio.run(client.entries(ids))


def listed(*ids):
    """Return an answer with entries of these ids."""
    return {"json": {"results": [{"id": one, **PAIR} for one in ids]}}


def test_some_dozen_ids_are_asked_for_in_one_request(clock):
    """A batch of skipped items costs few requests, whose addresses stay short."""
    ids = [f"m{number}" for number in range(IDS_A_REQUEST + 2)]
    script = Script(listed(*ids[:IDS_A_REQUEST]), listed(*ids[IDS_A_REQUEST:]))

    found = entries(script.client(clock), ids)

    assert list(found) == ids
    assert [request.url.params["ids"].count(",") for request in script.requests] == [39, 1]


def test_entries_that_were_not_asked_for_are_ignored(clock):
    """A server that ignores the query lists others; odd members are not entries."""
    script = Script({"json": {"results": [{"id": "other"}, None, {"id": 5}, {"id": "m1"}]}})

    assert list(entries(script.client(clock), ["m1", "m2"])) == ["m1"]


def test_server_without_the_look_up_is_not_a_missing_entry(clock):
    """A 404 for the address says nothing of the pair."""
    script = Script({"status_code": 404, "json": {"error_details": {"url": "/api/x"}}})

    with pytest.raises(RequestRefused):
        find(script.client(clock))
