"""One interval's orders through every contract on the test chain, from the first promise until the money is back.

Every order has an account of its own. Each market plays the interval twice and the second time counts, when the storage
of market and accounts is no longer empty; registering, approving and funding an account, done once, are not counted.
What is promised is delivered, so nobody is penalised.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from dem import units
from dem.chain import (
    AuctionTerms,
    BalancingMarket,
    BalancingTerms,
    Connection,
    EnergyDoubleAuction,
    FixedPriceMarket,
    Marketplace,
    Reading,
    Receipt,
    Side,
    Terms,
    connect,
)
from dem.chain.gas import total_gas
from dem.market import balancing_curve, double_auction, fixed_price
from dem.studies import mechanism_rules as rules
from dem.studies.market_week import Book

FORTUNE = 10 * units.WEI_PER_ETHER
# The mock feed answers once, so its answer has to stay fresh for the whole study.
FEED_MAX_AGE_S = 30 * 86_400
AHEAD = 2  # intervals from the present in which energy is traded
HOUR_S = 3600


@dataclass(frozen=True)
class Round:
    """One interval on the chain: gas by step, and the energy traded in Wh (half of what was bought and sold)."""

    gas: dict[str, int]
    energy_wh: float


Market = Callable[[Connection, Book, float], Callable[[], Round]]


def representative(week: Sequence[Book], homes: int) -> Book:
    """An interval of the first so many homes alone: the median by traded energy of those in which all contracts trade.

    Raises:
        ValueError: if there is none.
    """
    least = AuctionTerms().min_quantity
    small = [_part(book, homes, least) for book in week]
    energy = np.array([[rules.play(mechanism, book, (0,)).bought for mechanism in MARKETS] for book in small])
    trading = np.flatnonzero(energy.all(axis=1))
    if not len(trading):
        raise ValueError(f"the first {homes} homes never trade among themselves under all contracts: take more homes")
    return small[trading[np.argsort(energy[trading, 0], kind="stable")[len(trading) // 2]]]


def _part(book: Book, homes: int, least: int) -> Book:
    """The book of some homes, without orders that a contract would refuse as too small."""
    kept = {
        "bid": (book.bid_home < homes) & (book.bid_quantity >= least),
        "ask": (book.ask_home < homes) & (book.ask_quantity >= least),
    }
    names = [field.name for field in fields(book) if field.name[:4] in ("bid_", "ask_")]
    return replace(book, homes=min(homes, book.homes), **{name: getattr(book, name)[kept[name[:3]]] for name in names})


def measure(book: Book, eur_per_ether: float) -> pd.DataFrame:
    """Gas of every step of every contract: ``mechanism``, ``step``, ``gas``, ``energy_kwh`` (traded)."""
    rows = []
    for mechanism, market in MARKETS.items():
        with connect("test") as connection:
            play = market(connection, book, eur_per_ether)
            play()
            second = play()
        energy = units.wh_to_kwh(second.energy_wh)
        rows += [(mechanism.name, step, used, energy) for step, used in second.gas.items()]
    return pd.DataFrame(rows, columns=["mechanism", "step", "gas", "energy_kwh"])


def costs(gas: pd.DataFrame, gas_prices_gwei: Iterable[float], eur_per_ether: float) -> pd.DataFrame:
    """What recording a traded kWh costs: ``mechanism``, ``gwei``, ``gas_per_kwh``, ``eur_per_kwh``."""
    market = gas.groupby("mechanism", sort=False)
    per_kwh = market["gas"].sum() / market["energy_kwh"].first()
    rows = [
        (name, price, used, units.gas_to_eur(used, price, eur_per_ether))
        for name, used in per_kwh.items()
        for price in gas_prices_gwei
    ]
    return pd.DataFrame(rows, columns=["mechanism", "gwei", "gas_per_kwh", "eur_per_kwh"])


def _accounts(connection: Connection, book: Book) -> tuple[list[Any], list[Any]]:
    """One for every bid and every ask."""
    rest = connection.accounts[1:]
    if len(book) > len(rest):
        raise ValueError(f"the interval has {len(book)} orders, the chain {len(rest)} accounts: take fewer homes")
    return rest[: len(book.bid_price)], rest[len(book.bid_price) : len(book)]


# The double auction


def _auction(connection: Connection, book: Book, eur_per_ether: float) -> Callable[[], Round]:
    terms = AuctionTerms()
    operator = connection.accounts[0]
    meters, _ = connection.deploy("AuctionMeterRegistry", sender=operator)
    auction = EnergyDoubleAuction.deploy(connection, meters=meters, terms=terms)
    bidders, sellers = _accounts(connection, book)
    for number, seller in enumerate(sellers):
        connection.send(meters.accredit, _meter(number).address, seller, sender=operator)
    bid_price, bid_quantity, ask_price, ask_quantity = orders = book.in_wei(terms.tick, eur_per_ether)
    expected = double_auction.clear(*orders).trades()

    def play() -> Round:
        expiry = (connection.now // HOUR_S + 2) * HOUR_S
        bids = [auction.place_bid(*order, expiry) for order in _zip(bidders, bid_price, bid_quantity)]
        asks = [auction.place_ask(*order, expiry) for order in _zip(sellers, ask_price, ask_quantity)]
        cleared = auction.match()
        settled = [
            _settle(auction, auction.trade_id(bids[bid], asks[ask], auction.round), ask, quantity)
            for bid, ask, quantity in _zip(expected.bid.tolist(), expected.ask, expected.quantity)
        ]
        left = [order for order in (*bids, *asks) if auction.fill(order) < order.quantity]
        cancelled = [auction.cancel(order) for order in left]
        paid = [auction.withdraw(order.trader, [order]) for order in (*bids, *asks)]
        gas = {
            "promise": total_gas(order.receipt for order in (*bids, *asks)) + total_gas(cancelled),
            "clear or buy": cleared.gas_used,
            "settle": total_gas(settled),
            "withdraw": total_gas(paid),
        }
        return Round(gas, auction.clearing(auction.round)[1])

    return play


def _settle(auction: EnergyDoubleAuction, trade: int, seller: int, quantity: int) -> Receipt:
    reading = Reading(trade, delivered=quantity, refused=0, read_at=auction.connection.now)
    return auction.settle(reading, _meter(seller).key)


def _meter(number: int) -> Any:
    from eth_account import Account
    from eth_utils import keccak

    return Account.from_key(keccak(text=f"meter {number}"))


def _zip(first: Iterable[Any], *columns: np.ndarray) -> Iterable[tuple]:
    """Rows of columns, in Python's own integers: a chain takes no others."""
    return zip(first, *(column.tolist() for column in columns), strict=True)


