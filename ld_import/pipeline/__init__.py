"""The way of a record, in walking order: plan, cut, submit, poll, settle; `run` knows the order.

A batch goes down through `halve` (a job that failed as a whole), `isolate` (a request that was
refused as a whole), `carry` (sends it) and `follow` (follows it to its outcomes); how far it came
goes up as `carried`. `resolve` finds out what became of a request without an answer, `hints` are
the server's notifications, `breaker` notices a server that fails job after job, `existing` treats
what the server has, `quota` keeps a run below the daily allowance, `blocks` are known records in a
row, `identity` compares template and systemName with those of the last run, `doubles` the URLs of
new items with those of known ones, for which `holdback` keeps items from being sent, `stop` ends
waits on request, `rehearse` is the dry run, `tally` counts, `chunks` is where a run gets its
decisions from.
"""
