"""Random lives of a forecast market: budget balanced to the wei, payments as off chain, late and missing reveals pay.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/forecast_market`` looks further.
"""

from dataclasses import dataclass

from forecast_world import COMMITTED, HOMES, REVEALED, SCORED, STAKE, TERMS, World
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from lives import try_lives
from refusals import refused

from dem.chain.forecast_market import SecretForecast
from dem.market.forecast_stakes import payouts, score

homes = st.integers(0, HOMES - 1)
days = st.lists(st.integers(-1_200, 1_200), min_size=TERMS.slots_per_day, max_size=TERMS.slots_per_day)
ACTUAL = [(100, -900, 1_100), (0, 0, 0), (-700, 5, 999)]


@dataclass
class Entry:
    """What the model knows of a forecast."""

    forecast: SecretForecast
    stake: int
    state: int = COMMITTED
    score: int | None = None


class ForecastMachine(RuleBasedStateMachine):
    """One day of three homes, at any moment of which anybody tries anything."""

    world: World

    def __init__(self):
        super().__init__()
        self.before = self.world.connection.snapshot()
        self.day = self.world.tomorrow
        self.start, self.end = (self.world.market.start_of(self.day + n) for n in range(2))
        self.entries: dict[int, Entry] = {}
        self.measured = set()

    @property
    def now(self) -> int:
        """When the next transaction runs."""
        return self.world.connection.now + 1

    @rule(home=homes, net=days, stake=st.integers(TERMS.min_stake, STAKE))
    def commit(self, home, net, stake):
        forecast = self.world.forecast(home, net, self.day)
        if self.now >= self.start - TERMS.gate_s:
            with refused("TooLate"):
                self.world.market.commit(forecast, stake)
        elif home in self.entries:
            with refused("WrongState"):
                self.world.market.commit(forecast, stake)
        else:
            self.world.market.commit(forecast, stake)
            self.entries[home] = Entry(forecast, stake)

    @rule(home=homes)
    def reveal(self, home):
        if home not in self.entries:
            return
        entry = self.entries[home]
        if self.now < self.start - TERMS.gate_s or self.now >= self.start:
            with refused("TooEarly" if self.now < self.start else "TooLate"):
                self.world.market.reveal(entry.forecast)
        elif entry.state != COMMITTED:
            with refused("WrongState"):
                self.world.market.reveal(entry.forecast)
        else:
            self.world.market.reveal(entry.forecast)
            entry.state = REVEALED

    @rule(home=homes)
    def measure(self, home):
        if self.now >= self.end and home not in self.measured:
            self.world.measure(home, self.day, ACTUAL[home])
            self.measured.add(home)

    @rule(home=homes)
    def score(self, home):
        if home not in self.entries:
            return
        entry = self.entries[home]
        late = self.now >= self.end + TERMS.scoring_s
        if self.now < self.end or late:
            with refused("TooLate" if late else "TooEarly"):
                self.world.market.score(entry.forecast)
        elif entry.state != REVEALED or home not in self.measured:
            with refused("WrongState" if entry.state != REVEALED else "NotReported"):
                self.world.market.score(entry.forecast)
        else:
            self.world.market.score(entry.forecast)
            entry.state = SCORED
            entry.score = score(entry.forecast.net_wh, ACTUAL[home], TERMS.capacity)

    @rule(target_=st.sampled_from(["gate", "start", "end", "hour"]))
    def time_passes(self, target_):
        moments = {"gate": self.start - TERMS.gate_s, "start": self.start, "end": self.end, "hour": self.now + 3_600}
        if moments[target_] > self.world.connection.now:
            self.world.connection.advance_to(moments[target_])

    def teardown(self):
        try:
            self._everybody_is_paid()
        finally:
            self.world.connection.restore(self.before)

    def _everybody_is_paid(self):
        world = self.world
        staked = sum(entry.stake for entry in self.entries.values())
        assert world.connection.balance(world.contract) == staked
        if self.now < self.end + TERMS.scoring_s:
            world.end_scoring(self.day)
        scored = [home for home, entry in self.entries.items() if entry.state == SCORED]
        entries = [self.entries[home] for home in self.entries]
        expected = payouts([entry.stake for entry in entries], [entry.score for entry in entries])
        for home in scored:
            world.market.claim(world.homes[home], self.day)
        assert [world.market.balance(world.homes[home]) for home in self.entries] == expected
        if staked and not scored:
            world.market.forfeit(self.day)
        for account in (*world.homes, world.treasury):
            if world.market.balance(account):
                world.market.withdraw(account)
        assert world.connection.balance(world.contract) == 0


def test_forecast_market__random_lives__share_out_every_stake(world):
    ForecastMachine.world = world
    try_lives(ForecastMachine, examples=8, steps=20)
