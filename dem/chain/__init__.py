"""The chain: connect, deploy, act as a home, read gas. The only room that knows Ape.

with chain.connect() as connection:
    market = chain.Marketplace.deploy(connection)
    home = market.register(connection.accounts[1], collateral=10**17)
    promise = home.commit(chain.Side.PRODUCTION, 500, start=market.current_interval + 1)
    home.deposit(promise)
"""

from dem.chain.balancing import BalancingMarket, BalancingOrder, BalancingTerms
from dem.chain.carbon import CarbonOffice, CarbonTerms, Emissions, Technology
from dem.chain.connection import Connection, Event, Receipt, connect
from dem.chain.double_auction import AuctionOrder, AuctionTerms, EnergyDoubleAuction
from dem.chain.errors import ChainError, ContractError
from dem.chain.fixed_price import FixedPriceMarket
from dem.chain.forecast_market import ForecastMarket, ForecastTerms, SecretForecast
from dem.chain.marketplace import Clearing, Commitment, EnergyType, Marketplace, Profile, Side, Terms
from dem.chain.meter import Reading
from dem.chain.meters import MeterRegistry, SignedReading, SlotReading
from dem.chain.settlement import BatchSettlement, SettlementTerms, SlotTree

__all__ = [
    "AuctionOrder",
    "AuctionTerms",
    "BalancingMarket",
    "BalancingOrder",
    "BalancingTerms",
    "BatchSettlement",
    "CarbonOffice",
    "CarbonTerms",
    "ChainError",
    "Clearing",
    "Commitment",
    "Connection",
    "ContractError",
    "Emissions",
    "EnergyDoubleAuction",
    "EnergyType",
    "Event",
    "FixedPriceMarket",
    "ForecastMarket",
    "ForecastTerms",
    "Marketplace",
    "MeterRegistry",
    "Profile",
    "Reading",
    "Receipt",
    "SecretForecast",
    "SettlementTerms",
    "Side",
    "SignedReading",
    "SlotReading",
    "SlotTree",
    "Technology",
    "Terms",
    "connect",
]
