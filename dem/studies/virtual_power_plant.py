"""Notebook 15: a week of homes in a virtual power plant, against the same week without it.

Four ways to live the same days stand side by side: batteries that rest; batteries that each serve their own home; the
plant's batteries at the homes' tariffs; and the plant, in which homes trade and settle their deviations as well. All
begin with the same energy in store, and what is left at the end counts at the mean retail price, less what discharging
loses.

The plant has answers to what planning by price alone does to its street: a limit on what all homes take or give
together, and a price for carbon, about its social cost (US EPA, "Report on the Social Cost of Greenhouse Gases", 2023:
190 USD a tonne). Plants with neither, either and both live the same days; one of them is the plant of
all other figures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from pydantic import Field

from dem import data, plots, units
from dem.homes import Battery
from dem.studies.config import EUR_PER_ETHER, StudyConfig
from dem.vpp import Config as PlantConfig
from dem.vpp import Plant
from dem.vpp.alone import Alone, Rule, cost_at_tariffs, live_alone
from dem.vpp.config import Agent, Forecaster, Mechanism
from dem.vpp.footprint import emissions_kg, factors
from dem.vpp.neighbourhood import EUR_PER_KWH, Neighbourhood
from dem.vpp.network import Network

NO_BATTERY, ALONE, PLANNED, PLANT = "batteries rest", "each for itself", "planned, at tariffs", "the plant"
RULES: dict[str, Rule] = {NO_BATTERY: "rest", ALONE: "self_consumption"}
GOALS = ("eur", "peak_kw", "kg")
MEASURES = (*GOALS, "spread_pu", "tap_operations")
Answer = Literal["by price alone", "with a limit", "with a carbon price", "with both"]
BY_PRICE, LIMITED, CARBON, BOTH = ANSWERS = get_args(Answer)
WEEK = pd.Timedelta(weeks=1)


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {},
        "full": {"homes": 20, "days": 7, "seeds": 5},
    }

    homes: int = Field(default=4, ge=2, le=200, description="homes in the plant; fewer where the data has fewer")
    days: int = Field(default=2, ge=1, le=28, description="days that it runs")
    seeds: int = Field(default=3, ge=2, description="plants, each a week later; other synthetic homes in each")
    mechanism: Mechanism = Field(default="double_auction", description="how its orders become trades")
    forecaster: Forecaster = Field(default="ridge", description="what it expects of loads and sun")
    agent: Agent = Field(default="planning", description="who runs its batteries")
    answer: Answer = Field(default=LIMITED, description="which plant all figures but the one of answers show")
    peak_limit: float = Field(default=0.5, gt=0, description="a plant's limit, in multiples of its homes' own peak")
    carbon_price: float = Field(
        default=0.2, gt=0, description="EUR/kgCO2e that a plant plans by; about the social cost of carbon"
    )
    response_share: float = Field(default=0.7, gt=0, le=1, description="share of the homes that offer to shift load")
    l1_gas_price_gwei: float = Field(default=20, gt=0, description="assumed gas price on Ethereum itself")
    l2_gas_price_gwei: float = Field(default=0.05, gt=0, description="assumed gas price on a rollup, data included")


@dataclass(frozen=True)
class Result:
    """What happened.

    Attributes:
        config: the settings.
        homes: in each plant.
        week: the first plant, one row an interval, indexed by time: its events, ``hours`` of an interval, ``retail``
            and ``feed_in`` in EUR/kWh, and the same homes each for itself: ``alone_kwh``, ``alone_lowest_pu``,
            ``alone_highest_pu``.
        runs: one row a ``plant`` and ``arm``, each answer an arm of its own: ``eur`` (a home and
            day), ``peak_kw`` (most that all take), ``kg`` (a home and day); and, where the feeder is looked at,
            ``spread_pu`` (highest less lowest voltage), ``tap_operations`` (a day), ``outside`` (nodes times intervals
            outside the band).
        change: by measure: the plant less each for itself, ``percent`` of the latter's mean, and ``interval``.
        answers: the same of every answer, with columns ``answer`` and ``measure``, of bill, peak and emissions.
        parts: what each step from resting batteries to the plant changes of a home's daily bill, ``eur``, ``interval``.
        gas: one row an operation of the first plant: ``transactions``, ``gas`` each, ``gas_home`` (a home and
            interval), ``l1_eur`` and ``l2_eur`` (a home and day).
    """

    config: Config
    homes: int
    week: pd.DataFrame
    runs: pd.DataFrame
    change: pd.DataFrame
    answers: pd.DataFrame
    parts: pd.DataFrame
    gas: pd.DataFrame


def run(config: Config) -> Result:
    """Run the plants, the first of them with a chain.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: it has too few days.
    """
    count, runs, start = available(config), [], None
    for number in range(config.seeds):
        with Plant(plant_config(config, config.answer, count, number, start)) as plant:
            events = plant.run(config.days)
            alone = {arm: live_alone(plant.homes, rule) for arm, rule in RULES.items()}
            state = _voltages(plant.homes, alone[ALONE].metered_wh)
            arms = _arms(plant, events, alone, state)
            answers = [{**arms[-1], "arm": config.answer}, *_answers(plant, config, count, number, start)]
            runs.append(pd.DataFrame(arms + answers).assign(plant=number))
            if number == 0:
                week, gas = _week(plant.homes, events, alone[ALONE], state), _gas(plant, config)
                start = plant.homes.times[0]
    table = pd.concat(runs, ignore_index=True)
    answers = [_change(table, answer, GOALS).assign(answer=answer) for answer in ANSWERS]
    return Result(config, count, week, table, _change(table, PLANT, MEASURES), pd.concat(answers), _parts(table), gas)


def available(config: Config) -> int:
    """As many homes as asked for, or as there are; one building is cut into homes."""
    if config.data == "synthetic":
        return config.homes
    present = len(data.home_names(data.load(config.data)))
    return config.homes if present == 1 else min(config.homes, present)


def plant_config(config: Config, answer: Answer, homes: int, number: int, start: pd.Timestamp | None) -> PlantConfig:
    """Plant ``number`` with this answer; ``start`` is that of the first, ``None`` for the data's own."""
    return PlantConfig(
        data=config.data,
        homes=homes,
        start=None if start is None else str(start + number * WEEK),
        horizon_days=config.days,
        mechanism=config.mechanism,
        forecaster=config.forecaster,
        agent=config.agent,
        peak_limit=config.peak_limit if answer in (LIMITED, BOTH) else None,
        carbon_price=config.carbon_price if answer in (CARBON, BOTH) else 0.0,
        chain="test" if number == 0 and answer == config.answer else None,
        seed=config.seed + number,
    )


