"""Reading entries by their ids, and servers without this look-up."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from ld_import.api.client import IDS_A_REQUEST
from ld_import.errors import RequestRefused
from tests.api.scripted import Script, find
from tests.harness.records import image

PAIR = {"externalId": "v1", "systemName": "archive"}


def entries(client, ids):
    """Read entries by their ids."""
    return asyncio.run(client.entries(ids))


def listed(*ids):
    """Return an answer with entries of these ids."""
    return {"json": {"results": [{"id": media_id, **PAIR} for media_id in ids]}}


def test_ids_are_requested_in_groups(clock):
    """Ids are requested in groups, so that there are few requests with short URLs."""
    ids = [f"m{number}" for number in range(IDS_A_REQUEST + 2)]
    script = Script(listed(*ids[:IDS_A_REQUEST]), listed(*ids[IDS_A_REQUEST:]))

    result = entries(script.client(clock), ids)

    assert list(result) == ids
    assert [request.url.params["ids"].count(",") for request in script.requests] == [39, 1]


def test_other_entries_are_ignored(clock):
    """Entries that were not requested and invalid members are ignored."""
    script = Script({"json": {"results": [{"id": "other"}, None, {"id": 5}, {"id": "m1"}]}})

    assert list(entries(script.client(clock), ["m1", "m2"])) == ["m1"]


def test_server_without_the_look_up_is_not_a_missing_entry(clock):
    """A 404 for the URL does not mean that the entry is missing."""
    script = Script({"status_code": 404, "json": {"error_details": {"url": "/api/x"}}})

    with pytest.raises(RequestRefused):
        find(script.client(clock))


@pytest.mark.parametrize(("most", "requests"), [(40, 2), (20, 4), (7, 13)])
def test_server_that_takes_fewer_ids(make_emulator, make_client, most, requests):
    """A refused number of ids is halved until the server accepts it, and stays halved."""
    emulator = make_emulator(ids_at_once=most)
    client = make_client(emulator)
    bodies = b",".join(orjson.dumps(image(number, systemName="archive")) for number in range(1, 51))
    asyncio.run(client.submit("import/mediaLibrary", b'{"mediaLibraryEntries":[' + bodies + b"]}"))
    ids = [entry["id"] for entry in emulator.entries()]

    assert list(entries(client, ids)) == ids
    assert client.counts["lookup"] == requests


def test_server_that_takes_no_ids_at_all(make_emulator, make_client):
    """If a single id is refused, the refusal is an error."""
    client = make_client(make_emulator(ids_at_once=0))

    with pytest.raises(RequestRefused):
        entries(client, ["m1", "m2"])
