"""The stages of an import: plan, batch, submit, poll, settle.

`run` calls the stages in this order. `planning` decides about records and cuts the items to send
into batches, `delivery` sends batches and records their outcomes. `quota` and `breaker` end a run
that would only cause further failures, `shutdown` ends its waits on request, `tally` counts.
"""
