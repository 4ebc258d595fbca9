"""The desks: what can be done with the contracts, the feeder and the plant, each for a caller who may do it.

Nothing here is thread-safe; `dem.app.service.Service` calls it from one thread.
"""
