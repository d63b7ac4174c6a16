"""`ld-import validate --check-urls`: the whole command against a host on loopback."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from ld_import.url_checks import gates
from tests.harness.records import broken, video
from tests.url_checks.host import JPEG, MP4, PAGE, file_of, serving, status

VIDEO = file_of(MP4, "video/mp4")
RESULTS = ".ld-import/url-checks.sqlite3"
# The length of the pause between two requests is tested in tests/url_checks/.
PAUSE_SECONDS = 0.001
COMMAND = f"""
from ld_import.__main__ import run
from ld_import.url_checks import gates
gates.PAUSE_SECONDS = {PAUSE_SECONDS}
run()
"""


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(gates, "PAUSE_SECONDS", PAUSE_SECONDS)


@pytest.fixture
def host():
    routes = {
        "/good": VIDEO,
        "/page": file_of(PAGE, "text/html"),
        "/login": status(403),
        "/moved": status(302, location="/good"),
    }
    with serving(routes) as host:
        yield host


@pytest.fixture
def write(place, host):
    """Return a function that writes a manifest with these paths of the host."""

    def write(*paths):
        return place.write(
            *(video(number, url=host.url + path) for number, path in enumerate(paths, 1))
        )

    return write


def test_good_urls(place, write, host):
    """A manifest whose files are all there is exit 0, and its results are used again."""
    write("/good", "/good?b")

    first = place.run("validate", "--check-urls")
    asked = len(host.seen)
    second = place.run("validate", "--check-urls")

    assert (first.code, second.code) == (0, 0)
    assert "URLs: 2 of 2 checked, 2 asked now, 0 bad" in first.out
    assert "URLs: 2 of 2 checked, 0 asked now, 2 known since " in second.out
    assert "2 URLs checked before, up to less than a minute ago" in second.err
    assert len(host.seen) == asked
    assert (place.folder / RESULTS).stat().st_mode & 0o777 == 0o600


def test_bad_urls(place, write):
    """Bad URLs are errors with line and advice, and a table by host and reason; exit code 3."""
    write("/good", "/gone", "/page", "/login", "/moved", "/gone")

    ended = place.run("validate", "--check-urls")

    assert ended.code == 3
    assert "2 records   nothing is at the URL (404 Not Found): " in ended.out
    assert "manifest.json:3, 7" in ended.out
    rows = [line for line in ended.lines if len(line) == 4]
    assert ["2", "127.0.0.1", "gone", "manifest.json:3, 7"] in rows
    assert ["1", "127.0.0.1", "html-page", "manifest.json:4"] in rows
    assert ["1", "127.0.0.1", "login", "manifest.json:5"] in rows
    assert ["1", "127.0.0.1", "warning: redirected", "manifest.json:6"] in rows
    assert "6 records, 2 good, 4 invalid" in ended.out


def test_without_the_flag(place, write, host):
    """Without --check-urls no request is made and no file is created."""
    manifest = write("/gone")

    assert place.run("validate").code == 0
    assert host.seen == []
    assert list(place.folder.iterdir()) == [manifest]


@pytest.mark.parametrize("flags", [["--sample", "3"], ["--recheck"], ["--url-report", "a.csv"]])
def test_flags_that_need_another(place, write, flags):
    """The flags of the check are a usage error without it."""
    write("/good")

    ended = place.run("validate", *flags)

    assert ended.code == 2
    assert f"{flags[0]} has no meaning without --check-urls" in ended.err


def test_as_json(place, write):
    """`--json` has the result under `urlChecks`, and the findings among the problems."""
    write("/gone", "/moved")

    document = place.run("validate", "--check-urls", "--json").document

    checks = document["urlChecks"]
    assert (checks["urls"], checks["checked"], checks["asked"], checks["bad"]) == (2, 2, 2, 1)
    assert checks["groups"][0] == {
        "host": "127.0.0.1",
        "reason": "gone",
        "level": "error",
        "records": 1,
        "lines": [2],
    }
    rules = {(problem["rule"], problem["level"]) for problem in document["problems"]}
    assert {("url-gone", "error"), ("url-redirected", "warning")} <= rules


def test_as_sarif(place, write):
    """A SARIF log has a result for each bad URL."""
    write("/gone")

    run = place.run("validate", "--check-urls", "--output", "sarif").document["runs"][0]

    assert "url/url-gone" in {result["ruleId"] for result in run["results"]}


def test_report(place, write, host):
    """The CSV file has a row for each record to repair, without secrets and formulas."""
    host.routes["/=cmd"] = status(302, location="/moved?token=secretsecret")
    place.write(
        video(1, url=f"{host.url}/good"),
        {**video(2, url=f"{host.url}/gone?token=secretsecret"), "id": "=1+1"},
        video(3, url=f"{host.url}/=cmd"),
    )

    ended = place.run("validate", "--check-urls", "--url-report", "urls.csv")

    with (place.folder / "urls.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert ended.code == 3
    assert "info: 3 records in urls.csv" in ended.err
    assert [(row["line"], row["externalId"], row["level"]) for row in rows[1:]] == [
        ("3", "'=1+1", "error"),
        ("4", "v3", "warning"),
    ]
    assert (rows[1]["reason"], rows[1]["status"]) == ("gone", "404")
    assert rows[1]["url"] == f"{host.url}/gone?token=***"
    assert rows[2]["finalUrl"] == f"{host.url}/good"
    assert rows[2]["checkedAt"].endswith("Z")
    everything = ended.out + ended.err + (place.folder / "urls.csv").read_text()
    assert "secretsecret" not in everything
    assert (place.folder / "urls.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["manifest.json", RESULTS, "missing/urls.csv", "."])
def test_report_that_cannot_be_written(place, write, host, name):
    """A report that would replace a file in use, or has no folder, is refused before requests."""
    write("/good")
    place.run("validate", "--check-urls")
    host.seen.clear()

    ended = place.run("validate", "--check-urls", "--recheck", "--url-report", name)

    assert (ended.code, host.seen) == (2, [])
    assert name in ended.err


def test_sample(place, write):
    """A sample says how many of how many URLs it has."""
    write(*(f"/good?{number}" for number in range(20)))

    ended = place.run("validate", "--check-urls", "--sample", "5")

    assert "a sample of 5 of 20 URLs" in ended.err
    assert "URLs: 5 of 20 checked, 5 asked now, 0 bad" in ended.out


def test_recheck(place, write, host):
    """`--recheck` asks again for URLs with a result, and reports the new one."""
    write("/good")
    place.run("validate", "--check-urls")
    host.routes["/good"] = status(410)

    assert place.run("validate", "--check-urls").code == 0
    ended = place.run("validate", "--check-urls", "--recheck")

    assert ended.code == 3
    assert "410 Gone" in ended.out


def test_invalid_records_are_not_asked_for(place, host):
    """A record that cannot be sent is reported, and its URL is not requested."""
    place.write(broken(1), video(2, url=f"{host.url}/good"))

    ended = place.run("validate", "--check-urls")

    assert (ended.code, set(host.paths())) == (3, {"/good"})


def test_assets_of_the_media_library(place, host):
    """For the media library `asset.url` is checked, by the type of the entry."""
    host.routes["/a.jpg"] = file_of(JPEG, "image/jpeg")
    asset = {
        "key": "a",
        "size": 5,
        "width": 1,
        "height": 1,
        "filename": "a",
        "mimeType": "image/jpeg",
    }
    entries = [
        {"externalId": path, "mediaType": "image", "asset": {**asset, "url": host.url + path}}
        for path in ("/a.jpg", "/b.jpg")
    ]
    place.write(*entries, list_key="mediaLibraryEntries")

    ended = place.run("validate", "--check-urls", "--json")

    assert ended.code == 3, ended
    problems = [one for one in ended.document["problems"] if one["level"] == "error"]
    assert [(one["externalId"], one["field"]) for one in problems] == [("/b.jpg", "asset.url")]


def test_no_token_is_sent(place, write, host, monkeypatch):
    """Neither the token of the server nor a cookie goes to a host, whatever the environment has."""
    (place.folder / ".netrc").write_text("machine 127.0.0.1 login a password bbbbbbbb\n")
    (place.folder / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(place.folder / ".netrc"))
    monkeypatch.setenv("LD_IMPORT_TOKEN", "secret-token-of-the-server")
    host.routes["/good"] = file_of(MP4, "video/mp4", set_cookie="a=b; Path=/")
    write("/good", "/moved", "/good?2", "/login")

    place.run("validate", "--check-urls")

    assert host.seen
    for headers in host.headers:
        assert not {"authorization", "cookie", "proxy-authorization", "referer"} & headers.keys()
        assert headers["user-agent"].startswith("ld-import/")
        assert "secret-token" not in str(headers)


def test_damaged_results(place, write):
    """A damaged file of results is exit code 9 and one sentence with the remedy."""
    write("/good")
    place.run("validate", "--check-urls")
    (place.folder / RESULTS).write_bytes(b"nonsense" * 2_000)

    ended = place.run("validate", "--check-urls")

    assert ended.code == 9
    assert "url-checks.sqlite3 is damaged" in ended.err
    assert "hint: remove it" in ended.err


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_stopped_check_continues(place, write, host, number, code):
    """Ctrl-C, SIGTERM and a kill keep the results so far; the next call asks for the rest."""
    reached, released = threading.Event(), threading.Event()

    def stuck(visit):
        reached.set()
        released.wait(20)
        VIDEO(visit)

    paths = [f"/{number}" for number in range(8)]
    host.routes |= dict.fromkeys(paths, VIDEO) | {"/5": stuck, "/6": stuck}
    write(*paths)
    with place.start("validate", "--check-urls", code=COMMAND) as process:
        assert reached.wait(20)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    released.set()
    assert process.returncode == code, err
    assert b"Traceback" not in err
    host.seen.clear()
    host.routes |= {"/5": VIDEO, "/6": VIDEO}

    ended = place.run("validate", "--check-urls", "--json")

    checks = ended.document["urlChecks"]
    assert ended.code == 0
    assert checks["reused"] >= 4
    assert checks["asked"] == len(set(host.paths())) == 8 - checks["reused"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_report_leaves_no_file(place, write, monkeypatch, number, code):
    """A signal while the report is written removes the incomplete file and keeps the older one."""
    write("/good", "/gone")
    report = place.folder / "repair.csv"
    report.write_text("older")
    before = {*place.folder.iterdir(), place.folder / ".ld-import"}

    def stopped(source, target):
        target.write(b"line,")
        os.kill(os.getpid(), number)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", stopped)
        ended = place.run("validate", "--check-urls", "--url-report", report)

    assert ended.code == code
    assert (set(place.folder.iterdir()), report.read_text()) == (before, "older")
    assert place.run("validate", "--check-urls", "--url-report", report).code == 3
    assert "gone" in report.read_text()


def test_help_stays_fast(place):
    """The modules of the check are loaded only when it is requested."""
    code = "import sys, ld_import.cli.commands.validate; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert "ld_import.cli.commands.validate" in run.stdout
    assert not {"httpx", "sqlite3", "ld_import.url_checks"} & set(run.stdout.split())
