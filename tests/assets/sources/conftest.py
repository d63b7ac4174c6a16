"""Fixtures: rules, a web host, and waits that take no time."""

from __future__ import annotations

import pytest

from ld_import.assets.base import SourceRules
from ld_import.assets.source import close_sources
from tests.assets.sources.host import running_host


@pytest.fixture
def rules(tmp_path):
    """Rules that permit the hosts of tests."""
    return SourceRules(folder=tmp_path, allow_private=True, allow_http=True)


@pytest.fixture
def host():
    """A web host on loopback, which serves one file at all paths."""
    with running_host() as host:
        yield host


@pytest.fixture(autouse=True)
def closed_clients():
    """Close the connections of each test, and forget the proxies of its environment."""
    yield
    close_sources()


@pytest.fixture
def waits():
    """The waits so far; `waits.append` is the pause."""
    return []
