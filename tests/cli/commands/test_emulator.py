"""`ld-import emulator`: faults from the command line, and a server that answers."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import httpx
import orjson
import pytest

from tests.harness.records import video


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
