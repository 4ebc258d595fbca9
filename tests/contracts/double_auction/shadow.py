"""The book off chain: the same session, every round cleared by `dem.market.double_auction`."""

from dataclasses import dataclass, field

from auction_market import ASK, BID, CANCEL

from dem.market import double_auction

PRICINGS = ("pair_midpoint", "equilibrium_midpoint", "pay_as_bid")


@dataclass
class Shadow:
    """Orders in order of placing: (is bid, price, Wh left); rounds as price, quantity, fills by order, trades."""

    pricing: str
    orders: list[tuple[bool, int, int]] = field(default_factory=list)
    rounds: list[tuple[int, int, list[int], dict[tuple[int, int], tuple[int, int]]]] = field(default_factory=list)

    def play(self, actions: list[tuple[int, int, int]]) -> "Shadow":
        for kind, first, second in actions:
            if kind in (BID, ASK):
                self.orders.append((kind == BID, first, second))
            elif kind == CANCEL:
                self._leave(first, 0)
            else:
                self._clear()
        return self

    def _leave(self, order: int, left: int) -> None:
        is_bid, price, _ = self.orders[order]
        self.orders[order] = (is_bid, price, left)

    def _clear(self) -> None:
        waiting = [(k, is_bid) for k, (is_bid, _, left) in enumerate(self.orders) if left]
        bids, asks = ([k for k, is_bid in waiting if is_bid is side] for side in (True, False))
        columns = [[self.orders[k][column] for k in side] for side in (bids, asks) for column in (1, 2)]
        cleared = double_auction.clear(*columns, pricing=self.pricing)
        if cleared.quantity == 0:
            return
        fills = [0] * len(self.orders)
        for side, filled in ((bids, cleared.bid_fill), (asks, cleared.ask_fill)):
            for k, fill in zip(side, filled, strict=True):
                fills[k] = int(fill)
                self._leave(k, self.orders[k][2] - int(fill))
        found = cleared.trades()
        trades = {
            (bids[bid], asks[ask]): (int(quantity), int(price))
            for bid, ask, quantity, price in zip(found.bid, found.ask, found.quantity, found.price, strict=True)
        }
        lowest_bid = min(self.orders[bid][1] for bid, _ in trades)
        price = lowest_bid if cleared.price is None else int(cleared.price)
        self.rounds.append((price, int(cleared.quantity), fills, trades))


def overlaps(stretches: list[tuple[int, int]], orders: list[tuple[bool, int, int]]) -> dict[tuple[int, int], int]:
    """Wh by pair (bid, ask) whose stretches of a round overlap."""
    pairs = {}
    for bid, (is_bid, _, _) in enumerate(orders):
        for ask, (other_is_bid, _, _) in enumerate(orders):
            if is_bid and not other_is_bid:
                shared = min(stretches[bid][1], stretches[ask][1]) - max(stretches[bid][0], stretches[ask][0])
                if shared > 0:
                    pairs[bid, ask] = shared
    return pairs
