"""The chain: connect, deploy, act as a home, read gas. The only room that knows Ape.

with chain.connect() as connection:
    market = chain.Marketplace.deploy(connection)
    home = market.register(connection.accounts[1], collateral=10**17)
    promise = home.commit(chain.Side.PRODUCTION, 500, start=market.current_interval + 1)
    home.deposit(promise)
"""

from dem.chain.connection import Connection, Event, Receipt, connect
from dem.chain.errors import ChainError, ContractError
from dem.chain.marketplace import Clearing, Commitment, EnergyType, Marketplace, Profile, Side, Terms

__all__ = [
    "ChainError",
    "Clearing",
    "Commitment",
    "Connection",
    "ContractError",
    "EnergyType",
    "Event",
    "Marketplace",
    "Profile",
    "Receipt",
    "Side",
    "Terms",
    "connect",
]
