"""Files to upload: their sources, what they are, and the storage that they go to."""
