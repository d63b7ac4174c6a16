"""`ld-import emulator`: switches and faults from the command line, and a server that answers."""

from __future__ import annotations

import dataclasses
import json
import signal
import socket
from pathlib import Path

import httpx
import orjson
import pytest

from ld_import.cli.commands.emulator import NOT_SWITCHES, settings_from
from ld_import.emulator import Settings
from ld_import.errors import UsageError
from tests.harness.records import video


def test_every_switch_is_listed(place):
    """`--switches` lists each setting with its type and default; tokens have their own flag."""
    ended = place.run("emulator", "--switches")

    rows = {row[0]: row[1:] for row in ended.lines if len(row) == 3}
    names = {one.name for one in dataclasses.fields(Settings)} - set(NOT_SWITCHES)
    assert ended.code == 0
    assert set(rows) == {"switch", *names}
    assert rows["vocabulary"] == ["success|imported|status", '"success"']
    assert rows["fail_url"] == ["JSON object", "{}"]


@pytest.mark.parametrize(
    ("switch", "name", "value"),
    [
        ("job_polls=3", "job_polls", 3),
        ("job-seconds=1.5", "job_seconds", 1.5),
        ("quota=100", "quota", 100),
        ("quota=none", "quota", None),
        ("retry_after=", "retry_after", None),
        ("lose_job_after=2.5", "lose_job_after", 2.5),
        ("strict=False", "strict", False),
        ("download=true", "download", True),
        ("vocabulary=imported", "vocabulary", "imported"),
        ("versions=v1,2026-05", "versions", ("v1", "2026-05")),
        ("warned-versions=2025-03", "warned_versions", ("2025-03",)),
        ("warned_versions=", "warned_versions", ()),
        ("clock_skew=-90", "clock_skew", -90.0),
        ("media_type_required=true", "media_type_required", True),
        ("title_shown=asset", "title_shown", "asset"),
        ('fail_url={"x": "a=b"}', "fail_url", {"x": "a=b"}),
    ],
)
def test_switch(switch, name, value):
    """A switch is NAME=VALUE; the name may have hyphens instead of underscores."""
    assert getattr(settings_from([switch], ["t"]), name) == value


def test_default_switches():
    """Without switches the server has its documented behaviour and the given tokens."""
    settings = settings_from([], ["one", "two"])

    assert set(settings.tokens) == {"one", "two"}
    assert dataclasses.replace(settings, tokens=Settings().tokens) == Settings()


def test_last_of_two_switches_counts():
    """If a switch is repeated, the last value counts."""
    assert settings_from(["quota=1", "quota=2"], ["t"]).quota == 2


@pytest.mark.parametrize(
    "switch",
    [
        "job_polls",
        "job_polls=",
        "job_polls=many",
        "job_seconds=soon",
        "quota=lots",
        "strict=maybe",
        "vocabulary=Success",
        "fail_url=[1]",
        "fail_url={",
        "tokens=a",
        "speed=9",
        "=1",
        "",
    ],
)
def test_wrong_switch(switch):
    """An unknown switch is a usage error that points to the list."""
    with pytest.raises(UsageError) as caught:
        settings_from([switch], ["t"])

    assert "--switches" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "faults.json cannot be read: No such file"),
        ("[", "faults.json: "),
        ("{}", "faults.json: it is not a list"),
        ('[{"on": "POST import/videos"}]', 'a fault requires the key "action"'),
        ('[{"on": "POST", "action": "drop"}]', 'unknown request "POST"'),
        ('[{"on": "*", "action": "drop", "tims": 2}]', 'unknown key "tims"'),
    ],
)
def test_wrong_faults(place, content, told):
    """A script of faults that could never happen is refused at the start."""
    if content is not None:
        (place.folder / "faults.json").write_text(content)

    ended = place.run("emulator", "--port", "0", "--faults", "faults.json")

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "hint: write a JSON list" in ended.err


def test_faults_that_are_no_mappings(place):
    """JSON other than a list of objects is a usage error."""
    (place.folder / "faults.json").write_text('["drop"]')

    assert place.run("emulator", "--port", "0", "--faults", "faults.json").code == 2


def test_port_in_use(place):
    """A port in use is exit 2, and the error names the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = place.run("emulator", "--port", port)

    assert (ended.code, ended.out) == (2, "")
    assert f"cannot listen on 127.0.0.1:{port}: " in ended.err
    assert "hint: choose another --port" in ended.err


def test_store_that_cannot_be(place):
    """A store in a missing directory is an error without a traceback."""
    ended = place.run("emulator", "--port", "0", "--store", "no/where.db")

    assert ended.code != 0
    assert "Traceback" not in ended.err


def test_server_in_the_foreground(place):
    """The server prints its address, applies faults and switches, and ends on Ctrl-C."""
    faults = [{"on": "POST import/videos", "action": "status", "status": 502}]
    Path("faults.json").write_text(json.dumps(faults))
    flags = ["--faults", "faults.json", "--set", "job_polls=0", "--store", "store.db"]
    flags += ["--token", "mine", "--host", "127.0.0.1", "--port", "0"]

    with place.start("emulator", *flags) as process:
        line = process.stderr.readline().decode()
        url = line.split()[2].rstrip(",")
        with httpx.Client(
            base_url=f"{url}/api/2026-05/", headers={"Authorization": "Bearer mine"}
        ) as client:
            body = {"systemName": "town", "videos": [video()]}
            answers = [client.post("import/videos", json=body) for _ in range(2)]
            status = client.get("import/videos/status", params=answers[1].json())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)

    assert line.startswith("listening on http://127.0.0.1:")
    assert "token mine; stop it with Ctrl-C" in line
    assert [one.status_code for one in answers] == [502, 200]
    assert orjson.loads(status.content)["finished"] is True
    assert (process.returncode, out, err) == (0, b"", b"")
    assert (place.folder / "store.db").exists()