def _arms(plant: Plant, events: pd.DataFrame, alone: dict[str, Alone], state: pd.DataFrame) -> list[dict[str, object]]:
    """One row an arm, the plant last."""
    homes, joined = plant.homes, lived(plant)
    arms = {**alone, PLANNED: joined, PLANT: joined}
    stress = {ALONE: _stress(state, homes), PLANNED: _stress(events, homes), PLANT: _stress(events, homes)}
    rows = []
    for arm, each in arms.items():
        paid = events["cost_eur"].sum() if arm == PLANT else cost_at_tariffs(homes, each.metered_wh).sum()
        rows.append({"arm": arm, **measured(homes, each, paid), **stress.get(arm, {})})
    return rows


def _answers(
    own: Plant, config: Config, homes: int, number: int, start: pd.Timestamp | None
) -> Iterator[dict[str, object]]:
    """One row an answer other than the plant's own."""
    for answer in ANSWERS:
        if answer != config.answer:
            with Plant(plant_config(config, answer, homes, number, start), like=own) as plant:
                paid = plant.run(config.days)["cost_eur"].sum()
                yield {"arm": answer, **measured(plant.homes, lived(plant), paid)}


def lived(plant: Plant) -> Alone:
    """What the plant's meters and batteries show."""
    journal = plant.home_events()
    return Alone(*(journal[name].to_numpy().reshape(plant.done, -1) for name in ("metered_wh", "stored_kwh")))


