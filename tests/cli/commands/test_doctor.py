"""`ld-import doctor`: every check, the exit code of a run, and that nothing is changed."""

from __future__ import annotations

import hashlib
import os
import socket
from dataclasses import replace
from typing import Any

import pytest

from ld_import.emulator import Fault, Token
from ld_import.ledger import exclusive
from tests.harness.records import videos

STATUS = "GET import/videos/status"
PROJECT = "GET projectConfig"
READ, WRITE = "public-api:read", "public-api:write"
DEMO = "demo-token"


def examined(place, *arguments, code=0):
    """Run the doctor and return its checks by name; of several with a name the worst one."""
    ended = place.run("doctor", *arguments, "--json")
    assert ended.code == code, ended.out + ended.err
    assert ended.document["exitCode"] == code
    order = ["skipped", "ok", "warning", "failed"]
    found: dict[str, Any] = {}
    for check in ended.document["checks"]:
        known = found.get(check["name"])
        if known is None or order.index(check["state"]) > order.index(known["state"]):
            found[check["name"]] = check
    return found


def states(checks):
    return {name: check["state"] for name, check in checks.items()}


def tree(folder):
    """Return every file with its time and content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.stat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None,
        )
        for path in [folder, *folder.rglob("*")]
    }


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def with_settings(place, **settings):
    place.emulator.settings = replace(place.emulator.settings, **settings)


def test_everything_is_well(place):
    """A usable set-up ends with 0, and every check of it passes."""
    checks = examined(place)

    assert set(states(checks).values()) == {"ok"}
    assert checks["server"]["text"] == place.url
    assert checks["API"]["text"] == f"{place.url}/api/2026-05 answers"
    assert checks["token"]["text"] == "from the environment variable LD_IMPORT_TOKEN"
    assert "does not exist yet" in checks["ledger"]["text"]


def test_text_for_a_pipe(place):
    """In a pipe each check is a line with a word as its sign; hints are indented lines."""
    ended = place.run("doctor", "--api-version", "v1")
    lines = ended.out.splitlines()

    assert ended.code == 0
    assert f"ok   server          {place.url}" in lines
    assert (
        "warn API version     v1 is removed from servers in March 2027; the newest known version"
        in (ended.out)
    )
    assert any(line.startswith("    hint: try --api-version 2026-05") for line in lines)
    assert "the server warns: The API version v1 is deprecated" in ended.out
    assert ended.err == ""


@pytest.mark.parametrize("kind", ["videos", "images", "files", "media-library"])
def test_nothing_is_changed(place, kind):
    """No file and no folder is created or changed, and no request changes the server."""
    place.write(*videos(3))
    place.summary()
    before, requests = tree(place.folder), place.emulator.requests.copy()
    place.folder.chmod(0o500)
    try:
        examined(place, kind, code=0 if os.geteuid() == 0 else 9)
    finally:
        place.folder.chmod(before["."][1])

    asked = place.emulator.requests - requests
    assert tree(place.folder) == before
    assert asked and all(name.startswith("GET ") for name in asked if name != "*"), asked
    assert len(place.jobs()) == 1


def test_ledger_of_an_import(place):
    """The ledger beside the manifest is read: its items, its schema, its pages."""
    place.write(*videos(3))
    place.summary()

    text = examined(place)["ledger"]["text"]

    assert text.startswith(".ld-import/ledger.sqlite3: ")
    assert "3 items, schema 5, intact" in text


def test_ledger_that_a_run_holds(place):
    """A ledger that another run holds is a remark that names the process."""
    place.write(*videos(1))
    place.summary()
    before = tree(place.folder)
    with exclusive(place.ledger_path) as hold_links:
        hold_links()
        held = tree(place.folder)
        check = examined(place)["ledger"]
        assert tree(place.folder) == held

    assert (check["state"], check["exitCode"]) == ("warning", 0)
    assert f"another run holds it (process {os.getpid()} on " in check["text"]
    assert before.keys() == tree(place.folder).keys()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is an empty file, not a ledger"),
        (b"externalId,url\n" * 100, "is damaged: file is not a database"),
    ],
)
def test_file_that_is_not_a_ledger(place, content, told):
    """Another file in the place of the ledger is 9, as it is for a run."""
    place.ledger_path.parent.mkdir()
    place.ledger_path.write_bytes(content)
    place.write(*videos(1))

    checks = examined(place, code=9)

    assert told in checks["ledger"]["text"]
    assert place.run("videos").code == 9


def test_damaged_page(place):
    """A page that is overwritten is found."""
    place.write(*videos(300))
    place.summary()
    content = bytearray(place.ledger_path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    place.ledger_path.write_bytes(content)

    assert "is damaged" in examined(place, code=9)["ledger"]["text"]


def test_log_of_a_killed_run(place):
    """A log that a killed run left is a remark; the ledger is not opened, which would change it."""
    place.write(*videos(1))
    place.summary()
    place.ledger_path.with_name("ledger.sqlite3-wal").write_bytes(b"rows")
    before = tree(place.folder)

    check = examined(place)["ledger"]

    assert check["state"] == "warning"
    assert "a run was killed" in check["text"]
    assert tree(place.folder) == before


def test_ledger_is_a_folder(place):
    """A folder as the ledger is a usage error."""
    checks = examined(place, "--ledger", place.folder, code=2)

    assert "is a folder" in checks["ledger"]["text"]


def test_server_is_down(place):
    """Without a server the doctor ends with 8 at once, and skips what needs it."""
    port = free_port()

    checks = examined(place, "--server", f"http://127.0.0.1:{port}", code=8)

    assert checks["connection"]["text"] == f"127.0.0.1, port {port}: connection refused"
    assert f"nothing listens on port {port} of this machine" in checks["connection"]["hints"][0]
    assert states(checks)["API"] == states(checks)["clock"] == "skipped"
    assert checks["API"]["text"] == "there is no connection to the server"


def test_unknown_host(place):
    """A name that is not known is 8, with the name in the hint."""
    checks = examined(place, "--server", "https://cms.invalid", code=8)

    assert checks["name"]["text"].startswith("the name cms.invalid is not known")
    assert "typing mistake" in checks["name"]["hints"][0]


def test_https_instead_of_http(place):
    """A server without TLS under an https URL is 8; the hint says how to write the URL."""
    checks = examined(place, "--server", place.url.replace("http:", "https:"), code=8)

    assert "no secure connection" in checks["certificate"]["text"]
    assert "http:// URL" in checks["certificate"]["hints"][0]


@pytest.mark.parametrize(
    ("fault", "told", "code"),
    [
        ({"action": "html", "status": 200}, "the answer is not JSON", 6),
        ({"action": "status", "status": 404, "body": "<p>no</p>"}, "404 Not Found", 6),
        (
            {
                "action": "status",
                "status": 302,
                "headers": {"Location": "https://login.example/?s=1"},
            },
            "redirects to https://login.example/",
            6,
        ),
        ({"action": "status", "status": 200, "body": {"ok": True}}, "does not describe a job", 6),
        ({"action": "status", "status": 503}, "503 Service Unavailable", 8),
        ({"action": "drop"}, "no answer", 8),
    ],
)
def test_another_service_answers(place, fault, told, code):
    """Pages, redirects, other JSON and an unavailable server end as they would end a run."""
    place.emulator.script(Fault(on=STATUS, **fault))

    checks = examined(place, code=code)

    assert told in checks["API"]["text"]
    assert checks["access"]["text"] == "the API does not answer"
    assert place.emulator.requests[STATUS] == 1


def test_http_instead_of_https(place):
    """The page with which nginx refuses http at its TLS port has a hint of its own."""
    page = "<title>400 The plain HTTP request was sent to HTTPS port</title>"
    refusal: Any = {"action": "status", "status": 400, "body": page}
    place.emulator.script(Fault(on=STATUS, **refusal), Fault(on=PROJECT, **refusal))

    check = examined(place, code=6)["API"]

    assert "400 Bad Request" in check["text"]
    assert check["hints"] == ["the server expects TLS at this port: give --server with https://"]


def test_request_that_is_refused_for_another_reason(place):
    """A 400 of this API, known by its project, leaves the write scope open: a remark."""
    place.emulator.script(Fault(on=STATUS, action="status", status=400))

    check = examined(place)["write scope"]

    assert check["state"] == "warning"
    assert "could not be proved without writing" in check["text"]


def test_connection_that_breaks(place):
    """A server that hangs up on an http URL may expect TLS."""
    place.emulator.script(Fault(on=STATUS, action="drop"))

    secure = place.url.replace("http", "https")
    hints = examined(place, code=8)["API"]["hints"]

    assert hints[1] == f"if it uses TLS at this port, give --server {secure}"


def test_older_server(place):
    """A server that does not know the version is asked which ones it knows."""
    with_settings(place, versions=("v1", "2025-03", "2025-05"))

    checks = examined(place, code=6)

    assert checks["API"]["text"] == (
        "the server does not have the API version 2026-05; it has 2025-05, 2025-03"
    )
    assert checks["API"]["hints"][0].startswith("add --api-version 2025-05")
    assert states(examined(place, "--api-version", "2025-05"))["API"] == "ok"


def test_wrong_path(place):
    """A base URL with a path that the server does not have is 6."""
    checks = examined(place, "--server", f"{place.url}/cms", code=6)

    assert "404" in checks["API"]["text"]
    assert checks["access"]["state"] == "skipped"


def test_expired_token(place):
    """A token that is not accepted is 5, and its scopes are not known."""
    with_settings(place, tokens={DEMO: Token(expires_at=1.0)})

    checks = examined(place, code=5)

    assert "The access token expired." in checks["access"]["text"]
    assert (checks["API"]["state"], checks["write scope"]["state"]) == ("ok", "skipped")


def test_token_without_write_scope(place):
    """A token that can only read is 5, as for an import."""
    with_settings(place, tokens={DEMO: Token(scopes=(READ,))})
    place.write(*videos(1))

    checks = examined(place, code=5)

    assert "403 Forbidden" in checks["write scope"]["text"]
    assert states(checks)["access"] == states(checks)["read scope"] == "ok"
    assert place.run("videos").code == 5


def test_token_without_read_scope(place):
    """A token that can only write is enough for an import: a remark."""
    with_settings(place, tokens={DEMO: Token(scopes=(WRITE,))})

    checks = examined(place)

    assert checks["write scope"]["state"] == "ok"
    assert checks["read scope"]["state"] == "warning"
    assert "403 Forbidden" in checks["read scope"]["text"]
    assert checks["project"]["state"] == "skipped"


def test_unknown_job_answered_with_404(place):
    """A 404 about the job proves the scope if the project shows that this is the API."""
    missing = {"status": 404, "error": "Not Found", "error_details": {"message": "no such job"}}
    place.emulator.script(Fault(on=STATUS, action="status", status=404, body=missing, times=2))

    assert examined(place)["write scope"]["state"] == "ok"

    with_settings(place, tokens={DEMO: Token(scopes=(WRITE,))})
    check = examined(place)["write scope"]

    assert check["state"] == "warning"
    assert "could not be proved without writing" in check["text"]


def test_unreadable_project(place):
    """An answer that is not a project configuration is a remark."""
    place.emulator.script(Fault(on=PROJECT, action="status", status=200, body=["?"]))

    checks = examined(place)

    assert checks["read scope"]["state"] == "warning"
    assert "not a project configuration" in checks["read scope"]["text"]


def test_project_of_the_token(place):
    """The project's handle and revision are shown, and compared with `project` of the profile."""
    body = {"settings": {"handle": "magazine"}, "$baseRevision": 17, "mediaTypes": []}
    place.emulator.script(Fault(on=PROJECT, action="status", status=200, body=body, times=2))
    config = place.folder / "ld-import.yaml"
    config.write_text("profiles: {live: {project: magazine}}")

    assert examined(place)["project"]["text"] == "magazine, revision 17"

    config.write_text("profiles: {live: {project: radio}}")
    check = examined(place)["project"]

    assert check["state"] == "warning"
    assert "magazine, revision 17, and the profile names radio" in check["text"]


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (30, "ok"), (7200, "warning")])
def test_clock(place, seconds, state):
    """A server whose clock differs by more than a minute is a remark."""
    with_settings(place, clock_skew=float(-seconds))

    assert examined(place)["clock"]["state"] == state


