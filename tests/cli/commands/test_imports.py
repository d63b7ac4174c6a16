"""`ld-import videos`: requests, output and exit codes."""

from __future__ import annotations

import gzip
import os
import signal
import sqlite3
import stat
from dataclasses import replace

import orjson
import pytest

from ld_import.clock import SystemClock
from ld_import.emulator import Fault, Token
from ld_import.ledger import exclusive
from tests.harness.records import broken, video, videos
from tests.makers import make_ledger, make_start

POST = "POST import/videos"
STATUS = "GET import/videos/status"
# Looks of a test at a program until it has come to a point, and the time between two of them.
LOOKS, LOOK_SECONDS = 200, 0.05


def test_import_to_the_end(place):
    """An import follows its job and prints the counts on standard output."""
    place.write(*videos(3))

    ended = place.run("videos")

    assert ended.code == 0
    assert ended.err == ""
    lines = [line.split() for line in ended.out.splitlines()]
    assert lines[0] == ["imported", "manifest.json", "→", place.url]
    assert lines[1:3] == [["3", "read"], ["3", "success"]]
    assert "1 import request, 1 status request, 0 retried," in ended.out
    assert len(place.mine()) == 3


def test_second_run_sends_nothing(place):
    """A second run without changes sends nothing, and asks once whether the items are there."""
    place.imported(place.write(*videos(3)))
    before = place.emulator.requests.copy()

    summary = place.summary()

    assert summary["unchanged"] == summary["read"] == 3
    assert set(summary["requests"].values()) == {0}
    assert summary["spotCheck"] == {"asked": 3, "found": 3, "problem": None}
    assert place.emulator.requests - before == {"GET mediaLibrary": 1}


def test_changed_item_is_sent_alone(place):
    """Only the item with changed content is sent again."""
    place.imported(place.write(*videos(3)))

    place.imported(place.write(video(1), video(2, fileName="Other"), video(3)))

    assert [len(job["items"]) for job in place.jobs()] == [3, 1]
    assert [one["fileName"] for one in place.mine()] == ["Film 1", "Other", "Film 3"]


def test_summary_says_who_what_and_where(place):
    """The JSON summary names run, kind, target, system, manifest and jobs."""
    manifest = place.write(*videos(2))

    summary = place.summary(manifest, "--no-wait")

    job = place.jobs()[0]["id"]
    assert summary["kind"] == "videos"
    assert summary["target"] == place.url
    assert summary["systemName"] == place.system_name
    assert summary["manifest"] == str(manifest)
    assert summary["dryRun"] is False
    assert summary["jobs"] == [{"id": job, "state": "started", "items": 2}]
    assert summary["outcomes"] == {"success": 0, "skipped": 0, "failed": 0, "open": 2}
    assert summary["seconds"] < 60
    assert place.run("ledger", "runs", "--json").document[0]["run"] == summary["run"]


def test_failed_and_invalid_records(place):
    """Failed and invalid records make exit code 3, each with its reason; the others arrive."""
    place.emulator.settings = replace(place.emulator.settings, fail_url={"/2.mp4": "gone for good"})
    place.write(video(1), video(2), broken(3))
    place.summary("--no-wait", code=3)

    ended = place.run("videos", "-v")

    assert ended.code == 3
    assert "warning: manifest.json:4 (v3): `url` is" in ended.err
    assert "v2: gone for good" in ended.err
    assert ended.err.splitlines()[-1].startswith("hint: `ld-import ledger items --state failed")
    assert "Traceback" not in ended.err
    assert len(place.mine()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"failedBefore": 1, "unchanged": 3, "sent": 0, "notSent": 0}),
        (["--retry-failed"], {"failedBefore": 0, "unchanged": 3, "sent": 1}),
        (["--force"], {"failedBefore": 0, "unchanged": 0, "sent": 4}),
        (["--force", "--limit", "3"], {"sent": 3, "notSent": 1}),
        (["--force", "--limit", "0"], {"sent": 0, "notSent": 4}),
        (["--force", "--only", "v1", "--only", "v4"], {"sent": 2, "notSent": 2}),
        (["--force", "--only", "nobody"], {"sent": 0, "notSent": 4}),
        (["--force", "--only-file", "ids.txt"], {"sent": 2, "notSent": 2}),
        (["--force", "--only-file", "ids.txt", "--only", "v1"], {"sent": 3, "notSent": 1}),
        (["--retry-failed", "--only", "v1"], {"unchanged": 3, "sent": 0, "notSent": 1}),
        (["--dry-run"], {"failedBefore": 1, "unchanged": 3, "notSent": 0}),
        (["--dry-run", "--force"], {"failedBefore": 0, "unchanged": 0, "notSent": 4}),
        (["--dry-run", "--force", "--limit", "1"], {"notSent": 4}),
        (["--max-duration", "0", "--force"], {"sent": 0, "notSent": 4}),
    ],
)
def test_choice_of_items(place, arguments, expected):
    """However items are chosen, each record is counted exactly once."""
    place.emulator.settings = replace(place.emulator.settings, fail_url={"/2.mp4": "gone"})
    place.imported(place.write(*videos(4), video(1), broken(5), video(3, fileName="Other")), code=3)
    (place.folder / "ids.txt").write_bytes(b"\xef\xbb\xbfv3\r\n\r\nv4")

    summary = place.summary(*arguments, "--no-wait", code=3)

    expected = {"read": 7, "invalid": 2, "repeated": 1, **expected}
    assert {name: summary[name] for name in expected} == expected


