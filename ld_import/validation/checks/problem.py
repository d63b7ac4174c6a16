"""The result of a check of one text, and the form of the checks of all texts of an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple


class TextProblem(NamedTuple):
    """A problem of a text: `text` is a sentence that begins with the name of the field."""

    rule: str
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A check that only texts with a trace of the problem undergo.

    `hint` is a pattern for the JSON of every entry that has a problem, also if all ASCII
    characters of it are removed except DEL and the escapes of control characters.
    """

    hint: bytes
    problems_of: Callable[[str], Iterable[TextProblem]]

    def is_suspect(self, body: bytes) -> bool:
        """Return whether the JSON of an entry has the trace of a problem."""
        # The module `re` caches the compiled pattern.
        return re.search(self.hint, body) is not None
