"""The form of a check of all texts of an entry, and of its results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple


class TextProblem(NamedTuple):
    """The rest of a sentence that begins with the name of the field, and what to do."""

    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A check that only texts with a trace of the problem undergo.

    `hint` matches the JSON of every entry that has a problem, also if all ASCII characters of it
    are removed except DEL and the escapes of control characters.
    """

    rule: str
    hint: re.Pattern[bytes]
    problems_of: Callable[[str], Iterable[TextProblem]]