def test_failed_now_and_failed_before(place):
    """A failed item makes exit code 3 in every run until it changes or succeeds."""
    place.emulator.settings = replace(place.emulator.settings, fail_url={"/1.mp4": "gone"})
    assert place.imported(place.write(*videos(2)), code=3)["failedBefore"] == 1
    assert place.summary(code=3)["unchanged"] == 1

    place.emulator.settings = replace(place.emulator.settings, fail_url={})
    place.summary("--retry-failed", "--no-wait")

    assert place.summary()["unchanged"] == 2


def test_dry_run_touches_nothing(place, monkeypatch):
    """A dry run needs no token, sends nothing, creates no file and shows the first request."""
    monkeypatch.setenv("LD_IMPORT_TOKEN", "very-secret")
    manifest = place.write(*videos(3), broken(4), webhook="https://hook.example/x")
    before = place.emulator.requests.total()

    ended = place.run("videos", "--dry-run", "--batch-size", "2", "--json")

    summary = ended.document
    assert ended.code == 3
    assert place.emulator.requests.total() == before
    assert list(place.folder.iterdir()) == [manifest]
    assert summary["wouldSend"] == {"new": 3, "changed": 0, "retry": 0}
    assert summary["wouldRequest"]["import"] == 2
    assert summary["firstRequest"]["method"] == "POST"
    assert summary["firstRequest"]["url"] == f"{place.url}/api/2026-05/import/videos"
    assert [one["id"] for one in summary["firstRequest"]["body"]["videos"]] == ["v1", "v2"]
    assert summary["invalidLines"][0]["externalId"] == "v4"
    assert summary["invalidLines"][0]["problems"][0]["field"] == "url"
    assert "very-secret" not in ended.out + ended.err


def test_dry_run_for_people(place):
    """The text of a dry run shows changed fields, the first request, and that nothing was sent."""
    place.imported(place.write(*videos(1)))
    place.write(video(1, fileName="Other"))

    ended = place.run("videos", "-n")

    assert ended.code == 0
    assert "changed v1: fileName" in ended.out
    assert f"first request: POST {place.url}/api/2026-05/import/videos" in ended.out
    assert "1  would send: changed" in ended.out
    assert "nothing was sent (1 request of" in ended.out


def test_dry_run_caps_what_it_shows(place):
    """The text of a dry run shows a limited number of changes; JSON has all of them."""
    place.imported(place.write(*videos(30)))
    place.write(*[{**one, "fileName": "Other"} for one in videos(30)])

    ended = place.run("videos", "-n")

    assert ended.out.count("changed v") == 20
    assert "… and more; --json lists them" in ended.out
    assert len(place.summary("-n")["changed"]) == 30


def test_dry_run_counts_what_is_in_flight(place):
    """Items still open from an earlier run are counted apart from those to send."""
    place.write(*videos(3))
    place.summary("--limit", "2", "--no-wait")

    summary = place.summary("-n")

    assert (summary["unresolved"], summary["wouldSend"]["new"], summary["notSent"]) == (2, 1, 3)
    assert "2  in flight since an earlier run" in place.run("videos", "-n").out


