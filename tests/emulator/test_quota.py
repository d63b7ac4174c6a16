"""The daily quota."""

from __future__ import annotations

from ld_import.emulator import Emulator, Settings
from tests.emulator.server_client import Clock, ServerClient, batch, video

DAY_SECONDS = 24 * 60 * 60


def submit(server, count, *, kind="videos", start=0):
    """Post `count` new items."""
    items = [video(f"{kind}-{start + n}") for n in range(count)]
    return server.request("POST", f"import/{kind}", json=batch(*items, kind=kind))


def test_message():
    """The whole batch is refused with the vendor's message, including line breaks and blanks."""
    emulator = Emulator(Settings(quota=100))
    server = ServerClient(emulator)
    submit(server, 99)

    answer = submit(server, 10, start=99)

    assert (answer.status_code, answer.json()["error"]) == (429, "Usage Limit Exceeded")
    assert answer.json()["error_details"]["message"] == (
        "Your plan does not allow you to upload more than 100 per day.\n"
        "      You already uploaded 99 in the last 24 hours and are trying to upload 10 more.\n"
        "      Please try again later."
    )
    assert "retry-after" not in answer.headers
    assert len(emulator.jobs()) == 1
    assert submit(server, 1, start=99).status_code == 200


def test_rolling_window():
    """Items stop counting 24 hours after their own POST, not at midnight."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(quota=10), now=clock))
    submit(server, 6)
    clock.moment += DAY_SECONDS / 2
    submit(server, 4, start=6)

    clock.moment += DAY_SECONDS / 2 - 1
    assert submit(server, 1, start=10).status_code == 429
    clock.moment += 1
    assert submit(server, 7, start=10).status_code == 429
    assert submit(server, 6, start=10).status_code == 200


def test_per_kind():
    """Each kind has its own quota."""
    server = ServerClient(Emulator(Settings(quota=2)))

    assert submit(server, 2).status_code == 200
    assert submit(server, 2, kind="files").status_code == 200


def test_array_and_header():
    """Older servers wrap the refusal in an array; `Retry-After` is optional."""
    server = ServerClient(Emulator(Settings(quota=0, quota_as_array=True, retry_after=3600)))

    answer = submit(server, 1)

    assert [error["status"] for error in answer.json()] == [429]
    assert answer.headers["retry-after"] == "3600"


def test_survives_a_restart(tmp_path):
    """Used quota survives a restart."""
    path = tmp_path / "emulator.sqlite"
    first = Emulator(Settings(quota=3), store_path=path)
    submit(ServerClient(first), 2)
    first.close()

    second = Emulator(Settings(quota=3), store_path=path)

    assert submit(ServerClient(second), 2, start=2).status_code == 429
    second.close()
