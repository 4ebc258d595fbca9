"""The settings that every study shares, validated once: profile, data source, seed.

Papermill only warns about an unknown parameter, so a mistyped profile would silently run the wrong thing; here it is
refused with the name of the field and what it may be.
"""

import os
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from dem import paths, units

Profile = Literal["quick", "full"]
FIGURES_VARIABLE = "DEM_FIGURES"
EUR_PER_ETHER = 3_000  # assumed wherever gas or wei become euros


class StudyConfig(BaseModel):
    """Base of every study's settings.

    A study subclasses it, adds one documented field per knob and lists the values of both profiles in ``PROFILES``;
    a field with the same value in both simply gets a default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {"quick": {}, "full": {}}

    profile: Profile = "quick"
    data: str = Field(default="synthetic", min_length=1, description="'synthetic' or a folder of home data")
    seed: int = Field(default=2023, ge=0, description="every stochastic part derives from it")

    @classmethod
    def for_profile(cls, profile: Profile, **overrides: Any) -> Self:
        """Settings of ``profile`` with single fields replaced.

        Raises:
            pydantic.ValidationError: names the field that is unknown or out of range.
        """
        values = cls.PROFILES.get(profile, {})
        return cls(profile=profile, **{**values, **overrides})

    @property
    def figures(self) -> Path:
        """Folder for this study's figures: ``figures/quick``, ``figures/full``, ``figures/full-drahix``, …

        The environment variable ``DEM_FIGURES`` overrides it, so that tests leave the published figures alone.
        """
        override = os.environ.get(FIGURES_VARIABLE)
        if override:
            return Path(override)
        suffix = "" if self.data == "synthetic" else f"-{Path(self.data).name}"
        return paths.FIGURES / f"{self.profile}{suffix}"


class GasConfig(StudyConfig):
    """Base of the settings of studies that say what gas costs. Its prices are assumptions to be replaced."""

    eur_per_ether: float = Field(default=EUR_PER_ETHER, gt=0, description="assumed exchange rate")
    l1_gas_price_gwei: float = Field(default=20, gt=0, description="assumed gas price on Ethereum itself")
    l2_gas_price_gwei: float = Field(default=0.05, gt=0, description="assumed gas price on a rollup, data included")

    def with_costs(self, table: pd.DataFrame) -> pd.DataFrame:
        """``table`` with ``EUR on L1`` and ``EUR on L2`` of its column ``gas``."""
        prices = {"EUR on L1": self.l1_gas_price_gwei, "EUR on L2": self.l2_gas_price_gwei}
        return table.assign(
            **{
                name: [units.gas_to_eur(used, price, self.eur_per_ether) for used in table["gas"]]
                for name, price in prices.items()
            }
        )