def test_all_mistakes_of_the_configuration(place):
    """Every mistake is a line of its own; flags and environment are checked nevertheless."""
    (place.folder / "ld-import.yaml").write_text(
        "profiles:\n  live:\n    sever: x\nvideos:\n  parallel: many\nvidoes: {}\n"
    )

    ended = place.run("doctor")

    assert ended.code == 2
    assert "fail configuration   ld-import.yaml: 3 mistakes" in ended.out
    assert (
        "fail configuration   line 3: unknown key `profiles.live.sever`; did you mean" in ended.out
    )
    assert "fail configuration   line 5: `videos.parallel` must be a whole number" in ended.out
    assert "fail configuration   line 6: unknown key `vidoes`; did you mean `videos`" in ended.out
    assert "-    profile         skipped: the configuration has mistakes" in ended.out
    assert "ok   API " in ended.out


def test_settings_of_a_broken_configuration(place, monkeypatch):
    """Settings that would come from a broken configuration are not reported as missing."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    (place.folder / "ld-import.yaml").write_text("profile: [")

    checks = examined(place, code=2)

    assert states(checks)["server"] == states(checks)["token"] == "skipped"
    assert checks["server"]["text"] == "the configuration cannot be read"


def test_manifest_of_the_configuration_is_missing(place):
    """A manifest that the configuration names and that does not exist is a remark."""
    (place.folder / "ld-import.yaml").write_text("videos: {manifest: talks.yaml}")

    check = examined(place)["configuration"]

    assert check["text"] == "`videos.manifest`: talks.yaml does not exist"


@pytest.mark.parametrize("name", ["ld-import.yml", "../ld-import.yaml"])
def test_configuration_elsewhere(place, monkeypatch, name):
    """A file with a similar name, or in a folder above, is named, since it is not read."""
    inner = place.folder / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    (inner / name).write_text("{}")

    check = examined(place)["configuration"]

    assert check["state"] == "warning"
    assert f"{name} is not read" in check["text"]
    assert f"--config {name}" in check["hints"][0]


def test_unknown_profile(place):
    """A misspelled profile is 2, with the nearest name."""
    (place.folder / "ld-import.yaml").write_text("profiles: {live: {}, test: {}}")

    check = examined(place, "--profile", "lvie", code=2)["profile"]

    assert check["hints"][0].startswith("did you mean `live`?")


def test_no_secret_is_shown(place, monkeypatch):
    """Neither the token nor the password of a proxy is in the report."""
    monkeypatch.setenv("LD_IMPORT_TOKEN", "sesame-0123456789")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:opensesame@127.0.0.1:{free_port()}")

    ended = place.run("doctor", "--server", "https://cms.invalid", "--json")

    assert ended.code == 8
    assert "HTTPS_PROXY" in ended.out
    assert "sesame" not in ended.out + ended.err


def test_first_problem_of_a_run_decides(place, monkeypatch):
    """Of several problems, the exit code is that of the one which a run meets first."""
    monkeypatch.setenv("LD_IMPORT_TOKEN", "")
    place.ledger_path.parent.mkdir()
    place.ledger_path.write_bytes(b"")
    down = ("--server", f"http://127.0.0.1:{free_port()}")

    examined(place, *down, code=2)
    monkeypatch.setenv("LD_IMPORT_TOKEN", DEMO)
    examined(place, *down, code=9)


def test_unknown_kind(place):
    """A kind that does not exist is a usage error that names the kinds."""
    ended = place.run("doctor", "video")

    assert ended.code == 2
    assert "unknown kind 'video'" in ended.err
