"""The virtual power plant: homes, market, feeder and chain in one loop, interval by interval.

with Plant(Config(homes=20)) as plant:
    events = plant.run(days=7)

- ``Config``: what a plant is made of
- ``Plant``: ``run`` and ``step``, ``events`` and ``home_events``; goes on where its journal ends
- ``Interval``, ``Accounts``: what one interval brought; ``ConservationError`` if its books do not balance
- ``JournalError``: a journal that cannot be used
"""

from dem.vpp.accounts import Accounts, ConservationError
from dem.vpp.config import Config
from dem.vpp.interval import Interval
from dem.vpp.journal import JournalError
from dem.vpp.plant import Plant

__all__ = ["Accounts", "Config", "ConservationError", "Interval", "JournalError", "Plant"]
