"""Formats of manifest files: each module turns the bytes of one format into records."""
