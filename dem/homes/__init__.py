"""Homes: battery physics and the bill, N homes stepped at once.

- ``Home``: the sound home (losses, limits, the bill); ``Battery`` describes what it owns
- ``PaperHome``: the paper's environment as published, quirks documented one by one
- ``simulate``, ``bill_without_battery``: what a policy does over a period, and what it is measured against
- ``look_ahead``: perfect forecasts as observations
- ``BatchedEnvironment``, ``Policy``, ``Step``: the protocol that agents are written against
- ``dem.homes.gym``: Gymnasium faces
"""

from dem.homes.battery import Battery
from dem.homes.bill import Settlement, bill_without_battery
from dem.homes.evaluation import simulate
from dem.homes.features import look_ahead
from dem.homes.home import Home
from dem.homes.paper import PaperHome
from dem.homes.protocol import BatchedEnvironment, Policy, Step

__all__ = [
    "BatchedEnvironment",
    "Battery",
    "Home",
    "PaperHome",
    "Policy",
    "Settlement",
    "Step",
    "bill_without_battery",
    "look_ahead",
    "simulate",
]
