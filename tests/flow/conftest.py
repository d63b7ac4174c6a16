"""A program in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flow.program import Program


@pytest.fixture
def make_program(tmp_path, make_emulator, clock):
    """Return a maker of programs, each with its own folder, all with the story's clock."""
    made: list[Path] = []

    def make(emulator=None, **settings):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(folder)
        return Program(folder, emulator or make_emulator(**settings), clock)

    return make


@pytest.fixture
def program(make_program):
    """Return a program against a server with its documented behaviour."""
    return make_program()
