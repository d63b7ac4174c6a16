"""Names that a package exports, each imported from its module when it is used first."""

from __future__ import annotations

from importlib import import_module

# Known to type checkers. `typing` has so many objects that the program first makes the garbage
# collector rare, and this module is imported before that.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the function `__getattr__` of a package; `homes` has the module of each name.

    A command then loads only the modules that it needs: https://peps.python.org/pep-0562/
    """

    def imported(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return imported