def test_no_wait_and_the_next_run(place):
    """`--no-wait` records the job without following it; the next run follows it first."""
    place.write(*videos(2))
    first = place.summary("--no-wait")
    jobs = place.run("ledger", "jobs", "--json").document

    second = place.summary()

    assert first["requests"]["status"] == 0
    assert [(one["jobId"], one["state"]) for one in jobs] == [(first["jobs"][0]["id"], "submitted")]
    assert (second["requests"]["import"], second["requests"]["status"]) == (0, 1)
    assert second["jobs"] == [{"id": first["jobs"][0]["id"], "state": "success", "items": 2}]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["--system-name", "elsewhere"], "now it is 'elsewhere'"),
        (["--external-id", "x-{{ id }}"], "the records' own ids, now it is externalId"),
    ],
)
def test_other_ids_are_refused(place, changes, told):
    """Ids that would create every item twice stop the run before any request; a flag overrides."""
    place.imported(place.write(*videos(2)))
    before = place.emulator.requests.total()

    ended = place.run("videos", *changes)

    assert (ended.code, ended.out) == (2, "")
    assert "2 entries would be created twice" in ended.err
    assert told in ended.err
    assert "--accept-new-ids" in ended.err.splitlines()[-1]
    assert place.run("videos", *changes, "--dry-run").code == 2
    assert place.emulator.requests.total() == before
    assert place.summary(*changes, "--accept-new-ids", "--no-wait")["sent"] == 2


def test_batch_size(place):
    """No request holds more items than `--batch-size`."""
    place.write(*videos(5))

    summary = place.summary("--batch-size", "2", "--no-wait", "--parallel", "1")

    assert summary["requests"]["import"] == 3
    assert [len(job["items"]) for job in place.jobs()] == [2, 2, 1]


def test_learned_batch_size(place):
    """`--batch-size auto` learns the size; `-v` prints each change, the summary the sizes."""
    manifest = place.write(*videos(250))

    ended = place.run("videos", manifest, "--batch-size", "auto", "--parallel", "1", "-v")

    assert ended.code == 0
    assert "batches of 200 items from now on: a job of 100 took" in ended.err
    assert "batches of 100 items at first, and of " in ended.out


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "many"])
def test_impossible_batch_size(place, size):
    """A batch size is a number or `auto`; anything else is a usage error before the run."""
    ended = place.run("videos", place.write(*videos(1)), "--batch-size", size)

    assert ended.code == 2
    assert f"must be a whole number, 1 or more, or auto, not '{size}'" in ended.err
    assert place.emulator.requests.total() == 0


def test_batch_bytes(place):
    """No request is larger than `--batch-bytes`, and each is filled as far as possible."""
    place.write(*videos(30))

    place.summary("--batch-bytes", "1000", "--no-wait", "--parallel", "1")

    sent = [job["items"] for job in place.jobs()]
    assert sum(map(len, sent)) == 30
    for items, following in zip(sent, [*sent[1:], None], strict=True):
        assert _size(place, items) <= 1000
        assert following is None or _size(place, [*items, following[0]]) > 1000


def test_item_too_large_for_any_request(place):
    """An item too large for any request is an invalid record, not a refused batch."""
    place.write(video(1, metadata={"title": "x" * 1000}), video(2))

    summary = place.summary("--batch-bytes", "1000", "--no-wait", code=3)

    assert (summary["invalid"], summary["sent"]) == (1, 1)


@pytest.mark.parametrize("parallel", [1, 3])
def test_parallel(make_place, parallel):
    """`--parallel` is the number of batches in flight at a time."""
    posted: list[int] = []

    async def stop(seconds):
        # The first job may be asked about before the last of these batches is sent.
        for _ in range(LOOKS):
            if place.emulator.requests[POST] >= parallel:
                break
            await SystemClock().sleep(LOOK_SECONDS)
        # Time enough for one batch too many.
        await SystemClock().sleep(LOOK_SECONDS)
        posted.append(place.emulator.requests[POST])
        os.kill(os.getpid(), signal.SIGINT)

    place = make_place(Fault(on=STATUS, action="slow"), sleep=stop, job_seconds=60)
    place.write(*videos(4))

    summary = place.summary("--batch-size", "1", "--parallel", parallel, code=130)

    assert posted == [parallel]
    assert summary["sent"] >= parallel


def test_max_rate(place):
    """Requests keep the interval that `--max-rate` sets."""
    place.write(*videos(4))

    summary = place.summary("--batch-size", "1", "--no-wait", "--max-rate", "10")

    assert summary["requests"]["import"] == 4
    assert summary["seconds"] >= 0.3


