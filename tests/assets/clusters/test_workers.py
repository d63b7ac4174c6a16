"""Workers that cannot prepare files are found before the first file, by name."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import python_version

import pytest

from ld_import.assets.clusters.workers import PACKAGE, check_workers
from ld_import.errors import UsageError

WORKERS = ("tls://10.0.0.7:40001", "tls://10.0.0.8:40001")


class Answers:
    """The workers of a cluster: the first has all that is needed, the second as given."""

    def __init__(self, **second):
        self._second = {name.replace("_", "-"): value for name, value in second.items()}

    def run(self, function, *args, on_error):
        """Return the result for each worker, as the client of the library does."""
        assert on_error == "return"
        name = args[0] if args else "python"
        return {WORKERS[0]: function(*args), WORKERS[1]: self._second.get(name, function(*args))}


def test_good_workers():
    """Workers with the versions of this computer are accepted."""
    check_workers(Answers())


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"python": "3.99.1"}, f"runs Python 3.99, this computer {python_version()[:4]}"),
        ({"ld_import": "0.0.1"}, f"has ld-import 0.0.1, this computer {version(PACKAGE)}"),
        ({"ld_import": PackageNotFoundError("ld-import")}, "has no ld-import"),
        ({"obstore": PackageNotFoundError("obstore")}, "has no obstore"),
        ({"pillow": PackageNotFoundError("pillow")}, "has no pillow"),
    ],
)
def test_a_worker_that_lacks_something(second, message):
    """The sentence names the worker and the difference."""
    with pytest.raises(UsageError, match=f"^the worker at {WORKERS[1]} {message}$"):
        check_workers(Answers(**second))


def test_a_worker_that_went_away():
    """A worker that does not answer any more is not a reason to stop."""
    check_workers(Answers(ld_import=OSError("connection lost"), python=OSError("lost")))
