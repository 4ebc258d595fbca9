"""Days on which homes are asked for less load: what leaves, what comes back, what is measured, who pretends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import chain, units
from dem.retail import event as events
from dem.retail import gaming
from dem.retail.baseline import Baseline, ControlGroup, DayMatching, Event
from dem.retail.flexibility import Willingness
from dem.retail.payment import Paid, Rates, ResponsePayments
from dem.studies.retail_days import Config, Days

NOBODY, AT_ONCE, PLANNED = "without", "at once", "planned"
PAST = 10
# Days among so many with the highest peaks may be events: a call is for a day that needs it.
HIGHEST_SHARE = 0.2
LATEST_END = 22
EARLIEST_START = 6
BURNT_KWH = (0.0, 0.25, 0.5, 1.0, 2.0)
DEPOSIT_WEI, FUNDS_WEI = 10**16, 100 * 10**18
CAPPED = DayMatching()
UNADJUSTED = DayMatching("not adjusted", limit=0.0)
UNCAPPED = DayMatching("adjusted without limit", limit=np.inf)
LATE = "±20 %, told two hours ahead"


@dataclass(frozen=True)
class Called:
    """One day with an event.

    Attributes:
        date: the day.
        event: its hours.
        history: shape (10, 24, homes), weekdays before it without event, kWh.
        today: shape (24, homes), what homes would use, kWh.
        loads: what they use, by the way they are asked: shape (24, homes).
        promised: shape (hours, homes), what they promised to leave out when planned, kWh.
        control: shape (homes,), who is never called.
    """

    date: pd.Timestamp
    event: Event
    history: np.ndarray
    today: np.ndarray
    loads: dict[str, np.ndarray]
    promised: np.ndarray
    control: np.ndarray

    @property
    def true_kwh(self) -> np.ndarray:
        """What left the event's hours when planned, shape (hours, homes), kWh."""
        return (self.today - self.loads[PLANNED])[self.event.hours]

    def measured_kwh(self, rule: Baseline) -> np.ndarray:
        """What the rule takes for it, likewise; never negative, and nothing of homes that promised nothing."""
        baseline = rule.estimate(self.history, self.loads[PLANNED], self.event)
        response = np.maximum(baseline - self.loads[PLANNED][self.event.hours], 0.0)
        return np.where(self.promised.sum(axis=0) > 0, response, 0.0)

    def paid_kwh(self, rule: Baseline) -> np.ndarray:
        """What is paid for, likewise: what was measured, up to what was promised."""
        return np.minimum(self.measured_kwh(rule), self.promised)


def call_days(days: Days, config: Config, generator: np.random.Generator) -> list[Called]:
    """Events on days drawn from those with the highest peaks."""
    days = days.weekdays()
    peaks = days.load_kwh.sum(axis=2).max(axis=1)[PAST:]
    highest = PAST + np.argsort(-peaks)[: max(config.events, round(HIGHEST_SHARE * len(peaks)))]
    numbers = np.sort(generator.choice(highest, min(config.events, len(highest)), replace=False))
    homes = days.load_kwh.shape[2]
    control = np.zeros(homes, dtype=bool)
    control[generator.permutation(homes)[: max(2, round(config.control * homes))]] = True
    return [_call(days, number, control, config, generator) for number in numbers.tolist()]


def effects(called: Sequence[Called]) -> pd.DataFrame:
    """What each event did: one row a day and way of asking.

    Columns: ``event``, ``way``, ``event_drop`` (energy that left the event's hours, as a share of what would have been
    used), ``peak_drop`` (of the day's highest hour), ``rebound`` (of the highest hour after the event, as a share above
    what it would have been), ``returned`` (share of the energy that came back).
    """
    rows = []
    for number, day in enumerate(called):
        before, hours = day.today.sum(axis=1), day.event.hours
        for way in (AT_ONCE, PLANNED):
            after = day.loads[way].sum(axis=1)
            left = (before - after)[hours].sum()
            rows.append(
                {
                    "event": number,
                    "way": way,
                    "event_drop": left / before[hours].sum(),
                    "peak_drop": 1 - after.max() / before.max(),
                    "rebound": after[hours.stop :].max() / before[hours.stop :].max() - 1,
                    "returned": (after - before)[hours.stop :].sum() / left if left > 0 else np.nan,
                }
            )
    return pd.DataFrame(rows)