def test_max_duration(place):
    """After `--max-duration` no batch is started; the next run sends the rest."""
    place.write(*videos(2))

    assert place.summary("--max-duration", "0")["notSent"] == 2
    assert place.summary("--no-wait")["sent"] == 2


def test_daily_limit(place):
    """`--daily-limit` is exact to the item, across several runs."""
    place.write(*videos(5))
    daily = ("--daily-limit", "3", "--batch-size", "2", "--no-wait")

    summary = place.summary(*daily, code=7)
    again = place.run("videos", *daily)

    assert (summary["sent"], summary["notSent"]) == (3, 2)
    assert again.code == 7
    assert "error: your daily limit of 3 items in 24 hours (--daily-limit) is reached" in again.err
    assert len(place.mine()) == 3


def test_quota(make_place):
    """At the quota the items that fit are sent, and the exit code asks for another run."""
    place = make_place(quota=3)
    place.write(*videos(5))

    summary = place.summary("--no-wait", code=7)
    ended = place.run("videos")

    assert (summary["sent"], summary["notSent"]) == (3, 2)
    assert ended.code == 7
    error, hint = ended.err.splitlines()[-2:]
    assert error.startswith(f"error: POST {place.url}/api/2026-05/import/videos: 429")
    assert "more than 3 per day" in error
    assert hint.startswith("hint: 2 waiting; run the same command again from 20")
    assert hint.endswith(" UTC on, when the quota begins to return; it continues where it stopped")
    assert len(place.mine()) == 3


def test_wait_for_quota(make_place):
    """With `--wait-for-quota` the run reports that it waits, and can be interrupted meanwhile."""
    place = make_place(quota=1)
    place.write(*videos(2))

    ended = place.run_until(
        b"warning: ", signal.SIGINT, "videos", "--wait-for-quota", "--no-wait", "--json"
    )

    assert ended.code == 130
    assert (ended.document["sent"], ended.document["notSent"]) == (1, 1)
    waiting = next(line for line in ended.err.splitlines() if "trying again in 24:01:" in line)
    assert "the server's allowance of 1 in 24 hours is used up" in waiting


@pytest.mark.parametrize("is_flag", [True, False])
def test_webhook_and_context_arrive(place, is_flag):
    """Webhook and context reach the server unchanged; a flag takes precedence over the header."""
    hook, context = "https://hook.example/done", {"import": "nightly", "n": [1, None]}
    header = {"webhook": "https://other.example/", "context": {"import": "other"}}
    if is_flag:
        place.write(video(), **header)
        flags = ["--webhook", hook, "--context", orjson.dumps(context).decode()]
    else:
        place.write(video(), webhook=hook, context=context)
        flags = []

    place.summary(*flags, "--no-wait")

    assert (place.jobs()[0]["webhook"], place.jobs()[0]["context"]) == (hook, context)


def test_quiet(place):
    """`-q` prints nothing but errors."""
    place.write(video(1), broken(2))

    done = place.run("videos", "-q", "--no-wait")
    failed = place.run("videos", "-q", "--api-version", "2020-01", "--force")

    assert (done.code, done.out, done.err) == (3, "", "")
    assert failed.code == 6
    assert [line.split(":")[0] for line in failed.err.splitlines()] == ["error", "hint"]


def test_verbose(place):
    """`-v` reports every job."""
    place.write(*videos(2))
    place.summary("--no-wait")
    job = place.jobs()[0]["id"]

    ended = place.run("videos", "--verbose")

    assert f"debug: following job {job} with 2 items [run 20" in ended.err
    assert f"debug: job {job}: 2 success [run 20" in ended.err


def test_log_as_json_lines(place):
    """With `--log-format json` every line is a JSON object with the same first members."""
    place.write(*videos(2))
    place.summary("--no-wait")

    ended = place.run("videos", "-v", "--log-format", "json", "--json")

    events = [orjson.loads(line) for line in ended.err.splitlines()]
    assert [one["event"] for one in events] == ["submitted", "polled", "settled", "planned"]
    assert all(one["run"] == ended.document["run"] for one in events)
    assert all(one["level"] == "debug" and one["time"] and one["message"] for one in events)


def test_log_as_json_lines_of_a_failure(place):
    """With `--log-format json` every line of standard error is JSON, also after a failure."""
    place.write(broken())

    ended = place.run("videos", "--log-format", "json")

    assert ended.code == 3
    assert [orjson.loads(line)["level"] for line in ended.err.splitlines()]


