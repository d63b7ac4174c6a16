"""The way of a record, in walking order: plan, cut, submit, poll, settle; `run` knows the order.

`carry` takes one batch along it. `resolve` finds out what became of a request without an answer,
`isolate` takes one apart that was refused as a whole, `existing` treats what the server has,
`quota` keeps a run below the daily allowance, `identity` guards against new ids for old items,
`stop` ends waits on request, `rehearse` is the dry run, `tally` counts.
"""
