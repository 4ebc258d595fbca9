"""`dem`: an open laboratory for decentralized energy markets.

Rooms, from the ground up (a room imports only what stands below it):

- ``units``, ``paths``: conversions and places, each defined once
- ``data``: one validated table for every source of homes
- ``homes``: battery physics and the bill, N homes stepped at once
- ``grid``: a feeder that is solved, trades that it can carry, voltages that are kept
- ``agents``, ``chain``: policies that run batteries; the contracts, deployed and called
- ``federated``: the same agents trained across homes with Flower
- ``retail``: tariffs and demand response of an aggregator
- ``studies``, ``plots``: one module per notebook; one style for every figure
"""

__version__ = "0.1.0"