def measurement(called: Sequence[Called]) -> pd.DataFrame:
    """True and measured response of each event by rule, kWh: ``event``, ``rule``, ``true``, ``measured``, ``paid``."""
    rows = [
        {
            "event": number,
            "rule": rule.name,
            "true": day.true_kwh.sum(),
            "measured": day.measured_kwh(rule).sum(),
            "paid": day.paid_kwh(rule).sum(),
        }
        for number, day in enumerate(called)
        for rule in rules(day.control)
    ]
    return pd.DataFrame(rows)


def accuracy(days: Days, called: Sequence[Called], config: Config, generator: np.random.Generator) -> pd.DataFrame:
    """Rules tried on days without event, where the truth is known.

    Returns:
        One row a day and rule: ``day``, ``rule``, ``bias`` (mean error as a share of the mean load) and ``error`` (root
        mean square over homes and hours, likewise).
    """
    days, event, control = days.weekdays(), called[0].event, called[0].control
    numbers = generator.choice(np.arange(PAST, len(days)), min(config.placebos, len(days) - PAST), replace=False)
    rows = []
    for day, number in enumerate(numbers.tolist()):
        history, today = days.load_kwh[number - PAST : number], days.load_kwh[number]
        truth = today[event.hours]
        for rule in rules(control):
            missed = rule.estimate(history, today, event) - truth
            bias, error = missed.mean() / truth.mean(), np.sqrt((missed**2).mean()) / truth.mean()
            rows.append({"day": day, "rule": rule.name, "bias": bias, "error": error})
    return pd.DataFrame(rows)


def pretending(called: Sequence[Called], retail: float, config: Config) -> pd.DataFrame:
    """What the best burning brings: ``event``, ``rule``, ``way``, ``gain`` (EUR a home and event), ``level_kwh``."""
    stakes = gaming.Stakes(config.reward, retail, config.events_in_ten_days)
    late = gaming.Stakes(config.reward, retail, config.events_in_ten_days, lead=2)
    rows = []
    for number, day in enumerate(called):
        cases = [(rule.name, rule, stakes) for rule in rules(day.control)] + [(LATE, CAPPED, late)]
        for name, rule, known in cases:
            table = gaming.gains(rule, day.history, day.today, day.event, known, np.array(BURNT_KWH))
            best = gaming.best(table).groupby("way", sort=False)[["gain", "level_kwh"]].mean()
            rows += [{"event": number, "rule": name, "way": way} | row.to_dict() for way, row in best.iterrows()]
    return pd.DataFrame(rows)


def pay(day: Called, config: Config) -> Paid:
    """One event's response, measured by the capped rule, paid for on a chain in this process."""
    delivered = units.whole_wh(day.paid_kwh(CAPPED))
    missing = np.maximum(units.whole_wh(day.promised) - delivered, 0)
    rates = Rates(
        *(units.eur_per_kwh_to_wei_per_wh(price, config.eur_per_ether) for price in (config.reward, config.penalty))
    )
    with chain.connect("test") as connection:
        payments = ResponsePayments.deploy(connection, rates, FUNDS_WEI)
        homes = connection.accounts[1 : 1 + delivered.shape[1]]
        for home in homes:
            payments.settlement.deposit(home, DEPOSIT_WEI)
        return payments.pay(homes, payments.trees(homes, delivered, missing))


def rules(control: np.ndarray) -> tuple[Baseline, ...]:
    """The rules compared."""
    return UNCAPPED, CAPPED, UNADJUSTED, ControlGroup(control)


def _call(days: Days, number: int, control: np.ndarray, config: Config, generator: np.random.Generator) -> Called:
    history, today = days.load_kwh[number - PAST : number], days.load_kwh[number]
    event = _window(history.mean(axis=0).sum(axis=1), config.event_hours)
    willing = Willingness(config.waiting, config.comfort_k, config.dearest_ask)
    offers = willing.draw(today, ~control, generator)
    asked = events.called(offers, config.reward)
    obeys = generator.random(today.shape[1]) >= config.override
    plans = {AT_ONCE: events.at_once(today, asked, event), PLANNED: events.plan(today, asked, event)}
    loads = {way: today + response.change_kwh * obeys for way, response in plans.items()}
    promised = plans[PLANNED].promised_kwh(event)
    return Called(days.date[number], event, history, today, {NOBODY: today} | loads, promised, control)


def _window(usual: np.ndarray, length: int) -> Event:
    """The hours with the highest load, late enough to be adjusted for and early enough for a rebound."""
    starts = range(EARLIEST_START, LATEST_END - length + 1)
    start = max(starts, key=lambda hour: usual[hour : hour + length].sum())
    return Event(start, start + length)
