"""Trades of the double auction: which came about, and how each ends."""

from dataclasses import dataclass
from typing import Literal

from dem import chain
from dem.app.desks.errors import NotFoundError
from dem.app.desks.laboratory import Laboratory, Placed, eur_per_mwh, moment
from dem.app.models import MeterProof, Trade
from dem.app.news import NewsLog
from dem.app.security import Caller
from dem.market import double_auction


@dataclass
class Noted:
    """A trade: its number in the contract, its two orders, how it ended."""

    id: int
    round: int
    bid: Placed
    ask: Placed
    end: Literal["settled", "expired"] | None = None


class TradesDesk:
    """Notes the trades of each round and brings the meters' proofs; trades are numbered from 1."""

    def __init__(self, laboratory: Laboratory, news: NewsLog) -> None:
        self._laboratory = laboratory
        self._news = news
        self._noted: list[Noted] = []

    def note(self, round_: int, waiting: list[tuple[Placed, int]]) -> None:
        """Find the pairs of a round by clearing off chain what waited, (order, Wh), as the contract did."""
        auction = self._laboratory.contracts.auction
        bids, asks = ([(placed, wh) for placed, wh in waiting if placed.order.is_bid is side] for side in (True, False))
        book = [[placed.order.price for placed, _ in side] for side in (bids, asks)]
        energy = [[wh for _, wh in side] for side in (bids, asks)]
        pairs = double_auction.clear(book[0], energy[0], book[1], energy[1]).trades()
        for bid, ask in zip(pairs.bid.tolist(), pairs.ask.tolist(), strict=True):
            buyer, seller = bids[bid][0], asks[ask][0]
            number = auction.trade_id(buyer.order, seller.order, round_)
            self._noted.append(Noted(number, round_, buyer, seller))
            trade = self._state(len(self._noted), self._noted[-1])
            self._news.tell("trade", {trade.buyer, trade.seller}, **trade.model_dump(mode="json"))

    def trades(self, caller: Caller) -> list[Trade]:
        """The trades that concern the caller, oldest first."""
        return [
            self._state(number, noted)
            for number, noted in enumerate(self._noted, start=1)
            if caller.role == "operator" or caller.home in (noted.bid.home, noted.ask.home)
        ]

    def settle(self, caller: Caller, number: int, proof: MeterProof) -> Trade:
        """Prove a trade with what the seller's meter says, which it signs. The operator only."""
        caller.require_operator()
        noted = self._find(number)
        seller = self._laboratory.resident(noted.ask.home)
        reading = chain.Reading(noted.id, proof.delivered_wh, proof.refused_wh, self._laboratory.connection.now)
        self._laboratory.contracts.auction.settle(reading, seller.meter_key)
        return self._end(number, noted, "settled")

    def expire(self, caller: Caller, number: int) -> Trade:
        """End a trade that was not proven in time: the buyer is compensated. The operator only."""
        caller.require_operator()
        noted = self._find(number)
        receipt = self._laboratory.contracts.auction.expire(noted.id)
        for event in receipt.events:
            if event.name == "OrderRematched":
                order = self._rematched(noted.bid, event.values["newOrderId"], receipt)
                self._laboratory.place(noted.bid.home, order)
        return self._end(number, noted, "expired")

    def _rematched(self, placed: Placed, number: int, receipt: chain.Receipt) -> chain.AuctionOrder:
        """What is left of an order, at the end of its price's queue."""
        told = self._laboratory.connection.read(self._laboratory.contracts.auction.market.orderOf, number)
        return chain.AuctionOrder(number, placed.order.trader, told.isBid, told.price, told.qty, receipt)

    def _end(self, number: int, noted: Noted, end: Literal["settled", "expired"]) -> Trade:
        noted.end = end
        trade = self._state(number, noted)
        self._news.tell(f"trade {end}", {trade.buyer, trade.seller}, **trade.model_dump(mode="json"))
        return trade

    def _find(self, number: int) -> Noted:
        if number > len(self._noted):
            raise NotFoundError(f"there is no trade {number}")
        return self._noted[number - 1]

    def _state(self, number: int, noted: Noted) -> Trade:
        connection = self._laboratory.connection
        told = connection.read(self._laboratory.contracts.auction.market.tradeOf, noted.id)
        return Trade(
            number=number,
            round=noted.round,
            buyer=noted.bid.home,
            seller=noted.ask.home,
            energy_wh=told.quantity,
            price_eur_per_mwh=eur_per_mwh(told.price),
            settle_by=moment(told.deadline),
            state=noted.end or ("open" if connection.now <= told.deadline else "overdue"),
        )
