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
        placed = Placed(home, place(resident.account, wei_per_wh(order.price_eur_per_mwh), order.energy_wh))
        self._laboratory.orders.append(placed)
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
        auction = self._laboratory.contracts.auction
        waiting = [(placed, left) for placed in self._laboratory.orders if (left := self._left(placed))]
        auction.match()
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
        for placed in self._laboratory.orders:
            if left := self._left(placed):
                key = (_side(placed), placed.order.price)
                levels[key] = levels.get(key, 0) + left
        best_first = sorted(levels, key=lambda key: (key[0], -key[1] if key[0] == "buy" else key[1]))
        return [
            Level(side=side, price_eur_per_mwh=eur_per_mwh(price), energy_wh=levels[side, price])
            for side, price in best_first
        ]

    def _left(self, placed: Placed) -> int:
        """Wh of an order that still wait in the book."""
        return self._state(0, placed).waiting_wh

    def _find(self, home: str, number: int) -> Placed:
        if number <= len(self._laboratory.orders):
            placed = self._laboratory.orders[number - 1]
            if placed.home == home:
                return placed
        raise NotFoundError(f"home {home} has no order {number}")

    def _state(self, number: int, placed: Placed) -> Order:
        connection, market = self._laboratory.connection, self._laboratory.contracts.auction.market
        told, quantity = connection.read(market.orderOf, placed.order.id), placed.order.quantity
        if placed.cancelled:
            state = "cancelled"
        elif told.qtyFilled == quantity:
            state = "filled"
        else:
            state = "open" if told.expiry > connection.now else "expired"
        return Order(
            number=number,
            home=placed.home,
            side=_side(placed),
            energy_wh=quantity,
            filled_wh=told.qtyFilled,
            waiting_wh=quantity - told.qtyFilled if state == "open" else 0,
            price_eur_per_mwh=eur_per_mwh(told.price),
            state=state,
        )


def _side(placed: Placed) -> Side:
    return "buy" if placed.order.is_bid else "sell"
