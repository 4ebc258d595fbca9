"""`dem`: an open laboratory for decentralized energy markets.

Rooms, from the ground up (a room imports only what stands below it):

- ``units``, ``paths``, ``files``, ``borrowed``: conversions; places; files that are whole; state of the process that
  is given back
- ``regression``, ``plots``: ridge regression; one style for every figure
- ``data``: one validated table for every source of homes
- ``homes``: battery physics and the bill, N homes stepped at once
- ``market``: mechanisms without a chain, and bidders
- ``grid``: a feeder that is solved, trades that it can carry, voltages that are kept
- ``carbon``: emission factors, and what they make of a home's energy
- ``forecast``: quantiles of load, PV and prices for the next day
- ``agents``, ``chain``: policies that run batteries; the contracts, deployed and called
- ``alerts``: telling people what happened on the grid
- ``federated``: the same agents trained across homes with Flower
- ``meters``: smart meters that sign what they measured and report it once
- ``proofs``: policies in whole numbers, and zero-knowledge proofs of what they answered
- ``retail``: tariffs and demand response of an aggregator
- ``vpp``: homes, market, feeder and chain in one loop
- ``app``: the laboratory as a web application
- ``studies``: one module per notebook
"""

__version__ = "0.1.0"
