"""Gas of the balancing market and the fixed-price market: ``python -m benchmarks.market_gas``.

Goals are the project's own; the paper has no such markets. Gas on the test chain is exact and repeats to the unit.
"""

import dataclasses
from collections.abc import Iterator

from benchmarks.report import Row, at_most, main
from dem import chain
from dem.chain import gas as chain_gas
from dem.chain.balancing import BalancingMarket, BalancingTerms
from dem.chain.connection import Connection
from dem.chain.fixed_price import FixedPriceMarket
from dem.market.balancing_curve import Curve

CURVE = Curve(base=200 * 10**9, amplitude=100 * 10**9, scale=10_000, surplus_limit=20_000)
TERMS = BalancingTerms(CURVE, horizon=4)
MONEY = 10**18
BATCH = 50
PRICE = 200 * 10**9
GOALS = {
    "balancing: buy": 70_000,
    "balancing: sell": 70_000,
    f"balancing: buy, {BATCH} orders before": 70_000,
    "balancing: cancel": 50_000,
    f"balancing: certify, each of {BATCH}": 15_000,
    f"balancing: settle, each of {BATCH}": 15_000,
    "fixed price: buyEnergy": 90_000,
    "fixed price: deliver": 75_000,
}


def measure(connection: Connection) -> dict[str, int]:
    """Gas of every operation; of later calls unless it says first, shares of a batch rounded."""
    return _balancing(connection) | _fixed_price(connection)


def rows() -> Iterator[Row]:
    """Gas of every operation against its goal, and the size of the code."""
    with chain.connect("test") as connection:
        for name, used in measure(connection).items():
            yield at_most(name, used, "gas", GOALS[name]) if name in GOALS else Row(name, used, "gas")
        for contract in chain_gas.contract_sizes(
            ["BalancingMarket", "FixedPriceMarket", "EnergyCurrency"]
        ).itertuples():
            yield at_most(f"code of {contract.contract}", contract.bytes, "bytes", contract.limit)


def _balancing(connection: Connection) -> dict[str, int]:
    market = BalancingMarket.deploy(connection, TERMS)
    homes = connection.accounts[1:6]
    for home in homes:
        market.join(home, MONEY)
    return {f"balancing: {name}": used for name, used in (_trade(market, homes) | _settle(market, homes)).items()} | {
        "balancing: deposit": _deposit(market, homes[0]),
        "balancing: withdraw, last of the wallet's": _withdraw(market, homes[0]),
        "balancing: one evaluation of the curve": _curve(connection),
    }


def _trade(market: BalancingMarket, homes: list) -> dict[str, int]:
    slot = market.current_slot + 3
    orders = {
        "buy, first of a slot": market.buy(homes[0], slot, 500),
        "buy": market.buy(homes[1], slot, 500),
        "sell": market.sell(homes[2], slot, 700),
    }
    gas = {name: order.receipt.gas_used for name, order in orders.items()}
    return gas | {"cancel": market.cancel(orders["buy"]).gas_used}


def _settle(market: BalancingMarket, homes: list) -> dict[str, int]:
    """One slot with many orders, half of them production, all with some deviation."""
    slot = market.current_slot + 2
    orders = [
        (market.sell if number % 2 else market.buy)(homes[number % len(homes)], slot, 100 + number)
        for number in range(BATCH + 1)
    ]
    later = market.buy(homes[0], slot, 100).receipt.gas_used
    rest = [order.id for order in orders[1:]]
    market.advance_to_end_of(slot)
    alone = market.certify(slot, {orders[0].id: 90})[0].gas_used
    batch = market.certify(slot, {number: 95 for number in rest})[0].gas_used
    market.connection.advance_to(market.connection.now + TERMS.certification_s)
    return {
        f"buy, {BATCH} orders before": later,
        "certify": alone,
        f"certify, each of {BATCH}": round(batch / BATCH),
        "settle": market.settle(slot, [orders[0].id])[0].gas_used,
        f"settle, each of {BATCH}": round(market.settle(slot, rest)[0].gas_used / BATCH),
    }


def _deposit(market: BalancingMarket, home: object) -> int:
    market.mint(home, 20)
    market.connection.send(market.currency.approve, market.market, 20, sender=home)
    return market.connection.send(market.market.deposit, 10, sender=home).gas_used


def _withdraw(market: BalancingMarket, home: object) -> int:
    return market.connection.send(market.market.withdraw, 10, home, sender=home).gas_used


def _curve(connection: Connection) -> int:
    library, _ = connection.deploy("BalancingCurveMock", sender=connection.accounts[0])
    return connection.read(library.gasOfCost, dataclasses.astuple(CURVE), 5_000)


def _fixed_price(connection: Connection) -> dict[str, int]:
    seller, meter, first, later, stranger = connection.accounts[6:11]
    register, _ = connection.deploy("FixedPriceMetersMock", sender=stranger)
    connection.send(register.accredit, seller, meter, sender=stranger)
    market = FixedPriceMarket.deploy(connection, meters=register)
    price, available = market.offer(seller, PRICE, 100_000)
    before, bought, missed = (
        market.buy(first, seller, 500),
        market.buy(later, seller, 500),
        market.buy(later, seller, 500),
    )
    ids = [receipt.value("EnergyBought", "purchaseId") for receipt in (before, bought, missed)]
    now = connection.now
    deliveries = [market.deliver(ids[0], 500, now, meter), market.deliver(ids[1], 400, now, meter, seller)]
    refund = connection.send(market.market.refund, ids[2], sender=seller)
    withdrawal = connection.send(market.market.withdraw, seller, sender=seller)
    return {
        "fixed price: setEnergyPrice, first": price.gas_used,
        "fixed price: setEnergyAvailable": available.gas_used,
        "fixed price: buyEnergy, first of a seller": before.gas_used,
        "fixed price: buyEnergy": missed.gas_used,
        "fixed price: deliver, first of a seller": deliveries[0].gas_used,
        "fixed price: deliver": deliveries[1].gas_used,
        "fixed price: refund": refund.gas_used,
        "fixed price: withdraw": withdrawal.gas_used,
    }


if __name__ == "__main__":
    main(rows)
