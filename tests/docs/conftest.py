"""Servers, and a working directory without settings."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack

import pytest

from ld_import.cli.demo.shell import without_settings
from ld_import.emulator import Settings
from tests.test_samples import SAMPLES

PROJECT = json.loads((SAMPLES / "project-config.json").read_text(encoding="utf-8"))


@pytest.fixture
def make_servers(servers):
    """Return a maker of servers that know nothing of other tests."""
    with ExitStack() as stack:

        def make(count, **settings):
            made = Settings(job_polls=0, project_config=PROJECT, **settings)
            return [stack.enter_context(servers.lent(made))[0] for _ in range(count)]

        yield make


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty working directory, with nothing of the environment that could matter."""
    for name in os.environ.keys() - without_settings(os.environ).keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("LD_IMPORT_TOKEN", "demo-token")
    monkeypatch.chdir(tmp_path)
    return tmp_path
