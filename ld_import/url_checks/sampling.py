"""A sample of the URLs of a manifest: from every host, spread evenly, the same in every call."""

from __future__ import annotations

import sqlite3

# Each host gets one URL and a share of the rest, in proportion to its other URLs; the largest
# remainders round up. Within a host, the chosen URLs have equal distances.
SHARES = """
CREATE TEMP TABLE share AS
WITH
  host AS (SELECT host, count(*) AS size FROM temp.wanted GROUP BY host),
  total AS (SELECT count(*) AS hosts, sum(size) AS urls FROM host),
  base AS (
    SELECT host, size,
      1 + (:sample - hosts) * (size - 1) / (urls - hosts) AS share,
      (:sample - hosts) * (size - 1) % (urls - hosts) AS remainder
    FROM host, total
  )
SELECT host, size,
  share + (row_number() OVER (ORDER BY remainder DESC, size DESC, host)
    <= :sample - (SELECT sum(share) FROM base)) AS share
FROM base
"""
# With more hosts than URLs in the sample, the largest hosts get one URL each.
FEW_SHARES = """
CREATE TEMP TABLE share AS
SELECT host, count(*) AS size, row_number() OVER (ORDER BY count(*) DESC, host) <= :sample AS share
FROM temp.wanted GROUP BY host
"""
CHOOSE = """
WITH placed AS (
  SELECT number, size, share, row_number() OVER (PARTITION BY host ORDER BY number) AS place
  FROM temp.wanted JOIN temp.share USING (host)
)
UPDATE temp.wanted SET is_chosen = 0 WHERE number IN (
  SELECT number FROM placed WHERE (2 * place * share + size) / (2 * size)
    = (2 * (place - 1) * share + size) / (2 * size)
)
"""


def choose_sample(db: sqlite3.Connection, sample: int) -> None:
    """Mark the URLs of a sample in the table `wanted`."""
    urls, hosts = db.execute("SELECT count(*), count(DISTINCT host) FROM temp.wanted").fetchone()
    if sample >= urls:
        return
    # Parameters cannot be used in CREATE TABLE.
    text = FEW_SHARES if sample <= hosts else SHARES
    db.execute(text.replace(":sample", str(int(sample))))
    db.execute(CHOOSE)
    db.execute("DROP TABLE temp.share")
