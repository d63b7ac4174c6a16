"""`--listen`: its checks, and how notifications change when jobs are polled."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from ld_import.emulator import Fault
from ld_import.pipeline.delivery import notifications, poll
from tests.harness.fixtures import SETTINGS
from tests.harness.records import videos

HERE = ("--listen", "127.0.0.1:0")
POST = "POST import/videos"


def notifying(place, *, webhook="once", job_seconds=0.3):
    """Let the server finish jobs by itself and send notifications."""
    place.emulator.settings = replace(SETTINGS, job_seconds=job_seconds, webhook=webhook)


def urls(place):
    """Return the distinct webhooks of the jobs."""
    return list(dict.fromkeys(job["webhook"] for job in place.jobs()))


@pytest.mark.parametrize(
    ("flags", "problem", "hint"),
    [
        (["--listen", "8080"], "--listen '8080' is not HOST:PORT", "192.0.2.7:8080"),
        (["--listen", "here"], "--listen 'here' is not HOST:PORT", ":8080"),
        (["--listen", "here:"], "--listen 'here:' is not HOST:PORT", ":8080"),
        (["--listen", "here:http"], "--listen 'here:http' is not HOST:PORT", ":8080"),
        (["--listen", "here:-1"], "--listen 'here:-1' is not HOST:PORT", ":8080"),
        (["--listen", "here:65536"], "--listen 'here:65536' is not HOST:PORT", ":8080"),
        (["--listen", "::1:80"], "--listen '::1:80' is not HOST:PORT", "[2001:db8::7]:8080"),
        (["--listen", "[here]:80"], "--listen '[here]:80' is not HOST:PORT", "[2001:db8::7]:8080"),
        (["--listen", "http://here:80"], "--listen 'http://here:80' is not HOST:PORT", ":8080"),
        (["--listen", ":0"], "--listen :0 does not name an address", "--public-url"),
        (["--listen", "0.0.0.0:0"], "--listen 0.0.0.0:0 does not name an address", "--public-url"),
        (["--listen", "[::]:0"], "--listen [::]:0 does not name an address", "--public-url"),
        (["--public-url", "https://a.example"], "--public-url needs --listen", "--webhook"),
        ([*HERE, "--public-url", "a.example"], "'a.example' is not an http(s) URL", "https://"),
        ([*HERE, "--public-url", "ftp://a.example"], "is not an http(s) URL", "https://"),
        ([*HERE, "--public-url", "https://"], "is not an http(s) URL", "https://"),
        ([*HERE, "--public-url", "https://a.example:x"], "is not an http(s) URL", "https://"),
        ([*HERE, "--public-url", "https://a.example/ b"], "is not an http(s) URL", "https://"),
        ([*HERE, "--public-url", "https://a.example/?b"], "more than host and path", "https://"),
        ([*HERE, "--public-url", "https://a.example#"], "more than host and path", "https://"),
        ([*HERE, "--public-url", "https://b:c@a.example"], "more than host and path", "https://"),
        ([*HERE, "--webhook", "https://a.example"], "combined with a webhook", "omit --listen"),
        ([*HERE, "--no-wait"], "combined with --no-wait", "omit one of them"),
        (
            [*HERE, "--server", "https://b.example"],
            "cannot be reached from https://b",
            "--public-url",
        ),
    ],
)
@pytest.mark.parametrize("mode", [(), ("--dry-run",)])
def test_invalid_flags(place, flags, problem, hint, mode):
    """Invalid flags are exit 2 with one sentence, before anything is sent or written."""
    place.write(*videos(1))

    ended = place.run("videos", *flags, *mode)

    error, advice = ended.err.splitlines()
    assert (ended.code, ended.out, place.jobs()) == (2, "", [])
    assert (error.startswith("error: "), problem in error) == (True, True), error
    assert (advice.startswith("hint: "), hint in advice) == (True, True), advice
    assert not place.ledger_path.exists()


def test_webhook_of_the_manifest(place):
    """`--listen` conflicts with a webhook from any source: a job notifies one URL."""
    place.write(*videos(1), webhook="https://hook.example/")

    ended = place.run("videos", *HERE)

    assert ended.code == 2
    assert "--listen cannot be combined with a webhook" in ended.err


def test_media_library_has_no_jobs(place):
    """Kinds without jobs have no `--listen`."""
    ended = place.run("media-library", *HERE)

    assert ended.code == 2
    assert "there is no option" in ended.err


def test_address_in_use(place):
    """An address in use is exit 2, before anything is sent or written."""
    place.write(*videos(1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = place.run("videos", "--listen", f"127.0.0.1:{port}")

    assert ended.code == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.err
    assert place.jobs() == []
    assert not place.ledger_path.exists()


@pytest.mark.parametrize("host", ["192.0.2.7", "nowhere.invalid", "x" * 70])
def test_address_that_cannot_be_bound(place, host):
    """An address of another machine, or a name without an address, is exit 2."""
    place.write(*videos(1))

    ended = place.run("videos", "--listen", f"{host}:0")

    assert ended.code == 2
    assert f"cannot listen on {host}:0: " in ended.err


def test_missing_library(place, monkeypatch):
    """If uvicorn is not installed, the hint says how to install it."""
    place.write(*videos(1))
    monkeypatch.delitem(sys.modules, "ld_import.receiver.serve", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    ended = place.run("videos", *HERE)

    assert ended.code == 2
    assert ended.err.startswith("error: --listen needs uvicorn, which is not installed")
    assert "hint: run: pip install 'ld-import[listen]'" in ended.err


def test_dry_run_listens_nowhere(place):
    """A dry run binds no address; the request shown is as long as the real one."""
    place.write(*videos(1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        summary = place.summary("--listen", f"127.0.0.1:{port}", "--dry-run")

    shown = summary["firstRequest"]["body"]["webhook"]
    assert shown == f"http://127.0.0.1:{port}/{'x' * 43}"


@pytest.mark.parametrize(
    ("public_url", "start"),
    [
        ("https://a.example", "https://a.example/"),
        ("https://a.example/", "https://a.example/"),
        ("http://a.example:8080/hooks/in/", "http://a.example:8080/hooks/in/"),
        ("http://[2001:db8::7]:80/x", "http://[2001:db8::7]:80/x/"),
    ],
)
def test_public_url(place, public_url, start):
    """The webhook is the public URL with an unguessable path."""
    place.write(*videos(1))

    # All addresses, since a public URL says nothing about the local one.
    place.summary("--listen", ":0", "--public-url", public_url, "--max-wait", "0.2")

    (url,) = urls(place)
    assert url.startswith(start)
    assert len(url.removeprefix(start)) == 43
    assert "/" not in url.removeprefix(start)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_hosts(place, host):
    """Host names, IPv4 and IPv6 addresses can be listened on."""
    family = socket.AF_INET6 if "[" in host else socket.AF_INET
    try:
        with socket.create_server((host.strip("[]"), 0), family=family):
            pass
    except OSError:
        pytest.skip(f"this machine has no {host}")
    notifying(place)
    place.write(*videos(1))

    summary = place.summary("--listen", f"{host}:0")

    assert urls(place)[0].startswith(f"http://{host}:")
    assert summary["requests"]["status"] == 1


@pytest.mark.no_cover
@pytest.mark.parametrize("webhook", ["once", "twice", "early"])
def test_one_question_a_job(place, monkeypatch, webhook):
    """A job is polled when its notification arrives, even if it arrives twice or early."""
    monkeypatch.setattr(poll, "FIRST_GUESS_SECONDS", 0.1)
    notifying(place, webhook=webhook)
    place.write(*videos(10))

    summary = place.summary(*HERE, "--batch-size", "1", "--parallel", "5")

    assert summary["outcomes"]["success"] == 10
    assert summary["requests"]["import"] == 10
    assert summary["requests"]["status"] <= 13
    assert len(place.mine()) == 10


def test_without_any_notification(place):
    """Without notifications jobs are polled as usual, and every item arrives."""
    notifying(place, webhook="never")
    place.write(*videos(6))

    # A job is polled once more at the end of its time, notification or not.
    summary = place.summary(*HERE, "--batch-size", "1", "--parallel", "6", "--max-wait", "1")

    assert summary["outcomes"]["success"] == 6
    assert len(place.mine()) == 6


@pytest.mark.parametrize("webhook", ["once", "early"])
def test_answer_that_got_lost(make_place, webhook):
    """After a lost answer the notification identifies the job; no look-up is sent."""
    place = make_place(Fault(on=POST, action="drop_after"), webhook=webhook, job_seconds=0.3)
    place.write(*videos(3))

    summary = place.summary(*HERE)

    assert summary["outcomes"]["success"] == 3
    assert (summary["requests"]["import"], summary["requests"]["lookup"]) == (1, 0)
    assert [job["id"] for job in summary["jobs"]] == [job["id"] for job in place.jobs()]
    assert [one["repeated"] for one in place.mine()] == [0] * 3


def test_context_of_the_user(place):
    """The context of the user is sent together with the token of the request."""
    notifying(place)
    place.write(*videos(2), context={"import": "nightly"})

    place.summary(*HERE, "--batch-size", "1")

    first, second = (job["context"] for job in place.jobs())
    assert first["import"] == second["import"] == "nightly"
    assert first["ldImport"] != second["ldImport"]


def test_forged_notifications(place, monkeypatch):
    """Forged notifications hardly increase the number of status requests."""
    # Half of what they are: their ratios determine the number of requests.
    monkeypatch.setattr(notifications, "PREMATURE_DELAY_SECONDS", 0.5)
    monkeypatch.setattr(poll, "FIRST_GUESS_SECONDS", 0.05)
    notifying(place, job_seconds=0.5)
    place.write(*videos(2))
    statuses: list[int] = []
    disturber = threading.Thread(target=disturb, args=(place, statuses), daemon=True)

    disturber.start()
    summary = place.summary(*HERE)
    disturber.join()

    assert {204, 400, 404, 405} <= set(statuses)
    assert summary["outcomes"]["success"] == 2
    assert summary["requests"]["import"] == 1
    assert summary["requests"]["status"] <= 7


def disturb(place, statuses):
    """Send valid and invalid requests to the receiver of the first job."""
    while not place.jobs():
        threading.Event().wait(0.01)
    (job,) = place.jobs()
    path = f"/{job['webhook'].rpartition('/')[2]}"
    done = {"id": job["id"], "state": "success", "context": job["context"]}
    other = {"id": "other", "context": {"ldImport": "other"}}
    requests = [
        ("GET", path, done),
        ("POST", f"{path}x", done),
        ("POST", path, {"id": 7}),
        ("POST", path, [" " * 70_000]),
        *[("POST", path, done), ("POST", path, other)] * 50,
    ]
    with httpx.Client(base_url=job["webhook"].removesuffix(path), trust_env=False) as http:
        for method, where, told in requests:
            # The receiver closes the connection: the body is too large, or the run has ended.
            with suppress(httpx.TransportError):
                statuses.append(http.request(method, where, json=told).status_code)


def test_secret(place):
    """The secret path is new in each run, and never in a log, ledger or document."""
    notifying(place)
    place.write(*videos(2))

    ended = [place.run("videos", *HERE, "--force", "-v", "--json", *more) for more in LOGS]

    secrets = [url.rpartition("/")[2] for url in urls(place)]
    assert len(secrets) == len(LOGS)
    written = "".join(one.out + one.err for one in ended).encode()
    kept = b"".join(path.read_bytes() for path in place.ledger_path.parent.iterdir())
    for secret in secrets:
        assert secret.encode() not in written + kept


LOGS = ((), ("--log-format", "json"))


def test_quiet(place):
    """The receiver prints nothing."""
    notifying(place)
    place.write(*videos(2))

    ended = place.run("videos", *HERE, "-q")

    assert (ended.code, ended.out, ended.err) == (0, "", "")
