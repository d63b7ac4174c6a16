"""The storages: buckets by one library, and local folders."""
