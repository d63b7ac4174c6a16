"""The preflight and the server agree on generated projects and entries."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from ld_import.errors import RequestRefused
from ld_import.importer.project import check_of, read_project
from ld_import.kinds import KINDS
from ld_import.preflight import ProjectCheck
from tests.preflight.generated import ASSET, TYPES, Generator
from tests.preflight.projects import NOW

ENTRIES = 30


async def refused_by_server(client, kind_name, entries):
    """Import entries in one request, and return the ids of those that the server refused."""
    kind = KINDS[kind_name]
    head, tail = kind.envelope("town", webhook=None, context=None)
    body = head + b",".join(map(orjson.dumps, entries)) + tail
    answer = await client.submit(kind.path, body)
    if kind_name == "media-library":
        results = zip(entries, answer["results"], strict=True)
        return {entry["id"] for entry, result in results if not result["ok"]}
    status = await client.status(kind.path, answer["id"])
    return {result["externalId"] for result in status[kind.list_key] if result["state"] == "failed"}


async def compare(client, generator):
    """Return the ids refused by the server, and those refused by the preflight."""
    project = await read_project(client)
    check = ProjectCheck(project, generator.kind, NOW)
    entries = generator.entries(ENTRIES)
    refused = await refused_by_server(client, generator.kind, entries)
    predicted = {
        entry["id"] for entry in entries if any(fault.is_refusal for fault in check.faults(entry))
    }
    return refused, predicted


def outcome_of(seed, make_emulator, make_client):
    """Play a seed against a server with its project."""
    generator = Generator(seed)
    emulator = make_emulator(job_polls=0, project_config=generator.answer)
    return asyncio.run(compare(make_client(emulator), generator))


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_preflight_predicts_the_refusals_of_the_server(make_emulator, make_client, first):
    """The server refuses exactly the entries that the preflight refuses."""
    refused_count = 0
    for seed in range(first, first + 10):
        refused, predicted = outcome_of(seed, make_emulator, make_client)
        assert refused == predicted, seed
        refused_count += len(refused)

    assert 0 < refused_count < 10 * ENTRIES


def assets():
    """Return assets without one of the fields, and one whose URL is not that of an image."""
    yield ASSET
    for name in ("width", "height", "duration"):
        yield {key: value for key, value in ASSET.items() if key != name}
    yield {**ASSET, "url": "https://x.example/a.tif"}


async def accepts(client, entry):
    """Return whether the server accepts a request with this entry."""
    kind = KINDS["media-library"]
    head, tail = kind.envelope("town", webhook=None, context=None)
    try:
        answer = await client.submit(kind.path, head + orjson.dumps(entry) + tail)
    except RequestRefused:
        return False
    return all(result["ok"] for result in answer["results"])


@pytest.mark.parametrize("media_type", TYPES)
def test_assets_of_own_media_types(make_emulator, make_client, media_type):
    """The server accepts exactly the assets that the preflight accepts."""
    own = {"type": media_type, "handle": "poster", "metadata": []}
    config = {"settings": {"handle": "town"}, "mediaTypes": [own]}
    client = make_client(make_emulator(project_config=config))

    async def compared():
        check = check_of(await read_project(client), "media-library", NOW)
        for number, asset in enumerate(assets()):
            entry = {"id": f"e{number}", "mediaType": "poster", "asset": asset}
            yield not check.problems_of_asset(entry), await accepts(client, entry)

    async def collected():
        return [pair async for pair in compared()]

    pairs = asyncio.run(collected())

    assert all(mine is servers for mine, servers in pairs)
    assert [servers for _, servers in pairs].count(False) == {
        "mediaImage": 3,
        "mediaVideo": 3,
        "mediaFile": 0,
    }[media_type]
