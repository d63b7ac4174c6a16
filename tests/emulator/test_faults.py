"""Scripted faults: they affect the right requests and jobs, and are counted."""

from __future__ import annotations

import httpx
import orjson
import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, batch, video

SUBMIT = "POST import/videos"
AT_ONCE = Settings(job_polls=0)


def scripted(*faults, **options):
    """Return an emulator with a script, whose jobs finish immediately."""
    emulator = Emulator(AT_ONCE, **options)
    emulator.script(*faults)
    return emulator


def submit(emulator):
    """Post one video."""
    return ServerClient(emulator).request("POST", "import/videos", json=batch(video()))


def test_nth_and_times():
    """A fault affects the nth request of its name and the `times - 1` requests after it."""
    emulator = scripted(Fault(on="GET health", action="status", nth=2, times=2, status=500))
    server = ServerClient(emulator)

    statuses = []
    for _ in range(5):
        statuses.append(server.request("GET", "health").status_code)
        server.request("GET", "projectConfig")

    assert statuses == [200, 500, 500, 200, 200]


def test_counting_starts_with_the_script():
    """A fault counts only requests received after it was scripted."""
    emulator = Emulator()
    server = ServerClient(emulator)
    server.request("GET", "health")

    emulator.script(Fault(on="GET health", action="status"))

    assert server.request("GET", "health").status_code == 503
    assert emulator.requests["GET health"] == 2


def test_any_request():
    """`*` matches any request, known or unknown."""
    emulator = scripted(Fault(on="*", action="status", nth=3, status=500))
    server = ServerClient(emulator)

    statuses = [
        server.request("GET", path).status_code for path in ("health", "foo", "mediaLibrary/1")
    ]

    assert statuses == [200, 404, 500]
    assert emulator.requests == {"GET health": 1, "GET foo": 1, "GET mediaLibrary/{id}": 1}


def test_unused_faults():
    """A fault that has not occurred `times` times is reported as unused."""
    once = Fault(on=SUBMIT, action="fail_item", external_id="v-1")
    twice = Fault(on="GET health", action="slow", times=2)
    emulator = scripted(once, twice, sleep=Clock().sleep)

    ServerClient(emulator).request("GET", "health")
    assert emulator.unused_faults == [once, twice]
    ServerClient(emulator).request("GET", "health")
    submit(emulator)
    assert emulator.unused_faults == []


def test_forgotten_faults():
    """Removed faults do not occur and are not reported as unused."""
    emulator = scripted(
        Fault(on="GET health", action="status", times=9, status=500),
        Fault(on="GET mediaLibrary", action="drop"),
    )
    server = ServerClient(emulator)
    assert server.request("GET", "health").status_code == 500

    emulator.forget_faults()

    assert server.request("GET", "health").status_code == 200
    assert server.request("GET", "mediaLibrary?ids=1").status_code == 200
    assert emulator.unused_faults == []


def test_fault_of_a_refused_batch_is_unused():
    """A fault for a job does not count as occurred when the request was refused."""
    fault = Fault(on=SUBMIT, action="stuck_job")
    emulator = scripted(fault)

    ServerClient(emulator).request("POST", "import/videos", json={})

    assert emulator.unused_faults == [fault]


@pytest.mark.parametrize(
    ("fault", "status", "kind", "part"),
    [
        (Fault(on=SUBMIT, action="status"), 503, "text/html", "<h1>503"),
        (Fault(on=SUBMIT, action="status", status=500), 500, "application/json", '"status":500'),
        (Fault(on=SUBMIT, action="status", status=429), 429, "application/json", "Too Many"),
        (Fault(on=SUBMIT, action="status", status=599), 599, "application/json", '"Error"'),
        (Fault(on=SUBMIT, action="status", body={"a": 1}), 503, "application/json", '{"a":1}'),
        (Fault(on=SUBMIT, action="status", body="<p>"), 503, "text/html", "<p>"),
        (Fault(on=SUBMIT, action="html"), 502, "text/html", "Bad Gateway"),
        (Fault(on=SUBMIT, action="html", status=504), 504, "text/html", "Gateway Timeout"),
    ],
)
def test_answer_replaces_processing(fault, status, kind, part):
    """A scripted answer replaces the processing: no job is created, nothing is imported."""
    emulator = scripted(fault)

    answer = submit(emulator)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(kind)
    assert part in answer.text
    assert emulator.jobs() == []
    assert emulator.bodies == {}


def test_headers_of_a_scripted_answer():
    """A scripted answer may have headers such as `Retry-After`."""
    emulator = scripted(Fault(on=SUBMIT, action="status", headers={"Retry-After": "7"}))

    assert submit(emulator).headers["retry-after"] == "7"


