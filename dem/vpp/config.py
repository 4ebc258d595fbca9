"""What a plant is made of: validated once, and written into its journal, which serves no other."""

from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Mechanism = Literal[
    "double_auction",
    "vcg",
    "mcafee",
    "trade_reduction",
    "muda",
    "pooled",
    "fixed_price",
    "balancing_curve",
]
Forecaster = Literal["ridge", "boosting", "lstm", "transformer", "yesterday", "perfect"]
Retail = Literal["source", "flat", "time_of_use", "hourly"]
Agent = Literal["planning", "value", "self_consumption", "rest"]


class Config(BaseModel):
    """Settings of a plant.

    Raises:
        pydantic.ValidationError: names the field that is unknown or out of range, and what it may be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str = Field(default="synthetic", min_length=1, description="'synthetic', or a folder or file of home data")
    homes: int = Field(default=20, ge=2, le=2_000, description="homes in the plant")
    tariff: Literal["flat", "time_of_use"] = Field(
        default="time_of_use", description="network charge on day-ahead prices; some sources bring their own prices"
    )
    start: str | None = Field(default=None, description="first interval; by default the data's first fitting Monday")
    horizon_days: int = Field(default=7, ge=1, le=366, description="days that data and forecasts are made ready for")
    history_days: int = Field(default=28, ge=23, le=366, description="days before the start to learn from")
    roof_share: float = Field(default=0.5, ge=0, le=1, description="share of the homes whose panels are there")
    battery_share: float = Field(default=0.4, ge=0, le=1, description="share of the homes with a battery")
    forecaster: Forecaster = Field(default="ridge", description="who says what homes will use and generate")
    agent: Agent = Field(default="planning", description="who runs the batteries")
    peak_limit: float | None = Field(
        default=None,
        gt=0,
        description="most that all homes together may take or give where batteries can help it, as a multiple of their "
        "own peak without batteries before the start; none: no limit",
    )
    carbon_price: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="EUR/kgCO2e on imports that batteries plan by; never billed"
    )
    retail: Retail = Field(default="source", description="the data's retail prices, or the aggregator's of this shape")
    margin: float = Field(default=0.2, ge=0, le=1, description="aggregator's share of retail less wholesale price")
    elasticity: float = Field(
        default=-0.2, ge=-0.5, le=0, description="of what homes take from the network; half is given up, half moves"
    )
    aversion: float = Field(default=0, ge=0, le=1, description="aggregator's fear of days with other loads")
    peak_charge: float = Field(
        default=0.5, ge=0, le=10, description="EUR that the aggregator pays for a kW of a day's peak"
    )
    response_share: float = Field(default=0, ge=0, le=1, description="share of the homes that offer to shift load")
    event_hours: float = Field(default=2, gt=0, le=6, description="length of an event")
    reward: float = Field(default=0.1, ge=0, le=2, description="EUR for a kWh of response")
    penalty: float = Field(default=0.02, ge=0, le=2, description="EUR for a kWh that was promised and did not come")
    ask: float = Field(default=0.2, ge=0, le=2, description="most that a home wants for a kWh, EUR")
    waiting: float = Field(default=0.25, ge=0, le=0.5, description="most of a home's load that can wait, as a share")
    override: float = Field(default=0.1, ge=0, le=1, description="share of called homes that do not respond after all")
    mechanism: Mechanism = Field(default="double_auction", description="how orders become trades")
    feeder: bool = Field(default=True, description="whether trades have to pass the IEEE 13-node feeder")
    feeder_homes: int = Field(
        default=600, ge=1, le=5_000, description="typical homes on it; the plant's stand for them all"
    )
    chain: str | None = Field(
        default="test", description="where it settles: 'test' in this process, any of dem.chain.connect's, or nowhere"
    )
    seed: int = Field(default=2023, ge=0, description="every stochastic part derives from it")
    journal: Path | None = Field(default=None, description="SQLite file to go on from after a crash; none: in memory")

    @field_validator("start")
    @classmethod
    def _a_time(cls, start: str | None) -> str | None:
        if start is not None:
            try:
                pd.Timestamp(start)
            except ValueError:
                raise ValueError(f"{start!r} is no time such as '2023-06-05'") from None
        return start

    @model_validator(mode="after")
    def _folder_exists(self) -> Self:
        if self.journal is not None and not self.journal.parent.is_dir():
            raise ValueError(f"journal: there is no folder {self.journal.parent}")
        return self

    @property
    def identity(self) -> dict[str, object]:
        """All that decides what happens, for the journal to compare."""
        return self.model_dump(mode="json", exclude={"journal"})
