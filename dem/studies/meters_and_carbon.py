"""A month of a street that rests on signed readings: what is on chain, what it costs, what can be verified."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import chain, plots, units
from dem.studies import forecast_days, meter_anomalies, settlement_costs, street_month
from dem.studies.config import EUR_PER_ETHER, StudyConfig
from dem.studies.forecast_days import StakesDay
from dem.studies.month_audit import Checks, audit
from dem.studies.month_on_chain import ChainMonth, Street


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {
            "homes": 3,
            "slot_hours": 24,
            "claimed_slots": 3,
            "street_sizes": (10, 1_000),
            "runs": 3,
            "train_homes": 6,
            "test_homes": 6,
            "trees": 60,
        },
        "full": {
            "homes": 10,
            "slot_hours": 1,
            "claimed_slots": 24,
            "street_sizes": (10, 100, 1_000, 10_000),
            "runs": 5,
            "train_homes": 30,
            "test_homes": 20,
            "trees": 300,
        },
    }

    homes: int = Field(default=3, ge=3, le=50, description="homes whose month is on the chain")
    month: int = Field(default=6, ge=1, le=12, description="which month, UTC")
    slot_hours: int = Field(default=24, ge=1, le=24, description="length of a time slot")
    claimed_slots: int = Field(default=3, ge=1, description="slots whose certificates each home claims")
    street_sizes: tuple[Annotated[int, Field(ge=2)], ...] = Field((10, 1_000), min_length=1, description="homes a root")
    runs: int = Field(default=3, ge=1, description="detectors, each trained on other homes")
    train_homes: int = Field(default=6, ge=4, description="synthetic homes that a detector learns from")
    test_homes: int = Field(default=6, ge=2, description="homes that it is tried on")
    trees: int = Field(default=60, ge=1, description="of a detector")
    tax_eur_per_tonne: float = Field(default=65, ge=0, description="assumed carbon tax, EUR/tCO2e")
    eur_per_ether: float = Field(default=EUR_PER_ETHER, gt=0, description="assumed exchange rate")


@dataclass(frozen=True)
class Result:
    """What came of it.

    Attributes:
        config: the settings.
        month: what the street did.
        on_chain: what its month left on the chain.
        checks: what the auditor found.
        costs: see `dem.studies.settlement_costs.measure`.
        anomalies: see `dem.studies.meter_anomalies.run`.
        gains: see `dem.studies.forecast_days.expected_gains`.
        stakes: a day of forecasts at stake.
    """

    config: Config
    month: street_month.Month
    on_chain: ChainMonth
    checks: Checks
    costs: pd.DataFrame
    anomalies: pd.DataFrame
    gains: pd.DataFrame
    stakes: StakesDay

    @cached_property
    def kinds(self) -> pd.DataFrame:
        """Scores by kind: mean over the runs and half width of the 95 % interval, columns ``kind``, ``sort``, and for
        each score its name and its name with ``_half_width``."""
        scores = ["auc", "f1", "precision_at_k", "found", "false_alarms", "balance_auc"]
        rows = []
        for kind, runs in self.anomalies.groupby("kind", sort=False):
            mean, half_width = plots.mean_interval(runs[scores].to_numpy())
            widths = {f"{name}_half_width": width for name, width in zip(scores, half_width, strict=True)}
            row = {"kind": kind, "sort": runs["sort"].iloc[0]}
            rows.append(row | dict(zip(scores, mean, strict=True)) | widths)
        return pd.DataFrame(rows)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """By home: kWh ``exported`` and what became of them, kgCO2e ``paid``, ``offset``, ``owed``, ``tax_eur``."""
        energy = self.on_chain.energy / units.WH_PER_KWH
        homes = pd.DataFrame({"home": np.arange(1, self.month.homes + 1)})
        return pd.concat([homes, energy, self.on_chain.carbon], axis=1).assign(tax_eur=self.on_chain.tax_eur)


def run(config: Config) -> Result:
    """Live the month, audit it, measure what ways cost, look for thieves, stake forecasts.

    Raises:
        dem.data.DataError: the data cannot be used.
    """
    month = street_month.load(
        config.data, config.seed, homes=config.homes, month=config.month, slot_hours=config.slot_hours
    )
    net = forecast_days.net_of_days(month)
    with chain.connect("test") as connection:
        street = Street.deploy(
            connection, month, tax_eur_per_tonne=config.tax_eur_per_tonne, eur_per_ether=config.eur_per_ether
        )
        on_chain = street.live(config.claimed_slots)
        checks = audit(street, on_chain)
        costs = settlement_costs.measure(connection, config.street_sizes)
        stakes = forecast_days.play(connection, net)
    return Result(
        config=config,
        month=month,
        on_chain=on_chain,
        checks=checks,
        costs=costs,
        anomalies=meter_anomalies.run(
            config.data,
            config.seed,
            runs=config.runs,
            train_homes=config.train_homes,
            test_homes=config.test_homes,
            trees=config.trees,
        ),
        gains=forecast_days.expected_gains(net),
        stakes=stakes,
    )
