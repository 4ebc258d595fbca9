"""The double auction: orders, the book, rounds."""

from dem.app.desks.errors import NotFoundError
from dem.app.desks.laboratory import Laboratory, Placed, eur_per_mwh, moment, wei_per_wh
from dem.app.desks.trades import TradesDesk
from dem.app.models import Level, Market, NewOrder, Order, Round, Side
from dem.app.news import NewsLog
from dem.app.security import Caller


class OrdersDesk:
    """Takes orders and clears the book; orders are numbered from 1."""

    def __init__(self, laboratory: Laboratory, trades: TradesDesk, news: NewsLog) -> None:
        self._laboratory = laboratory
        self._trades = trades
        self._news = news
        self._rounds: list[Round] = []

    def place(self, caller: Caller, home: str, order: NewOrder) -> Order:
        """Place an order; its money is locked until it trades or leaves."""
        caller.require_home(home)
        auction, resident = self._laboratory.contracts.auction, self._laboratory.resident(home)
        place = auction.place_bid if order.side == "buy" else auction.place_ask
        made = place(resident.account, wei_per_wh(order.price_eur_per_mwh), order.energy_wh)
        placed = self._laboratory.place(home, made)
        self._news.tell("order placed", **order.model_dump())
        return self._state(len(self._laboratory.orders), placed)

    def cancel(self, caller: Caller, home: str, number: int) -> Order:
        """Take what an order has left off the book."""
        caller.require_home(home)
        placed = self._find(home, number)
        self._laboratory.contracts.auction.cancel(placed.order)
        placed.cancelled = True
        self._news.tell("order cancelled", [home], number=number)
        return self._state(number, placed)

    def orders(self, caller: Caller, home: str) -> list[Order]:
        """A home's orders, oldest first."""
        caller.require_home(home)
        self._laboratory.resident(home)
        numbered = enumerate(self._laboratory.orders, start=1)
        return [self._state(number, placed) for number, placed in numbered if placed.home == home]

    def market(self, _: Caller) -> Market:
        """Price, rounds and book."""
        prices = [done.price_eur_per_mwh for done in self._rounds if done.price_eur_per_mwh is not None]
        return Market(
            interval=self._laboratory.contracts.marketplace.current_interval,
            chain_time=moment(self._laboratory.connection.now),
            price_eur_per_mwh=prices[-1] if prices else None,
            rounds=self._rounds,
            book=self._book(),
        )

    def clear(self, caller: Caller) -> Round:
        """Clear the book. The operator only."""
        caller.require_operator()
        auction, waiting = self._laboratory.contracts.auction, self._laboratory.waiting()
        auction.match()
        for placed, _ in waiting:
            placed.filled_wh = auction.fill(placed.order)
        price, energy = auction.clearing(auction.round)
        cleared = Round(
            number=auction.round, price_eur_per_mwh=eur_per_mwh(price) if energy else None, energy_wh=energy
        )
        self._rounds.append(cleared)
        self._trades.note(cleared.number, waiting)
        self._news.tell("book cleared", **cleared.model_dump())
        return cleared

    def _book(self) -> list[Level]:
        levels: dict[tuple[Side, int], int] = {}
        for placed, left in self._laboratory.waiting():
            key = (placed.side, placed.order.price)
            levels[key] = levels.get(key, 0) + left
        best_first = sorted(levels, key=lambda key: (key[0], -key[1] if key[0] == "buy" else key[1]))
        return [
            Level(side=side, price_eur_per_mwh=eur_per_mwh(price), energy_wh=levels[side, price])
            for side, price in best_first
        ]

    def _find(self, home: str, number: int) -> Placed:
        if number <= len(self._laboratory.orders):
            placed = self._laboratory.orders[number - 1]
            if placed.home == home:
                return placed
        raise NotFoundError(f"home {home} has no order {number}")

    def _state(self, number: int, placed: Placed) -> Order:
        waiting = placed.waiting_wh(self._laboratory.connection.now)
        if placed.cancelled:
            state = "cancelled"
        elif placed.filled_wh == placed.order.quantity:
            state = "filled"
        else:
            state = "open" if waiting else "expired"
        return Order(
            number=number,
            home=placed.home,
            side=placed.side,
            energy_wh=placed.order.quantity,
            filled_wh=placed.filled_wh,
            waiting_wh=waiting,
            price_eur_per_mwh=eur_per_mwh(placed.order.price),
            state=state,
        )
