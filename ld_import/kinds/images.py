"""Images: pictures the server fetches by URL (15 MB by default), in a job."""

from ld_import.kinds.job import JobKind

IMAGES = JobKind("images", media_id_at=("image", "mediaId"))
