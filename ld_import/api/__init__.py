"""Wire: one HTTP client, one opinion on retries, answers turned into JSON or the right error."""

from ld_import.api.client import LivingdocsClient
from ld_import.api.retry import Retry

__all__ = ["LivingdocsClient", "Retry"]
