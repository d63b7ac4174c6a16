"""Files: documents the server fetches by URL (PDF, 100 MB by default), in a job."""

from ld_import.kinds.job import JobKind

FILES = JobKind("files", media_id_at=("mediaId",))
