"""HTTP client of the Livingdocs API: one retry policy, answers converted to JSON or errors."""

# Before httpx and tenacity: without it they import libraries that are installed but not used here.
import ld_import.lean_libraries  # noqa: F401
from ld_import.api.client import LivingdocsClient
from ld_import.api.options import ClientOptions, TimeLimits
from ld_import.api.retry import Retry

__all__ = ["ClientOptions", "LivingdocsClient", "Retry", "TimeLimits"]
