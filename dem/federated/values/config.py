"""The settings of one training, validated once; clients receive them as JSON inside each message."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dem.federated.config import Source
from dem.federated.values.outlook import INPUTS

LearnerName = Literal["statistics", "network"]
Sharing = Literal["alone", "federated", "pooled"]
Weeks = Literal["own", "same"]


class Neighbourhood(BaseModel):
    """Which homes there are, and which weeks they know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Source = Field(default="synthetic", description="'synthetic' or a folder of home data")
    data_seed: int = Field(default=2023, ge=0, description="seed of the synthetic homes")
    data_weeks: int = Field(default=52, ge=2, description="length of the table: weeks to learn from, and trial weeks")
    homes: int = Field(default=10, ge=1, description="how many homes")
    weeks: Weeks = Field(default="own", description="whether each home knows another week, or all know the same one")
    trial_weeks: int = Field(default=4, ge=1, description="weeks that nobody learns from, spread over the table")
    seed: int = Field(default=0, ge=0, description="draws the weeks that are known")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.trial_weeks >= self.data_weeks:
            raise ValueError(f"trial_weeks must be fewer than the {self.data_weeks} data_weeks, got {self.trial_weeks}")
        return self


class ValuesConfig(BaseModel):
    """Who learns how, and what is shared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbourhood: Neighbourhood = Field(default_factory=Neighbourhood, description="the homes and their weeks")
    learner: LearnerName = Field(default="statistics", description="ridge regression on random features, or a network")
    sharing: Sharing = Field(default="federated", description="nothing, what the learner sends, or the data themselves")
    seed: int = Field(default=0, ge=0, description="of random features, initial weights and minibatches")
    rounds: int = Field(default=3, ge=1, description="exchanges with the server, if federated; else of the same effort")
    penalty: float = Field(default=0.03, gt=0, description="statistics: ridge penalty on standard features")
    features: int = Field(default=48, ge=0, description="statistics: random features beside the inputs")
    hidden: int = Field(default=32, ge=1, description="network: units in each of its two hidden layers")
    updates: int = Field(default=20, ge=1, description="network: gradient steps a round")
    batch_size: int = Field(default=128, ge=1, description="network: intervals in a minibatch")
    learning_rate: float = Field(default=2e-3, gt=0, description="network: Adam's step size")
    mu: float = Field(default=0.0, ge=0, description="network: FedProx's pull towards the shared one")

    own: float = Field(default=0.0, ge=0, lt=1, description="weight of its own week in what a federated home ends with")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.own > 0 and self.sharing != "federated":
            raise ValueError(f"own is for federated homes; for {self.sharing} ones it must be 0, got {self.own}")
        if self.sharing == "federated" and self.neighbourhood.homes < 2:
            raise ValueError(f"homes must be at least 2 to be federated, got {self.neighbourhood.homes}")
        if self.mu > 0 and (self.learner, self.sharing) != ("network", "federated"):
            raise ValueError(f"mu is for federated networks; for {self.sharing} {self.learner} it must be 0")
        return self

    @property
    def feature_count(self) -> int:
        """How many features a regression has: one, the inputs and the random ones."""
        return 1 + INPUTS + self.features

    @property
    def homes(self) -> int:
        """How many homes there are."""
        return self.neighbourhood.homes