def test_answer_after_processing():
    """A gateway error may follow a batch that the server has accepted."""
    emulator = scripted(Fault(on=SUBMIT, action="status_after", status=504))

    assert submit(emulator).status_code == 504
    assert len(emulator.entries()) == 1


@pytest.mark.parametrize(
    ("action", "error", "entry_count"),
    [
        ("drop", httpx.ReadError, 0),
        ("drop_after", httpx.ReadError, 1),
        ("refuse", httpx.ConnectError, 0),
    ],
)
def test_broken_connection(action, error, entry_count):
    """A connection breaks before or after processing; the client sees the same error."""
    emulator = scripted(Fault(on=SUBMIT, action=action))

    with pytest.raises(error, match="scripted"):
        submit(emulator)

    assert len(emulator.entries()) == entry_count


@pytest.mark.parametrize("action", ["truncated", "not_json"])
def test_corrupted_answer(action):
    """The request is processed, but its answer cannot be parsed."""
    emulator = scripted(Fault(on=SUBMIT, action=action))

    answer = submit(emulator)

    assert answer.status_code == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answer.content)
    assert len(emulator.entries()) == 1


def test_slow_answer():
    """A slow answer arrives, or exceeds the client's timeout after the request is processed."""
    clock = Clock()
    fault = Fault(on=SUBMIT, action="slow", seconds=30, times=2)
    emulator = scripted(fault, now=clock, sleep=clock.sleep)
    server = ServerClient(emulator)

    patient = server.request("POST", "import/videos", json=batch(video("a")), timeout=None)
    with pytest.raises(httpx.ReadTimeout):
        server.request("POST", "import/videos", json=batch(video("b")), timeout=10)

    assert patient.status_code == 200
    assert [entry["externalId"] for entry in emulator.entries()] == ["a", "b"]


def test_several_faults_in_one_request():
    """Several faults may affect one request: slow, a fault of its job, and a lost answer."""
    clock = Clock()
    emulator = scripted(
        Fault(on=SUBMIT, action="slow", seconds=1),
        Fault(on=SUBMIT, action="fail_job"),
        Fault(on=SUBMIT, action="drop_after"),
        now=clock,
        sleep=clock.sleep,
    )

    with pytest.raises(httpx.ReadError):
        submit(emulator)

    assert emulator.jobs()[0]["state"] == "failed"
    assert emulator.unused_faults == []


def test_last_body_is_kept():
    """`bodies` holds the bytes of the last accepted batch of each kind."""
    emulator = Emulator()

    answer = submit(emulator)
    ServerClient(emulator).request("POST", "import/videos", json={})

    assert emulator.bodies == {"videos": answer.request.content}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"on": "POST videos", "action": "drop"}, 'unknown request "POST videos"'),
        ({"on": SUBMIT, "action": "explode"}, 'unknown action "explode"'),
        ({"on": "GET health", "action": "fail_job"}, "affects a job"),
        ({"on": "*", "action": "fail_job"}, "affects a job"),
        ({"on": SUBMIT, "action": "drop", "nth": 0}, "at least 1"),
        ({"on": SUBMIT, "action": "drop", "nht": 1}, 'unknown key "nht"'),
        ({"action": "drop"}, 'a fault requires the key "on"'),
        ({"on": SUBMIT}, 'a fault requires the key "action"'),
        (
            {"on": SUBMIT, "action": "drop", "nth": "2"},
            "the key \"nth\" of a fault has an invalid value: '2'",
        ),
        (
            {"on": SUBMIT, "action": "drop", "nth": True},
            'the key "nth" of a fault has an invalid value: True',
        ),
        ({"on": SUBMIT, "action": "status", "headers": {"a": 1}}, 'the key "headers"'),
        ({"on": SUBMIT, "action": "status", "headers": []}, 'the key "headers"'),
    ],
)
def test_invalid_fault(members, words):
    """An invalid fault raises an error with one sentence when it is created."""
    with pytest.raises(ValueError, match=words):
        Fault.from_dict(members)


def test_fault_from_json():
    """Every member of a fault survives a round trip through JSON."""
    members = {
        "on": SUBMIT,
        "action": "status",
        "nth": 2,
        "times": 3,
        "status": 503,
        "headers": {"Retry-After": "1"},
        "body": {"any": ["thing"]},
        "seconds": 1,
        "count": 2,
        "external_id": "a",
        "reason": "b",
        "state": "c",
        "imported_before_loss": True,
    }

    fault = Fault.from_dict(members)

    assert fault.to_dict() == members
    assert Fault.from_dict(fault.to_dict()) == fault
