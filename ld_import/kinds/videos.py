"""Videos: films the server fetches by URL (`video/*`, 100 MB by default), in a job."""

from ld_import.kinds.job import JobKind

VIDEOS = JobKind("videos", media_id_at=("video", "mediaId"))