def measured(homes: Neighbourhood, lived: Alone, paid_eur: float) -> dict[str, float]:
    """Bill, peak and emissions (``GOALS``) of homes that paid so much."""
    home_days = lived.metered_wh.size / homes.per_day
    together = units.wh_to_kwh(lived.metered_wh.sum(axis=1)) / homes.step_hours
    emitted = emissions_kg(factors(homes), homes.times, lived.metered_wh)
    return {
        "eur": (paid_eur - _left_eur(homes, lived.stored_kwh[-1])) / home_days,
        "peak_kw": max(float(together.max()), 0.0),
        "kg": emitted.sum() / home_days,
    }


def _left_eur(homes: Neighbourhood, stored_kwh: np.ndarray) -> float:
    """What is in store beyond what was there at the start, worth what it saves when it is used."""
    begun = sum(battery.initial_soc * battery.capacity_kwh for battery in homes.batteries.values())
    return (stored_kwh.sum() - begun) * Battery().discharge_efficiency * homes.retail.mean() * EUR_PER_KWH


def _stress(state: pd.DataFrame, homes: Neighbourhood) -> dict[str, float]:
    return {
        "spread_pu": state["highest_pu"].max() - state["lowest_pu"].min(),
        "tap_operations": state["tap_operations"].sum() * homes.per_day / len(state),
        "outside": state["nodes_outside"].sum(),
    }


def _voltages(homes: Neighbourhood, metered_wh: np.ndarray) -> pd.DataFrame:
    """The feeder under these meters, as in a plant's events."""
    network = Network(homes, PlantConfig().feeder_homes)
    load = homes.load_kwh.sum(axis=1)
    states = [network.deliver(energy, float(total)) for energy, total in zip(metered_wh, load, strict=True)]
    return pd.DataFrame(states, homes.times)


def _week(homes: Neighbourhood, events: pd.DataFrame, alone: Alone, state: pd.DataFrame) -> pd.DataFrame:
    retail, feed_in = (prices.mean(axis=1) * EUR_PER_KWH for prices in (homes.retail, homes.feed_in))
    return events.drop(columns="taps").assign(
        hours=homes.step_hours,
        retail=retail,
        feed_in=feed_in,
        alone_kwh=units.wh_to_kwh(alone.metered_wh.sum(axis=1)),
        alone_lowest_pu=state["lowest_pu"],
        alone_highest_pu=state["highest_pu"],
    )


def _change(runs: pd.DataFrame, arm: str, measures: tuple[str, ...]) -> pd.DataFrame:
    """An arm against each for itself, paired by plant."""
    changed, alone = (runs[runs["arm"] == name].set_index("plant")[list(measures)] for name in (arm, ALONE))
    mean, interval = plots.mean_interval((changed - alone).to_numpy())
    base = alone.mean().abs().to_numpy() / 100
    return pd.DataFrame({"percent": mean / base, "interval": interval / base}, pd.Index(measures, name="measure"))


def _parts(runs: pd.DataFrame) -> pd.DataFrame:
    """From resting batteries to the plant, step by step, with intervals over plants."""
    bills = {arm: rows.set_index("plant")["eur"] for arm, rows in runs.groupby("arm")}
    steps = {
        "batteries, each for itself": bills[ALONE] - bills[NO_BATTERY],
        "planning instead of a rule": bills[PLANNED] - bills[ALONE],
        "market and balance\ninstead of tariffs": bills[PLANT] - bills[PLANNED],
    }
    mean, interval = plots.mean_interval(pd.DataFrame(steps).to_numpy())
    return pd.DataFrame({"part": list(steps), "eur": mean, "interval": interval})


def _gas(plant: Plant, config: Config) -> pd.DataFrame:
    names = {"post": "post a root", "claim": "claim a day"}
    used = plant.transactions().groupby("operation", sort=False)["gas"].agg(["count", "mean", "sum"])
    home_days = len(plant.homes.names) * config.days
    a_day = used["sum"] / home_days
    prices = {"l1_eur": config.l1_gas_price_gwei, "l2_eur": config.l2_gas_price_gwei}
    return pd.DataFrame(
        {
            "operation": [names[name] for name in used.index],
            "transactions": used["count"].to_numpy(),
            "gas": used["mean"].to_numpy(),
            "gas_home": a_day.to_numpy() / plant.homes.per_day,
            **{name: [units.gas_to_eur(gas, price, EUR_PER_ETHER) for gas in a_day] for name, price in prices.items()},
        }
    )
