"""The mechanisms on a week of homes, against what theory says of each: ``python -m benchmarks.mechanisms``."""

from collections.abc import Iterator

import numpy as np

from benchmarks.report import Row, at_least, at_most, main
from dem.market import double_auction
from dem.studies import auction_gas, mechanism_gas, mechanisms, misreporting
from dem.studies import double_auction as auction_study
from dem.studies.market_week import Book, books, load_week
from dem.studies.mechanism_rules import MECHANISMS, coins_of, play

CONFIG = mechanisms.Config.for_profile("quick")
CHAIN_ORDERS = (10, 40)
TICK = 10**9
# Money in mEUR per interval; sums of a hundred products of floats differ by this much when added in another order.
ROUNDING = 1e-6


def rows() -> Iterator[Row]:
    """Welfare, money and the best lie of every mechanism; the double auction against the optimum and on the chain."""
    table = load_week(CONFIG)
    weeks = [books(table, CONFIG, draw) for draw in range(CONFIG.draws)]
    best = [mechanisms.optimum(week)[0] for week in weeks]
    yield _missed(weeks, best)
    yield from _welfare_and_money(weeks, best)
    yield from _lies([book for week in weeks for book in week])
    yield from _prices(weeks)
    yield from _chain(weeks[0])


def _missed(weeks: list[list[Book]], best: list[np.ndarray]) -> Row:
    """Intervals in which the double auction's welfare is not that of the linear programme."""
    reached = [[double_auction.clear(*book.orders).welfare for book in week] for week in weeks]
    wrong = int((np.abs(np.array(reached) - np.array(best)) > ROUNDING).sum())
    name = f"intervals of {np.size(reached):,} in which the double auction misses the linear programme's welfare"
    return at_most(name, wrong, "intervals", 0, "linear programme")


def _welfare_and_money(weeks: list[list[Book]], best: list[np.ndarray]) -> Iterator[Row]:
    total = float(np.sum(best))
    for mechanism in MECHANISMS:
        outcomes = [
            play(mechanism, book, coins_of(interval, CONFIG.coins))
            for week in weeks
            for interval, book in enumerate(week)
        ]
        welfare = sum(outcome.welfare for outcome in outcomes) / total
        worst = min(outcome.budget for outcome in outcomes)
        yield Row(f"welfare, {mechanism.name}", welfare, "of the optimum", 1.0)
        name = f"worst interval for the market's money, {mechanism.name}"
        if mechanism.budget in ("balanced", "surplus"):
            yield at_least(name, float(worst), "mEUR", -ROUNDING)
        else:
            yield Row(name, float(worst), "mEUR", mechanism.budget)


def _lies(all_books: list[Book]) -> Iterator[Row]:
    lies = misreporting.measure(
        MECHANISMS,
        all_books,
        orders=CONFIG.sampled_orders * CONFIG.draws,
        reports=CONFIG.false_prices,
        coins=range(CONFIG.coins),
        generator=np.random.default_rng(CONFIG.seed),
    )
    added = (lies["best"] - lies["honest"]).groupby(lies["mechanism"], sort=False).max()
    for mechanism in MECHANISMS:
        name = f"most that a false price adds to {len(lies) // len(MECHANISMS)} orders, {mechanism.name}"
        if mechanism.truthful:
            yield at_most(name, float(added[mechanism.name]), "mEUR", ROUNDING)
        else:
            yield Row(name, float(added[mechanism.name]), "mEUR")


def _prices(weeks: list[list[Book]]) -> Iterator[Row]:
    """How often the pair midpoint does not clear the market; the prototype's share stands for random books."""
    config = auction_study.Config.for_profile("quick")
    shares = auction_study.outside_shares(weeks, config)
    for largest, kind in shares.groupby("largest"):
        name = f"pair midpoint outside the clearing prices, {auction_study.kind_of_books(largest)}"
        low, high = auction_study.published_share()
        reference = f"prototype {low:g} to {high:g}" if largest == max(config.random_quantities) else None
        yield Row(name, float((kind["outside"] * kind["books"]).sum() / kind["books"].sum()), "of books", reference)


def _chain(week: list[Book]) -> Iterator[Row]:
    measured = auction_gas.measure(week, CHAIN_ORDERS, (TICK,), CONFIG.eur_per_ether, CONFIG.seed)
    differ = (measured["price"] != measured["engine_price"]) | (measured["quantity"] != measured["engine_quantity"])
    name = f"books of {len(measured)} that the chain clears otherwise than dem.market"
    yield at_most(name, int(differ.sum()), "books", 0)
    for row in measured.itertuples():
        yield Row(f"clear {row.orders} of the homes' orders, each", round(row.clear), "gas")
    gas = mechanism_gas.measure(mechanism_gas.representative(week, CONFIG.gas_homes), CONFIG.eur_per_ether)
    costs = mechanism_gas.costs(gas, CONFIG.gas_prices_gwei, CONFIG.eur_per_ether)
    for cost in costs.itertuples():
        yield Row(f"a traded kWh, {cost.mechanism}, at {cost.gwei:g} gwei", cost.eur_per_kwh, "EUR")


if __name__ == "__main__":
    main(rows)
