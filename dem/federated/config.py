"""The settings of one federated training, validated once, and their two ways through Flower.

Clients receive them as JSON inside each message; a server app that Flower starts reads them from its run
configuration, whose values are plain numbers and texts: there, lists and nested settings are JSON texts.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from dem.agents import EpisodeConfig, SACConfig

Method = Literal["fedavg", "fedprox", "local", "pooled"]
EnvironmentName = Literal["paper", "home"]
FEDERATED_METHODS = ("fedavg", "fedprox")


def _absolute(data: str) -> str:
    """Absolute, because the backends start their processes in other folders."""
    if data == "synthetic":
        return data
    if not Path(data).exists():
        raise ValueError(f"must be 'synthetic' or an existing folder or file, got {data!r}")
    return str(Path(data).resolve())


Source = Annotated[str, Field(min_length=1), AfterValidator(_absolute)]
"""'synthetic', or where home data are."""


class FederatedConfig(BaseModel):
    """One experiment: which houses learn, from what, and how their networks meet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = Field(default="fedavg", description="how networks or data are shared between the houses")
    environment: EnvironmentName = Field(default="paper", description="the paper's home, or the sound one")
    data: Source = Field(default="synthetic", description="'synthetic' or a folder of home data")
    data_seed: int = Field(default=2023, ge=0, description="seed of the synthetic neighbourhood")
    houses: int = Field(default=2, ge=1, description="how many houses learn")
    seeds: tuple[int, ...] = Field(default=(0,), min_length=1, description="one independent repetition each")
    rounds: int = Field(default=70, ge=1, description="episodes; networks are averaged after each")
    mu: float = Field(default=0.0, ge=0, description="FedProx: strength of the pull towards the shared networks")
    tariff: Literal["flat", "time_of_use"] = Field(
        default="time_of_use", description="prices of the sound home, where the data bring only the day-ahead price"
    )
    training_weeks: int = Field(default=4, ge=1, description="weeks that each sound home trains on")
    trial_weeks: int = Field(default=4, ge=1, description="other weeks that each sound home is tried on")
    evaluate_every: int = Field(default=0, ge=0, description="rounds between trials without exploration; 0: none")
    learner: SACConfig = Field(default_factory=SACConfig, description="the soft actor-critic of every agent")
    episode: EpisodeConfig = Field(default_factory=EpisodeConfig, description="what one round consists of")

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"seeds must differ from each other, got {seeds}")
        if min(seeds) < 0:
            raise ValueError(f"seeds must not be negative, got {min(seeds)}")
        return seeds

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.method in FEDERATED_METHODS and self.houses < 2:
            raise ValueError(f"houses must be at least 2 for method {self.method!r}, got {self.houses}")
        if (self.method == "fedprox") != (self.mu > 0):
            raise ValueError(f"mu must be positive for method 'fedprox' and 0 for the others, got {self.mu}")
        return self

    @property
    def clients(self) -> int:
        """How many Flower clients take part: one a house, or a single one that holds the data of all."""
        return 1 if self.method == "pooled" else self.houses

    def evaluates_after(self, server_round: int) -> bool:
        """Whether the networks are tried after ``server_round`` (counted from 1); the last round always counts."""
        if self.evaluate_every == 0:
            return False
        return server_round % self.evaluate_every == 0 or server_round == self.rounds

    @classmethod
    def small(cls, **overrides: Any) -> Self:
        """Settings small enough to show that a backend works: two seeds and small networks."""
        return cls(**{"seeds": (0, 1), "learner": SACConfig(hidden=32), **overrides})

    def to_run_config(self) -> dict[str, str | int | float]:
        """The same settings as Flower's run configuration."""
        values = self.model_dump(mode="json")
        return {
            name.replace("_", "-"): value if isinstance(value, str | int | float) else json.dumps(value)
            for name, value in values.items()
        }

    @classmethod
    def from_run_config(cls, run_config: dict[str, Any]) -> Self:
        """Read Flower's run configuration back.

        Raises:
            ValueError: names the setting that is unknown, out of range or not valid JSON.
        """
        values = {name.replace("-", "_"): value for name, value in run_config.items()}
        for name in ("seeds", "learner", "episode"):
            if isinstance(values.get(name), str):
                values[name] = _parsed(name, values[name])
        return cls(**values)


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} must be JSON, got {text!r}: {error}") from error
