"""The virtual power plant: homes, market, feeder and chain in one loop, interval by interval.

with Plant(Config(homes=20)) as plant:
    events = plant.run(days=7)

- ``Config``: what a plant is made of
- ``Plant``: ``run`` and ``step``, ``events`` and ``home_events``; goes on where its journal ends
- ``Interval``, ``Flows``, ``Accounts``: what one interval brought; ``ConservationError`` if its books do not balance
- ``JournalError``: a journal that cannot be used; ``DisagreementError``: a chain that has something else
"""

from dem.vpp.accounts import Accounts
from dem.vpp.config import Config
from dem.vpp.conservation import ConservationError
from dem.vpp.interval import Flows, Interval
from dem.vpp.journal import JournalError
from dem.vpp.ledger import DisagreementError
from dem.vpp.plant import Plant

__all__ = ["Accounts", "Config", "ConservationError", "DisagreementError", "Flows", "Interval", "JournalError", "Plant"]
