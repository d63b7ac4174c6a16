"""The choice between sources, and the values that go to other processes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from ld_import.assets.base import FileProblem, SourceSettings
from ld_import.assets.source import check_source, close_sources, open_source, state_of
from tests.assets.sources.host import CONTENT


def test_rules_go_to_other_processes(host, rules):
    """Rules are copied to workers, and sources of equal rules share their connections."""
    entry = SourceSettings(name="old", url=host.url, key_file=Path("key"), max_connections=1)
    rules = replace(rules, sources=(entry,))

    for copy in (rules, pickle.loads(pickle.dumps(rules))):  # noqa: S301 (made here)
        assert state_of(f"{host.url}/a.jpg", copy).size == len(CONTENT)
    assert len({port for port, _ in host.peers}) == 1


def test_problems_go_to_other_processes(host, rules):
    """A problem can be copied, and keeps its text."""
    host.answer = lambda request: request.send(410)

    with pytest.raises(FileProblem) as raised:
        open_source(f"{host.url}/a.jpg", rules)
    copy = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 (made here)
    assert str(copy) == str(raised.value)


def test_sources_can_be_used_after_closing(host, rules):
    """Closing all connections ends none of the later sources."""
    for _ in range(2):
        assert state_of(f"{host.url}/a.jpg", rules).size == len(CONTENT)
        close_sources()
    assert len({port for port, _ in host.peers}) == 2


@pytest.mark.parametrize("source", ["ftp://host/a", "file:///a", "HTTPX://a", "data://a"])
def test_unknown_schemes(rules, source):
    """Each function refuses a scheme that is not supported, with those that are."""
    for function in (check_source, state_of, open_source):
        with pytest.raises(FileProblem, match="use a path, https, s3, gs, az or sftp"):
            function(source, rules)


@pytest.mark.parametrize("source", ["a: b.jpg", "mailto:a.jpg", "C:/a.jpg", "http:/a.jpg"])
def test_colons_in_paths(rules, source):
    """A path may contain a colon."""
    (rules.folder / source).parent.mkdir(exist_ok=True)
    (rules.folder / source).write_bytes(b"a")

    check_source(source, rules)
    assert state_of(source, rules).size == 1
