"""Random faults for one night, as a script of the emulator."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from ld_import.emulator import Fault

# Fields that say nothing about the requested work.
UNCLEAR = (408, 425, 499, 500, 502, 503, 504, 520, 522)
_PATHS = {"media-library": "mediaLibrary"}


def faults_for(rng: Random, kind: str, names: Sequence[str]) -> tuple[Fault, ...]:
    """Return the faults of one night."""
    count = rng.choice((0, 0, 1, 1, 2, 3))
    return tuple(_fault(rng, kind, names) for _ in range(count))


def told(fault: Fault) -> str:
    """Return a fault for a log."""
    details = (
        f" {fault.status}" * bool(fault.status),
        f" {fault.external_id}" * bool(fault.external_id),
        " imported" * fault.imported_before_loss,
        f" from {fault.nth}" * (fault.nth > 1),
        f" x{fault.times}" * (fault.times > 1),
    )
    return f"{fault.on} {fault.action}{''.join(details)}"


def _fault(rng: Random, kind: str, names: Sequence[str]) -> Fault:
    path = f"import/{_PATHS.get(kind, kind)}"
    is_job = kind not in _PATHS
    makers: list[Any] = [_network] * 4 + [_to_job if is_job else _to_library] * 2 + [_refusal]
    makers += [_reading]
    members = rng.choice(makers)(rng, path, names, is_job)
    return Fault(nth=rng.choice((1, 1, 1, 2, 3)), times=rng.choice((1, 1, 1, 2, 4)), **members)


def _network(rng: Random, path: str, names: Sequence[str], is_job: bool) -> dict[str, Any]:
    return {"on": f"POST {path}", **_trouble(rng)}


def _reading(rng: Random, path: str, names: Sequence[str], is_job: bool) -> dict[str, Any]:
    reads = ["GET mediaLibrary", "GET mediaLibrary/{id}", "PATCH mediaLibrary/{id}"]
    if is_job:
        reads += [f"GET {path}/status"] * 2
    return {"on": rng.choice(reads), **_trouble(rng)}


def _trouble(rng: Random) -> dict[str, Any]:
    action = rng.choice(
        ("drop", "drop", "drop_after", "drop_after", "refuse", "status", "status")
        + ("status_after", "status_after", "truncated", "not_json")
    )
    is_answer = action in ("status", "status_after")
    return {"action": action, "status": rng.choice(UNCLEAR) if is_answer else None}


def _refusal(rng: Random, path: str, names: Sequence[str], is_job: bool) -> dict[str, Any]:
    action = rng.choice(("refuse_request", "refuse_request_with_path"))
    return {"on": f"POST {path}", "action": action, "external_id": rng.choice(names), "reason": "x"}


def _to_job(rng: Random, path: str, names: Sequence[str], is_job: bool) -> dict[str, Any]:
    action = rng.choice(
        ("fail_job", "lose_job", "lose_job", "stuck_job", "unknown_state", "missing_items")
        + ("surplus_items", "fail_item", "unknown_item_state")
    )
    members: dict[str, Any] = {"on": f"POST {path}", "action": action}
    if action == "lose_job":
        members["imported_before_loss"] = rng.random() < 0.5
    if action in ("fail_item", "unknown_item_state"):
        members["external_id"] = rng.choice(names)
    return members


def _to_library(rng: Random, path: str, names: Sequence[str], is_job: bool) -> dict[str, Any]:
    return {"on": f"POST {path}", "action": rng.choice(("missing_items", "surplus_items"))}
