"""A ledger command shows one target and names it: a rehearsal never mixes with the live import."""

from __future__ import annotations

import orjson
import pytest

from tests.harness.records import video, videos

COMMANDS = (
    ["runs"],
    ["jobs"],
    ["items"],
    ["show", "v1"],
    ["export"],
    ["export", "--format", "csv"],
)


def fill(place):
    place.imported(place.write(*videos(2)))
    place.imported("--server", place.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def two(make_place, begin):
    """Return a place whose ledger has a rehearsal and a live import, and the rehearsal's URL."""
    place = make_place()
    begin(place, fill)
    return place, place.url


@pytest.fixture
def unconfigured(monkeypatch):
    """Remove the server from the environment."""
    monkeypatch.delenv("LD_IMPORT_SERVER")


@pytest.mark.parametrize("command", COMMANDS)
def test_two_targets_and_none_is_named(two, unconfigured, command):
    """The command lists the targets and the options that choose; it shows no rows."""
    place, rehearsal = two
    ended = place.run("ledger", *command)

    assert (ended.code, ended.out) == (2, "")
    assert "the ledger .ld-import/ledger.sqlite3 has 2 targets" in ended.err
    assert f"videos on {rehearsal}; videos on http://localhost" in ended.err
    assert "--server, --project or --kind, or all with --all-targets" in ended.err


@pytest.mark.parametrize("command", COMMANDS)
def test_two_targets_and_one_is_named(two, unconfigured, command):
    """The rows are those of the named target, which standard error names."""
    place, rehearsal = two
    ended = place.run("ledger", *command, "--server", f"{rehearsal}/")

    assert (ended.code, ended.err.splitlines()[0]) == (0, f"videos on {rehearsal}")
    assert "localhost" not in ended.out and ended.out


def test_configured_target(two):
    """Without a flag, the configured server is shown."""
    place, rehearsal = two

    assert place.run("ledger", "items").err.startswith(f"videos on {rehearsal}\n")


def test_all_targets(two, unconfigured):
    """`--all-targets` shows every row, with the columns that differ."""
    place, _ = two
    rows = place.run("ledger", "items", "--all-targets").lines
    exported = place.run("ledger", "export", "--all-targets").out.splitlines()

    assert rows[0][0] == "server"
    assert len(rows) == 5
    assert len({orjson.loads(row)["server"] for row in exported}) == 2


def test_target_without_an_import(two):
    """A target the ledger does not have is an error that lists those it has."""
    place, rehearsal = two
    ended = place.run("ledger", "items", "--kind", "images")

    assert ended.code == 2
    assert f"has no import of images on {rehearsal}" in ended.err
    assert f"it has videos on {rehearsal}; videos on http://localhost" in ended.err


def test_two_kinds(place):
    """Kinds are targets, too."""
    place.imported(place.write(*videos(1)))
    place.write(video(2, mediaType="image"), name="images.json", list_key="images")
    place.summary(command="images")

    assert place.run("ledger", "items").code == 2
    assert place.run("ledger", "items", "--kind", "images").err.startswith("images on ")