@pytest.mark.parametrize(
    ("level", "seen"), [("debug", True), ("info", True), ("warning", True), ("error", False)]
)
def test_log_level(place, level, seen):
    """`--log-level` is the lowest level that is printed."""
    place.write(broken())

    ended = place.run("videos", "--log-level", level)

    assert ("warning: manifest.json:2 (v1): " in ended.err) is seen


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--log-format", "xml"], "unknown --log-format 'xml'"),
        (["--log-level", "loud"], "unknown --log-level 'loud'"),
        (
            ["--webhook", "hook.example"],
            "--webhook must be an http(s) URL, not 'hook.example'",
        ),
        (["--context", "{"], "--context is not JSON:"),
        (["--context", "[1]"], "--context is not a JSON object"),
        (
            ["--context", '{"a":' * 300 + "1" + "}" * 300],
            "--context cannot be sent: its lists",
        ),
        (["--context", '{"a": "' + "x" * 8192 + '"}'], "--context has 8,200 bytes"),
        (["--only-file", "nowhere.txt"], "--only-file nowhere.txt cannot be read: No such file"),
        (["--only-file", "manifest.bin"], "cannot be read: it is not UTF-8 text"),
        (["--server", "films.example"], "the server 'films.example' is not an http(s) URL"),
        (["--server", "https://[films"], "is not an http(s) URL"),
        (["--server", "ftp://films.example"], "is not an http(s) URL"),
        (["--server", "https://a:b@films.example"], "more than host and path"),
        (["--server", "https://films.example/?a=b"], "more than host and path"),
        (["--server", "https://films.example/api/v1"], "contains the path of the API"),
        (["--server", "http://films.example"], "the token would be sent to the server"),
        (["--profile", "test"], "there is no profile 'test': the working directory has no"),
        (["--config", "nowhere.yaml"], "the configuration nowhere.yaml does not exist"),
        (["--ledger", "."], "the ledger . is a folder"),
        (["--ca-file", "manifest.json"], "the certificate file manifest.json cannot be used"),
    ],
)
def test_impossible_options(place, flags, told):
    """Invalid options are exit 2 with one sentence and a hint; nothing is sent or printed."""
    place.write(*videos(1))
    (place.folder / "manifest.bin").write_bytes(b"\xff")
    before = place.emulator.requests.total()

    ended = place.run("videos", "manifest.json", *flags)

    assert (ended.code, ended.out) == (2, "")
    error, hint = ended.err.splitlines()
    assert error.startswith("error: ") and told in error
    assert hint.startswith("hint: ") and len(hint) > 10
    assert place.emulator.requests.total() == before


@pytest.mark.parametrize("name", ["LD_IMPORT_SERVER", "systemName"])
def test_missing_essentials(place, monkeypatch, name):
    """A missing server or systemName is exit 2, with a hint how to set it."""
    place.write(video(), **({"systemName": None} if name == "systemName" else {}))
    if name != "systemName":
        monkeypatch.delenv(name)

    ended = place.run("videos", "--dry-run")

    assert ended.code == 2
    assert name in ended.err


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://localhost:9", 0),
        ("http://a.localhost", 0),
        ("http://127.8.8.8", 0),
        ("http://[::1]:80/", 0),
        ("http://192.168.1.1", 2),
        ("http://localhost.films.example", 2),
        ("https://films.example", 0),
    ],
)
def test_unencrypted_is_for_this_machine(place, url, code):
    """The token is sent unencrypted to this machine only, unless `--allow-http` is given."""
    place.write(video())

    assert place.run("videos", "-n", "--server", url).code == code
    assert place.run("videos", "-n", "--server", url, "--allow-http").code == 0


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("https://Films.Example:443/", "https://films.example"),
        ("http://[::1]:80/cms/", "http://[::1]/cms"),
        (" http://LOCALHOST:8080 ", "http://localhost:8080"),
    ],
)
def test_one_spelling_for_a_server(place, given, known):
    """Different spellings of a server URL are one target, so that no item is imported twice."""
    place.write(video())

    assert place.summary("-n", "--server", given)["target"] == known


