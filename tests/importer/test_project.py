"""The project of a server, requested by the real client from the emulator."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.emulator.settings import Token
from ld_import.errors import Unauthorized
from ld_import.importer.project import read_project
from tests.harness.projects import project_config


def test_project_of_a_server(make_client, make_emulator):
    """One request returns the media types of the project."""
    client = make_client(make_emulator(project_config=project_config()))

    project = asyncio.run(read_project(client))

    assert set(project.media_types) >= {"video", "image", "file"}
    assert client.counts == {"project": 1}


def test_token_without_read_scope(make_client, make_emulator):
    """The server refuses to show the project; the import itself would work."""
    emulator = make_emulator(tokens={"writer": Token(scopes=("public-api:write",))})

    with pytest.raises(Unauthorized):
        asyncio.run(read_project(make_client(emulator, token="writer")))
