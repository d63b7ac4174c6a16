"""Faults: trouble that a test or a rehearsal asks for beforehand, as values."""

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
PICKY_JOB_ACTIONS = ("fail_job", "lose_job")
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
    "GET projectConfig",
    "GET health",
)


class ConnectionDropped(Exception):
    """The connection ends without an answer. Raised out of the ASGI application on purpose.

    `EmulatorTransport` turns it into `httpx.ReadError`; under `serve` the socket is cut. Another
    ASGI server would make a 500 of it.
    """


class ConnectionRefused(Exception):
    """Nobody listens. `EmulatorTransport` makes it an `httpx.ConnectError`.

    A real socket has accepted the connection by then: under `serve` it is cut, as in a drop.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One piece of trouble: it happens to the `nth` request of `on`, and the `times - 1` after it.

    Requests are counted per `on` from the moment the fault was scripted; `*` is any request.
    Several faults may meet in one request.

    Instead of the work:

    - `status`: answer `status` with `headers` and `body` (text goes out as HTML, anything else as
      JSON; without one a proxy's page for 502 to 504, else the error envelope).
    - `html`: the same, always a proxy's HTML page.
    - `drop` / `refuse`: no answer, the connection breaks or cannot be made.

    Around the work:

    - `slow`: wait `seconds`, then go on.
    - `status_after`, `drop_after`: do the work, then answer like `status` or not at all.
    - `truncated`, `not_json`: do the work and spoil the body of the answer.

    To the job of a POST:

    - `fail_job`: it ends `failed`, without a list and without any import.
    - `lose_job`: it is `lost` when it should be finished, its items imported or not according to
      `imported_before_loss`.
      With an `external_id` both happen only to jobs with that item, and `nth` and `times` count
      only the requests that contain it.
    - `stuck_job`: it never finishes and imports nothing.
    - `unknown_state`: its first `count` status answers say `state` (`queued`).
    - `missing_items`: the last `count` items are imported but not listed.
    - `surplus_items`: the list ends with `count` items nobody sent and `count` items once more.
    - `fail_item`: the item with `external_id` fails with `reason`; every item when there is none.
    - `unknown_item_state`: that item is imported, but its state is the word `state` (`postponed`).

    `missing_items` and `surplus_items` happen to the results of a POST to the media library too.

    To a POST as a whole, because of one of its items; `nth` and `times` count the requests that
    contain it, others pass and are not counted:

    - `refuse_request`: 400 with `reason` when an item has `external_id` (any item without one), and
      no word about which it is.
    - `refuse_request_with_path`: the same, `reason` standing under the dotted path of the item.
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
        """Refuse a fault that could never happen: it would leave a test green for no reason."""
        if self.on not in REQUESTS:
            raise ValueError(f'no request is called "{self.on}"; known are {", ".join(REQUESTS)}')
        if self.action not in ACTIONS:
            raise ValueError(f'no fault does "{self.action}"; known are {", ".join(ACTIONS)}')
        if self.action in JOB_ACTIONS and self.on not in self._places():
            raise ValueError(
                f'"{self.action}" happens to a job: `on` must be a POST, not {self.on}'
            )
        if self.action in REFUSE_ACTIONS and self.on not in SUBMITS:
            raise ValueError(f'"{self.action}" needs a POST as `on`, not {self.on}')
        if self.nth < 1 or self.times < 1 or self.count < 1 or self.seconds < 0:
            raise ValueError("`nth`, `times` and `count` start at 1, `seconds` at 0")

    @property
    def looks_inside(self) -> bool:
        """Whether it depends on the items of a request if this fault concerns it."""
        is_picky_job = self.action in PICKY_JOB_ACTIONS and self.external_id is not None
        return self.action in REFUSE_ACTIONS or is_picky_job

    def _places(self) -> tuple[str, ...]:
        return SUBMITS if self.action in LIBRARY_ACTIONS else JOB_SUBMITS

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> Fault:
        """Make a fault of JSON; whatever is not understood is a `ValueError` with one sentence."""
        known = {each.name: str(each.type) for each in fields(cls)}
        for name, value in members.items():
            if name not in known:
                raise ValueError(f'a fault has no key "{name}"; known are {", ".join(known)}')
            if not _fits(value, known[name]):
                raise ValueError(f'the key "{name}" of a fault cannot be {value!r}')
        if missing := [name for name in ("on", "action") if name not in members]:
            raise ValueError(f'a fault needs the key "{missing[0]}"')
        return cls(**members)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON members from which `from_dict` makes the same fault."""
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
    # JSON has true and false apart from numbers; Python counts a bool among the ints.
    is_stray_bool = isinstance(value, bool) and annotation != "bool"
    return isinstance(value, checks[annotation]) and not is_stray_bool