def test_insecure_warns_each_time(place):
    """`--insecure` makes a warning in every run."""
    place.write(video())

    for _ in range(2):
        ended = place.run("videos", "--no-wait", "--insecure")

        assert ended.code == 0
        assert "warning: the server's certificate is not checked (--insecure) [run 20" in ended.err


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["videos.yaml", "manifest.json"], None),
        (["videos.jsonl.gz"], None),
        (["videos.yaml", "videos.json"], "there are several manifests: videos.yaml, videos.json"),
        (["films.json"], "no manifest is named"),
    ],
)
def test_manifest_left_out(place, names, told):
    """The only file named like the command is used; several are an error that names them."""
    for name in names:
        text = orjson.dumps(video()) + b"\n"
        if not name.startswith("videos.jsonl"):
            text = orjson.dumps({"videos": [video()]})
        path = place.folder / name
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)

    ended = place.run("videos", "-n", "--json", "--system-name", "town")

    if told is None:
        assert ended.document["manifest"] == names[0]
    else:
        assert (ended.code, ended.out) == (2, "")
        assert told in ended.err
        assert "hint: name one: ld-import videos" in ended.err


@pytest.mark.parametrize("name", ["nowhere.json", "manifest.docx"])
def test_unreadable_manifest(place, name):
    """An unreadable manifest is exit 4; nothing is created or sent."""
    (place.folder / "manifest.docx").write_bytes(b"PK")

    ended = place.run("videos", name)

    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith(f"error: {name}: ")
    assert not place.ledger_path.exists()


def test_manifest_of_another_kind(place):
    """A manifest of images is exit 4 for `videos`."""
    (place.folder / "manifest.json").write_bytes(b'{"systemName": "town", "images": []}')

    ended = place.run("videos")

    assert ended.code == 2
    assert "lists `images`, not `videos`" in ended.err


@pytest.mark.parametrize(
    ("token", "told", "hint"),
    [
        ("wrong-token", "401", "give a valid token"),
        ("token-of-a-reader", "403", "lacks a scope: importing needs public-api:write"),
    ],
)
def test_access_refused(place, monkeypatch, token, told, hint):
    """An unknown token, or one without write access, is exit 5; no item counts as sent."""
    tokens = {"token-of-a-reader": Token(scopes=("public-api:read",))}
    place.emulator.settings = replace(place.emulator.settings, tokens=tokens)
    monkeypatch.setenv("LD_IMPORT_TOKEN", token)
    place.write(*videos(2))

    summary = place.summary(code=5)
    ended = place.run("videos")

    assert (summary["sent"], summary["notSent"]) == (0, 2)
    error, advice = ended.err.splitlines()[-2:]
    assert error.startswith("error: POST ") and told in error
    assert hint in advice
    assert token not in ended.out + ended.err


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("2020-01", "give a newer one with --api-version"),
        ("2099-01", "with --api-version: 2026-05, "),
    ],
)
def test_request_refused(place, version, hint):
    """An API version that the server does not have is exit 6, with a hint."""
    place.write(*videos(2))

    summary = place.summary("--api-version", version, code=6)
    ended = place.run("videos", "--api-version", version)

    assert (summary["sent"], summary["notSent"]) == (0, 2)
    assert ended.code == 6
    assert ended.err.splitlines()[-2].startswith("error: POST ")
    assert hint in ended.err.splitlines()[-1]


def test_answer_of_another_server(make_place):
    """An answer of another server is exit 6, and the error names the address."""
    place = make_place(Fault(on=POST, action="html", status=404))
    place.write(*videos(1))

    ended = place.run("videos")

    assert ended.code == 6
    assert "check --server and --api-version" in ended.err.splitlines()[-1]


def test_server_unavailable(make_place):
    """Server errors are retried; if they last, the exit code asks to run again later."""
    busy = {"error": "Too Many Requests"}
    place = make_place(
        Fault(
            on=POST, action="status", status=429, body=busy, times=8, headers={"Retry-After": "0"}
        )
    )
    place.write(*videos(2))

    ended = place.run("videos")

    assert ended.code == 8
    assert place.emulator.requests[POST] == 8
    assert "2  not sent" in ended.out
    assert "7 retried" in ended.out
    error, hint = ended.err.splitlines()[-2:]
    assert error.startswith("error: POST ") and "429" in error
    assert hint == "hint: run the same command again later; it continues where it stopped"
    assert place.summary("--no-wait")["sent"] == 2


