"""`omit`: the value that leaves its property out, as users of Ansible know it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ld_import.manifest.templating.unfit import Unfit


class Omit:
    """The type of `omit`: a lone `omit` leaves the property out; inside a text it is an error."""

    def __str__(self) -> str:
        """Refuse to become text."""
        raise Unfit("`omit` must stand alone, not inside a text")


OMIT = Omit()


def passing_omit(function: Callable[..., str]) -> Callable[..., str | Omit]:
    """Let `omit` through a filter: `{{ abstract | default(omit, true) | strip_html }}` omits."""

    @wraps(function)
    def filtered(value: Any, *arguments: Any, **options: Any) -> str | Omit:
        return value if value is OMIT else function(value, *arguments, **options)

    return filtered
