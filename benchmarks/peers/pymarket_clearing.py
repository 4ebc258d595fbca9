"""Runs in pymarket's own environment: how many orders per second its MUDA clears (argument: orders)."""

import sys
import time

import numpy as np
import pymarket

REPEATS = 3


def main() -> None:
    orders = int(sys.argv[1])
    best = float("inf")
    for repeat in range(REPEATS):
        generator = np.random.RandomState(repeat)
        market = pymarket.Market()
        for k in range(orders):
            market.accept_bid(int(generator.randint(1, 100)), float(generator.randint(0, 1000)), k, k % 2 == 0)
        started = time.perf_counter()
        market.run("muda", r=generator)
        best = min(best, time.perf_counter() - started)
    print(orders / best)


if __name__ == "__main__":
    main()
