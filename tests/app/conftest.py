from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from dem.app import api
from dem.app.limits import Limiter, Rate
from dem.app.service import Options, Service

HOURS = pd.date_range("2023-06-05", periods=24, freq="h", tz="UTC", name="time")


@dataclass
class Homes:
    names: tuple[str, ...] = ("roof", "shop")
    step_hours: float = 1.0


@dataclass
class FewHomes:
    """A plant of two homes for a day: what the desk needs of `dem.vpp.Plant`."""

    homes: Homes = field(default_factory=Homes)
    done: int = 0

    def step(self):
        if self.done == len(HOURS):
            raise RuntimeError("the plant's 24 intervals have all happened")
        self.done += 1

    def events(self):
        columns = ("load_kwh", "pv_kwh", "metered_kwh", "battery_kwh", "traded_kwh", "cost_eur", "emissions_kg")
        table = pd.DataFrame(1.0, HOURS[: self.done], columns)
        return table.assign(price=np.nan)

    def home_events(self, number=None):
        rows = range(self.done) if number is None else [number]
        index = HOURS[[row for row in rows for _ in self.homes.names]]
        values = {"metered_wh": 500, "battery_kwh": 0.5, "stored_kwh": 1.0}
        return pd.DataFrame({"home": list(self.homes.names) * len(rows), **values}, index)

    def forecast(self):
        return pd.DataFrame({"home": self.homes.names, "load_kwh": 0.3, "pv_kwh": 0.0}, HOURS[[self.done] * 2])

    def close(self):
        pass


@dataclass
class Party:
    """A client with a key of its own."""

    client: TestClient
    key: str

    def __call__(self, method, path, body=None):
        return self.client.request(method, path, json=body, headers={"X-API-Key": self.key})


@pytest.fixture(scope="module")
def service():
    limiter = Limiter(Rate(per_s=1_000, burst=10_000))
    with Service(Options(limiter=limiter, make_plant=lambda _: FewHomes())) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(service):
    with TestClient(api.build(service), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def few_homes():
    return FewHomes


@pytest.fixture(scope="session")
def party():
    return Party


@pytest.fixture(scope="module")
def operator(service, client):
    return Party(client, service.keys.issue("operator"))


@pytest.fixture(scope="module")
def homes(client, operator):
    """The operator has deployed the contracts and registered two homes."""
    assert operator("POST", "/contracts", {}).status_code == 201
    answers = [operator("POST", "/homes", {"name": name, "collateral_eur": 50}) for name in ("roof", "shop")]
    return {answer.json()["home"]: Party(client, answer.json()["key"]) for answer in answers}
