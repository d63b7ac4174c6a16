"""Files of records: fetched from their source, probed, and stored where the CMS reads them.

Nothing here knows manifest, ledger or server. The code is synchronous: it runs in threads, or in
processes on other machines.
"""
