"""The preflight and the server agree on generated projects and entries."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from ld_import.importer.project import read_project
from ld_import.kinds import KINDS
from ld_import.preflight import ProjectCheck
from tests.preflight.generated import Generator
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