# The pool


def _pool(connection: Connection, book: Book, eur_per_ether: float) -> Callable[[], Round]:
    price = rules.tariff_midpoint(book)
    terms = Terms.in_eur(book.retail, book.feed_in, price, eur_per_ether, feed_max_age_s=FEED_MAX_AGE_S)
    market = Marketplace.deploy(connection, terms)
    sides = zip(
        (Side.CONSUMPTION, Side.PRODUCTION),
        _accounts(connection, book),
        (book.bid_quantity, book.ask_quantity),
        (book.bid_price >= price, book.ask_price <= price),
        strict=True,
    )
    promises = [
        (market.register(account, FORTUNE), side, quantity)
        for side, accounts, quantities, wanted in sides
        for account, quantity, takes_part in _zip(accounts, quantities, wanted)
        if takes_part
    ]
    supply, demand = (sum(each[2] for each in promises if each[1] is side) for side in Side)

    def play() -> Round:
        interval = market.current_interval + AHEAD
        commitments = [home.commit(side, quantity, interval) for home, side, quantity in promises]
        deposits = [home.deposit(each) for (home, _, _), each in zip(promises, commitments, strict=True)]
        market.advance_to(interval + 1)
        reports = market.report(interval, {each.id: each.energy_wh for each in commitments})
        closed = market.close(interval)
        claims = [home.claim(each) for (home, _, _), each in zip(promises, commitments, strict=True)]
        gas = {
            "promise": total_gas(each.receipt for each in commitments) + total_gas(deposits),
            "clear or buy": closed.gas_used,
            "settle": total_gas(reports) + total_gas(claims),
            "withdraw": total_gas(home.withdraw(1) for home, _, _ in promises),
        }
        return Round(gas, min(supply, demand))

    return play


