"""Scripted faults, as values that a test or a trial run hands to the emulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

AnswerAction = Literal["status", "html", "drop", "refuse", "slow"]
LateAction = Literal["status_after", "drop_after", "truncated", "not_json"]
JobAction = Literal[
    "fail_job",
    "lose_job",
    "stuck_job",
    "unknown_state",
    "missing_items",
    "surplus_items",
    "fail_item",
    "unknown_item_state",
]
RefuseAction = Literal["refuse_request", "refuse_request_with_path"]
Action = AnswerAction | LateAction | JobAction | RefuseAction

LATE_ACTIONS: tuple[str, ...] = get_args(LateAction)
JOB_ACTIONS: tuple[str, ...] = get_args(JobAction)
SELECTIVE_JOB_ACTIONS = ("fail_job", "lose_job")
LIBRARY_ACTIONS = ("missing_items", "surplus_items")
REFUSE_ACTIONS: tuple[str, ...] = get_args(RefuseAction)
ACTIONS: tuple[str, ...] = (
    *get_args(AnswerAction),
    *LATE_ACTIONS,
    *JOB_ACTIONS,
    *REFUSE_ACTIONS,
)

ANY_REQUEST = "*"
JOB_SUBMITS = ("POST import/videos", "POST import/images", "POST import/files")
LIBRARY_SUBMIT = "POST import/mediaLibrary"
SUBMITS = (*JOB_SUBMITS, LIBRARY_SUBMIT)
REQUESTS = (
    ANY_REQUEST,
    *SUBMITS,
    "GET import/videos/status",
    "GET import/images/status",
    "GET import/files/status",
    "GET mediaLibrary",
    "GET mediaLibrary/{id}",
    "PATCH mediaLibrary/{id}",
    "GET mediaLibrary/serve-image/{key}",
    "GET projectConfig",
    "GET health",
)


class ConnectionDropped(Exception):
    """The connection ends without an answer. Raised deliberately out of the ASGI application.

    `EmulatorTransport` converts it to `httpx.ReadError`, `serve` closes the socket. Any other ASGI
    server would answer 500.
    """


class ConnectionRefused(Exception):
    """The connection cannot be established. `EmulatorTransport` raises `httpx.ConnectError`.

    `serve` has accepted the connection by then and closes it, as for `ConnectionDropped`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A scripted fault. It affects the `nth` request named `on` and the `times - 1` after it.

    Requests are counted per `on` from the moment the fault is scripted; `*` matches any request.
    Several faults may affect one request.

    Actions that replace the processing of the request:

    - `status`: answer `status` with `headers` and `body`. Text is sent as HTML, any other value as
      JSON. Without a body, 502 to 504 send a proxy's HTML page, other statuses the error envelope.
    - `html`: the same, always a proxy's HTML page.
    - `drop`, `refuse`: no answer; the connection breaks or cannot be established.

    Actions that process the request:

    - `slow`: wait `seconds` first.
    - `status_after`, `drop_after`: then answer like `status`, or drop the connection.
    - `truncated`, `not_json`: then corrupt the body of the answer.

    Actions on the job of a POST:

    - `fail_job`: the job ends `failed`, without a list of results, and imports nothing.
    - `lose_job`: the job becomes `lost` instead of finished. `imported_before_loss` decides whether
      its items were imported.
      With an `external_id`, both affect only jobs with that item, and `nth` and `times` count only
      the requests that contain it.
    - `stuck_job`: the job never finishes and imports nothing.
    - `unknown_state`: the first `count` status answers report `state` (default `queued`).
    - `missing_items`: the last `count` items are imported but not listed.
    - `surplus_items`: the list ends with `count` items that were not sent and `count` repetitions.
    - `fail_item`: the item with `external_id` fails with `reason`; all items without one.
    - `unknown_item_state`: that item is imported with the state `state` (default `postponed`).

    `missing_items` and `surplus_items` also apply to the results of a POST to the media library.

    Actions on a whole POST, caused by one of its items. `nth` and `times` count only the requests
    that contain it:

    - `refuse_request`: 400 with `reason` when an item has `external_id` (any item without one),
      without naming the item.
    - `refuse_request_with_path`: the same, with `reason` under the dotted path of the item.
    """

    on: str
    action: Action
    nth: int = 1
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    count: int = 1
    external_id: str | None = None
    reason: str | None = None
    state: str | None = None
    imported_before_loss: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a fault that cannot occur, since its test would pass without it."""
        if self.on not in REQUESTS:
            raise ValueError(f'unknown request "{self.on}"; known are {", ".join(REQUESTS)}')
        if self.action not in ACTIONS:
            raise ValueError(f'unknown action "{self.action}"; known are {", ".join(ACTIONS)}')
        if self.action in JOB_ACTIONS and self.on not in self._allowed_requests():
            raise ValueError(f'"{self.action}" affects a job: `on` must be a POST, not {self.on}')
        if self.action in REFUSE_ACTIONS and self.on not in SUBMITS:
            raise ValueError(f'"{self.action}" requires a POST as `on`, not {self.on}')
        if self.nth < 1 or self.times < 1 or self.count < 1 or self.seconds < 0:
            raise ValueError("`nth`, `times` and `count` must be at least 1, `seconds` at least 0")

    @property
    def looks_inside(self) -> bool:
        """Whether the items of a request decide if this fault affects it."""
        is_selective = self.action in SELECTIVE_JOB_ACTIONS and self.external_id is not None
        return self.action in REFUSE_ACTIONS or is_selective

    def _allowed_requests(self) -> tuple[str, ...]:
        return SUBMITS if self.action in LIBRARY_ACTIONS else JOB_SUBMITS

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> Fault:
        """Return the fault of these JSON members. Raises ValueError with a one-sentence message."""
        known = {member.name: str(member.type) for member in fields(cls)}
        for name, value in members.items():
            if name not in known:
                raise ValueError(f'unknown key "{name}" of a fault; known are {", ".join(known)}')
            if not _fits(value, known[name]):
                raise ValueError(f'the key "{name}" of a fault has an invalid value: {value!r}')
        if missing := [name for name in ("on", "action") if name not in members]:
            raise ValueError(f'a fault requires the key "{missing[0]}"')
        return cls(**members)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON members from which `from_dict` restores the fault."""
        return {**asdict(self), "headers": dict(self.headers)}


def _fits(value: Any, annotation: str) -> bool:
    checks: dict[str, tuple[type, ...]] = {
        "str": (str,),
        "Action": (str,),
        "int": (int,),
        "int | None": (int, type(None)),
        "float": (int, float),
        "bool": (bool,),
        "str | None": (str, type(None)),
        "Mapping[str, str]": (dict,),
    }
    if annotation not in checks:
        return True
    if annotation == "Mapping[str, str]" and isinstance(value, dict):
        return all(isinstance(text, str) for text in (*value, *value.values()))
    # In Python, bool is a subclass of int; in JSON, true and false are not numbers.
    is_stray_bool = isinstance(value, bool) and annotation != "bool"
    return isinstance(value, checks[annotation]) and not is_stray_bool
