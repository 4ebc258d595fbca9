"""The forecast market from Python: commit, reveal, score, claim, withdraw.

Energy is in whole Wh, money in wei, a day is a number of time slots; ``contracts/ForecastMarket.md`` says what each
call does and when it is refused.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Self

from dem.chain.connection import Connection, Receipt
from dem.chain.meters import MeterRegistry


@dataclass(frozen=True)
class ForecastTerms:
    """What a forecast market is deployed with.

    Attributes:
        slots_per_day: time slots in a day.
        gate_s: seconds before a day in which forecasts are revealed.
        scoring_s: seconds after a day in which they are scored.
        capacity: the most Wh of a time slot that count, either way.
        min_stake: the least stake, in wei.
    """

    slots_per_day: int = 24
    gate_s: int = 6 * 3600
    scoring_s: int = 24 * 3600
    capacity: int = 10_000
    min_stake: int = 10**15


@dataclass(frozen=True)
class SecretForecast:
    """A home's forecast of a day, and what keeps it secret until it is revealed.

    Attributes:
        home: the account whose it is.
        day: which day.
        net_wh: Wh taken from the network less Wh given to it, by time slot.
        salt: 32 bytes that nobody can guess.
    """

    home: Any
    day: int
    net_wh: Sequence[int]
    salt: bytes


class ForecastMarket:
    """ForecastMarket and the register of meters that it asks."""

    def __init__(self, connection: Connection, market: Any, meters: MeterRegistry, operator: Any) -> None:
        self.connection = connection
        self.market = market
        self.meters = meters
        self.operator = operator

    @classmethod
    def deploy(
        cls,
        connection: Connection,
        *,
        meters: MeterRegistry,
        treasury: Any,
        terms: ForecastTerms | None = None,
        operator: Any = None,
    ) -> Self:
        """Deploy a market; the operator gets every role.

        Raises:
            ContractError: the terms make no market.
        """
        operator = operator or connection.accounts[0]
        words = (treasury, *astuple(terms or ForecastTerms()))
        market, _ = connection.deploy("ForecastMarket", operator, meters.registry, words, sender=operator)
        connection.grant(market, ["PAUSER_ROLE"], operator, sender=operator)
        return cls(connection, market, meters, operator)

    def start_of(self, day: int) -> int:
        """When a day begins, in seconds since 1970."""
        return self.connection.read(self.market.startOf, day)

    def commit(self, forecast: SecretForecast, stake: int) -> Receipt:
        """Commit to a forecast and put a stake on it."""
        commitment = self.connection.read(self.market.commitmentOf, forecast.home, *_opened(forecast))
        return self.connection.send(self.market.commit, forecast.day, commitment, sender=forecast.home, value=stake)

    def reveal(self, forecast: SecretForecast) -> Receipt:
        """Reveal a forecast."""
        return self.connection.send(self.market.reveal, *_opened(forecast), sender=forecast.home)

    def score(self, forecast: SecretForecast, sender: Any = None) -> Receipt:
        """Score a revealed forecast against the readings in the register."""
        return self.connection.send(
            self.market.score, forecast.home, *_opened(forecast), sender=sender or self.operator
        )

    def claim(self, home: Any, day: int, sender: Any = None) -> Receipt:
        """Credit a home with what its forecast brings."""
        return self.connection.send(self.market.claim, home, day, sender=sender or self.operator)

    def forfeit(self, day: int, sender: Any = None) -> Receipt:
        """Credit the treasury with the stakes of a day on which nobody has a score."""
        return self.connection.send(self.market.forfeit, day, sender=sender or self.operator)

    def withdraw(self, account: Any, to: Any = None) -> Receipt:
        """Take an account's money out."""
        return self.connection.send(self.market.withdraw, to or account, sender=account)

    def balance(self, account: Any) -> int:
        """Wei that an account can withdraw."""
        return self.connection.read(self.market.balanceOf, account)


def _opened(forecast: SecretForecast) -> tuple[int, list[int], bytes]:
    return forecast.day, list(forecast.net_wh), forecast.salt
