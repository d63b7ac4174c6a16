"""Parts of the work on a Dask cluster: address, connection, check of workers, groups of files.

`ld_import.assets.cluster` joins them. Only `connection` imports the library.
"""
