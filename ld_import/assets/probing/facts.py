"""The facts about a file, and why there may be none. Both can be sent to another process."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple


class ProbeProblem(Exception):
    """The file must not be uploaded; `reason` is a phrase such as `the file is empty`."""

    def __init__(self, reason: str) -> None:
        """Store the reason."""
        super().__init__(reason)
        self.reason = reason


class NotAFile(ProbeProblem):
    """A page or a message of a host came instead of the file."""


class Warned(NamedTuple):
    """A limit of the CMS that a file exceeds; `rule` names it, `text` is a phrase."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Probed:
    """The facts that the content of a file shows.

    - `suffix` is in lower case, with its dot; `kind` is `image`, `video` or `file`.
    - `width` and `height` are what is seen: after orientation, rotation and pixel aspect ratio.
    - `missing` names the fields of `asset` that its kind needs and its content does not state.
    """

    mime_type: str
    suffix: str
    kind: str
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    warnings: tuple[Warned, ...] = ()
    missing: tuple[str, ...] = ()

    def problem(self, given: Container[str] = ()) -> str | None:
        """Return why the file cannot be registered, unless the fields `given` are known."""
        lacking = [f"`asset.{name}`" for name in self.missing if name not in given]
        if not lacking:
            return None
        names = " and ".join(lacking)
        return f"the content does not state {names}, so the manifest has to give {names}"
