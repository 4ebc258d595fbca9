"""The chain: connect, deploy, act as a home, read gas. The only room that knows Ape.

with chain.connect() as connection:
    market = chain.Marketplace.deploy(connection)
    home = market.register(connection.accounts[1], collateral=10**17)
    promise = home.commit(chain.Side.PRODUCTION, 500, start=market.current_interval + 1)
    home.deposit(promise)
"""

from dem.chain.balancing import BalancingMarket, BalancingOrder, BalancingTerms
from dem.chain.connection import Connection, Event, Receipt, connect
from dem.chain.double_auction import AuctionOrder, AuctionTerms, EnergyDoubleAuction
from dem.chain.errors import ChainError, ContractError
from dem.chain.fixed_price import FixedPriceMarket
from dem.chain.marketplace import Clearing, Commitment, EnergyType, Marketplace, Profile, Side, Terms
from dem.chain.meter import Reading

__all__ = [
    "AuctionOrder",
    "AuctionTerms",
    "BalancingMarket",
    "BalancingOrder",
    "BalancingTerms",
    "ChainError",
    "Clearing",
    "Commitment",
    "Connection",
    "ContractError",
    "EnergyDoubleAuction",
    "EnergyType",
    "Event",
    "FixedPriceMarket",
    "Marketplace",
    "Profile",
    "Reading",
    "Receipt",
    "Side",
    "Terms",
    "connect",
]
