"""The way of a record, in walking order: plan, cut, submit, poll, settle; `run` knows the order.

`resolve` finds out what became of a request without an answer, `quota` keeps a run below the daily
allowance, `identity` guards against new ids for old items, `tally` counts.
"""