def test_job_overdue(make_place):
    """A job past `--max-wait` is exit 8 and stays open; the next run follows it."""
    place = make_place(job_polls=2)
    place.write(*videos(2))
    place.summary("--no-wait")

    summary = place.summary("--max-wait", "0", code=8)
    ended = place.run("videos", "--max-wait", "0")

    assert summary["outcomes"]["open"] == summary["sent"] == 2
    assert ended.code == 8
    assert "is still 'started' after --max-wait" in ended.err
    assert place.summary()["unchanged"] == 2


def test_ledger_is_private(place):
    """Only the owner can read the ledger, since it holds names and addresses."""
    place.imported(place.write(*videos(1)))

    assert stat.S_IMODE(place.ledger_path.stat().st_mode) == 0o600


def test_damaged_ledger(place):
    """A damaged ledger is exit 9 with a hint, and is not changed."""
    place.write(*videos(1))
    path = place.folder / "ledger.db"
    path.write_bytes(b"no database at all, " * 100)
    before = path.read_bytes()

    ended = place.run("videos", "--ledger", path)

    assert (ended.code, ended.out) == (9, "")
    assert f"error: the ledger {path} is damaged" in ended.err
    assert "hint: replace it with a backup" in ended.err
    assert path.read_bytes() == before


def test_ledger_of_a_newer_program(place):
    """A ledger of a newer version is exit 9, with the hint to update."""
    place.imported(place.write(*videos(1)))
    with sqlite3.connect(place.ledger_path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    ended = place.run("videos")

    assert ended.code == 9
    assert "hint: update ld-import" in ended.err


def test_ledger_in_use(place):
    """A ledger in use is exit 10, and the error names the other run."""
    place.write(*videos(1))
    place.ledger_path.parent.mkdir()
    make_ledger(place.ledger_path.parent).close()
    before = place.emulator.requests.total()

    with exclusive(place.ledger_path, make_start()):
        ended = place.run("videos")

    assert (ended.code, ended.out) == (10, "")
    assert "error: another run holds the ledger" in ended.err
    assert "(process 1 on here since 2026-11-21T01:00:00Z: ld-import videos)" in ended.err
    assert "hint: wait for the other run to end" in ended.err
    assert place.emulator.requests.total() == before


@pytest.mark.parametrize("content", [None, b"", b"garbage " * 200])
def test_held_ledger_is_not_read(place, content):
    """A held ledger is not read: the error names its holder, whatever the ledger contains."""
    place.write(*videos(1))
    place.ledger_path.parent.mkdir()
    if content is not None:
        place.ledger_path.write_bytes(content)

    with exclusive(place.ledger_path):
        ended = place.run("videos")

    assert ended.code == 10
    assert ended.err.startswith("error: another run holds the ledger ")
    assert f"(process {os.getpid()} on " in ended.err


CHAIN = ("flag", "environment", "header", "profile", "default")


@pytest.mark.parametrize("strongest", CHAIN[:-1])
def test_precedence_of_the_system_name(place, monkeypatch, strongest):
    """The systemName comes from the flag, else environment, header or configuration."""
    given = CHAIN[CHAIN.index(strongest) :]
    flags = ["--system-name", "from-flag"] if "flag" in given else []
    if "environment" in given:
        monkeypatch.setenv("LD_IMPORT_SYSTEM_NAME", "from-environment")
    place.write(video(), systemName="from-header" if "header" in given else None)
    (place.folder / "ld-import.yaml").write_text("videos: {systemName: from-profile}\n")

    assert place.summary("-n", *flags)["systemName"] == f"from-{strongest}"


@pytest.mark.parametrize("strongest", ["flag", "environment", "older", "profile"])
def test_precedence_of_the_server(place, monkeypatch, strongest):
    """The server comes from the flag, else LD_IMPORT_SERVER, LI_HOST or the profile."""
    order = ("flag", "environment", "older", "profile")
    given = order[order.index(strongest) :]
    flags = ["--server", "https://flag.example"] if "flag" in given else []
    monkeypatch.delenv("LD_IMPORT_SERVER")
    for name, source in (("LD_IMPORT_SERVER", "environment"), ("LI_HOST", "older")):
        if source in given:
            monkeypatch.setenv(name, f"https://{source}.example")
    place.write(video())
    (place.folder / "ld-import.yaml").write_text(
        'profiles: {only: {server: "https://profile.example"}}\n'
    )

    assert place.summary("-n", *flags)["target"] == f"https://{strongest}.example"


@pytest.mark.parametrize("strongest", ["flag", "environment", "profile", "default"])
def test_precedence_of_the_api_version(place, monkeypatch, strongest):
    """The API version has the same precedence, and a default."""
    order = ("flag", "environment", "profile", "default")
    given = order[order.index(strongest) :]
    versions = {"flag": "2025-03", "environment": "v1", "profile": "2025-09", "default": "2026-05"}
    flags = ["--api-version", versions["flag"]] if "flag" in given else []
    if "environment" in given:
        monkeypatch.setenv("LD_IMPORT_API_VERSION", versions["environment"])
    if "profile" in given:
        (place.folder / "ld-import.yaml").write_text('profiles: {a: {apiVersion: "2025-09"}}\n')
    place.write(video())

    url = place.summary("-n", *flags)["firstRequest"]["url"]

    assert url == f"{place.url}/api/{versions[strongest]}/import/videos"


@pytest.mark.parametrize("strongest", ["flag", "header", "profile", "default"])
def test_precedence_of_the_external_id(place, strongest):
    """The template of the id has the same precedence; without one the id of the record is used."""
    order = ("flag", "header", "profile", "default")
    given = order[order.index(strongest) :]
    flags = ["--external-id", "flag-{{ id }}"] if "flag" in given else []
    header = {"externalId": "header-{{ id }}"} if "header" in given else {}
    if "profile" in given:
        (place.folder / "ld-import.yaml").write_text('videos: {externalId: "profile-{{ id }}"}\n')
    place.write(video(), **header)

    sent = place.summary("-n", *flags)["firstRequest"]["body"]["videos"][0]["id"]

    assert sent == ("v1" if strongest == "default" else f"{strongest}-v1")


def _size(place, items):
    return len(orjson.dumps({"systemName": place.system_name, "videos": items}))


@pytest.mark.parametrize(
    ("flag", "number"),
    [
        *[("--max-wait", number) for number in ("inf", "nan", "1e12", "31536001")],
        *[("--max-duration", number) for number in ("inf", "nan", "1e12")],
        *[("--max-rate", number) for number in ("inf", "nan")],
    ],
)
def test_number_out_of_range(place, flag, number):
    """Infinite, non-numeric or over-long durations are usage errors."""
    place.write(*videos(1))

    ended = place.run("videos", flag, number, "--no-wait")

    assert (ended.code, ended.out) == (2, "")
    assert f"{flag} must be a " in ended.err
    assert len(ended.err.splitlines()) == 2


GROUP = '3 records   `url` is "nowhere": it is a path without https:// and a host before it'


def test_dry_run_groups_invalid_records(place):
    """A dry run shows one line for each cause, below the counts; single lines with `-v`."""
    place.write(video(1), broken(2), broken(3), broken(4))

    ended = place.run("videos", "--dry-run")
    verbose = place.run("videos", "--dry-run", "-v")
    quiet = place.run("videos", "--dry-run", "-q")
    document = place.run("videos", "--dry-run", "--json")

    assert ended.code == 3
    assert ended.out.splitlines()[-1].startswith(f"{GROUP}   manifest.json:3, 4, 5   give the")
    assert ended.err.startswith("hint: a dry run does not ask the server")
    assert verbose.err.count("warning: manifest.json:") == 3
    assert GROUP in verbose.out
    assert quiet.out + quiet.err == ""
    assert document.err.count("warning: manifest.json:") == 1
    assert len(document.document["invalidLines"]) == 3
    (group,) = document.document["invalidGroups"]
    assert (group["count"], group["field"], group["lines"]) == (3, "url", [3, 4, 5])


def test_dry_run_logs_invalid_records(place):
    """The log file of a dry run has the single lines."""
    place.write(video(1), broken(2), broken(3))

    place.run("videos", "--dry-run", "--log-file", "run.log")

    text = (place.folder / "run.log").read_text()
    assert text.count("warning: manifest.json:") == 2


def test_run_groups_invalid_records_at_its_end(place):
    """A run logs the first record of each cause at once, and all groups below its counts."""
    place.write(video(1), broken(2), broken(3), broken(4))

    ended = place.run("videos", "--no-wait")
    document = place.run("videos", "--json").document

    assert ended.err.count("warning: manifest.json:") == 1
    assert "warning: 2 more records are invalid; `ld-import validate`" in ended.err
    assert ended.out.splitlines()[-1].startswith(f"{GROUP}   manifest.json:3, 4, 5   give the")
    assert [group["count"] for group in document["invalidGroups"]] == [3]