# The balancing market


def _balancing(connection: Connection, book: Book, eur_per_ether: float) -> Callable[[], Round]:
    # Its currency is a euro with 18 decimals, so that one of its ether is one EUR.
    wei = [units.eur_per_kwh_to_wei_per_wh(price, 1) for price in (rules.tariff_midpoint(book), book.feed_in)]
    curve = balancing_curve.Curve(wei[0], wei[0] - wei[1], rules.CURVE_WH_PER_HOME * book.homes)
    market = BalancingMarket.deploy(connection, BalancingTerms(curve))
    orders = book.in_wei(1, 1)
    times = {"bid_time": book.bid_time, "ask_time": book.ask_time}
    clearing = balancing_curve.clear(*orders, curve=curve, **times)
    bidders, sellers = _accounts(connection, book)
    for account in (*bidders, *sellers):
        market.join(account, FORTUNE)
    arrivals = sorted(
        [(time, market.buy, *order) for time, *order in _zip(book.bid_time, np.array(bidders), clearing.bid_fill)]
        + [(time, market.sell, *order) for time, *order in _zip(book.ask_time, np.array(sellers), clearing.ask_fill)],
        key=lambda arrival: arrival[0],
    )

    def play() -> Round:
        slot = market.current_slot + AHEAD
        placed = [trade(account, slot, filled) for _, trade, account, filled in arrivals if filled]
        market.advance_to_end_of(slot)
        certified = market.certify(slot, {order.id: order.quantity for order in placed})
        settled = market.settle(slot, [order.id for order in placed])
        paid = [connection.send(market.market.withdraw, 1, each.owner, sender=each.owner) for each in placed]
        gas = {
            "promise": total_gas(order.receipt for order in placed),
            "settle": total_gas(certified) + total_gas(settled),
            "withdraw": total_gas(paid),
        }
        return Round(gas, (clearing.bid_fill.sum() + clearing.ask_fill.sum()) / 2)

    return play


# Posted prices


def _posted(connection: Connection, book: Book, eur_per_ether: float) -> Callable[[], Round]:
    operator = connection.accounts[0]
    register, _ = connection.deploy("FixedPriceMetersMock", sender=operator)
    market = FixedPriceMarket.deploy(connection, meters=register)
    buyers, sellers = _accounts(connection, book)
    meter = operator
    for seller in sellers:
        connection.send(register.accredit, seller, meter, sender=operator)
    orders = book.in_wei(1, eur_per_ether)
    cleared = fixed_price.clear(*orders)
    # Buyers come one by one and take the cheapest offer left: at bids all alike, the queue is the order of arrival.
    alike = np.full_like(orders[0], orders[2].max())
    sales = double_auction.clear(alike, cleared.bid_fill, orders[2], cleared.ask_fill).trades()

    def play() -> Round:
        offers = [receipt for offer in _zip(sellers, orders[2], orders[3]) for receipt in market.offer(*offer)]
        bought = [
            market.buy(buyers[bid], sellers[ask], quantity)
            for bid, ask, quantity in _zip(sales.bid.tolist(), sales.ask, sales.quantity)
        ]
        numbers = [receipt.value("EnergyBought", "purchaseId") for receipt in bought]
        delivered = [
            market.deliver(number, quantity, connection.now, meter)
            for number, quantity in _zip(numbers, sales.quantity)
        ]
        paid = [
            connection.send(market.market.withdraw, sellers[ask], sender=sellers[ask])
            for ask in np.unique(sales.ask).tolist()
        ]
        gas = {
            "promise": total_gas(offers),
            "clear or buy": total_gas(bought),
            "settle": total_gas(delivered),
            "withdraw": total_gas(paid),
        }
        return Round(gas, sales.quantity.sum())

    return play


MARKETS: dict[rules.Mechanism, Market] = {
    rules.PAIR: _auction,
    rules.POOLED: _pool,
    rules.POSTED: _posted,
    rules.BALANCING: _balancing,
}
