"""Runs in assume's own environment: how many orders per second its pay-as-clear market clears (argument: orders)."""

import random
import sys
import time
from datetime import datetime, timedelta

from assume.common.market_objects import MarketConfig, MarketProduct
from assume.markets.clearing_algorithms.simple import PayAsClearRole
from dateutil import rrule
from dateutil.relativedelta import relativedelta

REPEATS = 3
START = datetime(2023, 1, 1)
END = START + timedelta(hours=1)


def book(orders: int) -> list[dict]:
    """Half bids, half asks, uniform prices and quantities."""
    generator = random.Random(0)
    sign = [-1 if k % 2 else 1 for k in range(orders)]
    return [
        {
            "start_time": START,
            "end_time": END,
            "only_hours": None,
            "bid_id": str(k),
            "agent_addr": str(k),
            "volume": side * generator.randint(1, 100),
            "price": generator.randint(0, 1000),
            "accepted_volume": 0,
        }
        for k, side in enumerate(sign)
    ]


def main() -> None:
    orders = int(sys.argv[1])
    market = MarketConfig(
        market_id="m",
        opening_hours=rrule.rrule(rrule.HOURLY, dtstart=START, until=END),
        market_products=[MarketProduct(relativedelta(hours=1), 1)],
    )
    best = float("inf")
    for _ in range(REPEATS):
        role, orderbook = PayAsClearRole(market), book(orders)
        started = time.perf_counter()
        role.clear(orderbook, [(START, END, None)])
        best = min(best, time.perf_counter() - started)
    print(orders / best)


if __name__ == "__main__":
    main()
