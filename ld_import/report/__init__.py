"""The report of a run: one HTML page that needs no network, made from the rows of a ledger.

- Values: `facts` (the run), `data` (all sections), `problems` (groups and listed items),
  `timeline`, `quota`, `comparison`, `next_steps`, `headline`.
- The page: `page`, `chart`, and the files `page.html.j2`, `style.css` and `script.js`.
"""
