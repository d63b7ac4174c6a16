"""Fixtures of the whole program, each in its own directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.program import Program
from tests.harness.records import video


@pytest.fixture
def make_program(tmp_path, make_emulator, clock):
    """Return a factory of programs that share the fake clock, each with its own directory."""
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


@pytest.fixture
def make_library(make_program):
    """Return a factory of programs that import into the media library."""

    def make(**settings):
        program = make_program(**settings)
        program.kind = "media-library"
        return program

    return make


@pytest.fixture
def library(make_library):
    """Return a program that imports into the media library of a documented server."""
    return make_library()


@pytest.fixture
def make_foreign(make_program):
    """Return a factory of programs whose server has `v1` with other content from someone else."""

    def make():
        program = make_program(job_polls=0, repeat="skip")
        program.write([video(1)])
        program.run()
        program.ledger_path.unlink()
        program.write([video(1, metadata={"title": "New"})])
        return program

    return make
