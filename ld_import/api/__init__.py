"""HTTP client of the Livingdocs API: one retry policy, answers converted to JSON or errors."""

# First: the modules below import httpx.
import ld_import.lean_httpx  # noqa: F401
from ld_import.api.client import LivingdocsClient
from ld_import.api.options import ClientOptions, TimeLimits
from ld_import.api.retry import Retry

__all__ = ["ClientOptions", "LivingdocsClient", "Retry", "TimeLimits"]
