"""A neighbourhood to begin with: a plant half a day on, its homes registered, their next orders in the book."""

import numpy as np

from dem import chain, units
from dem.app import models
from dem.app.desks.homes import HomesDesk
from dem.app.security import Caller
from dem.app.service import Service
from dem.vpp import Config, Plant

HOMES, DAYS, HISTORY_DAYS, SEED = 6, 7, 23, 2023
INTERVALS_BEFORE = 24
OPERATOR = Caller("operator")


def plant(connection: chain.Connection) -> Plant:
    """The plant, which settles on the page's own chain."""
    return Plant(Config(homes=HOMES, horizon_days=DAYS, history_days=HISTORY_DAYS, seed=SEED), connection)


def fill(service: Service) -> list[models.IssuedKey]:
    """Deploy the contracts, register the plant's homes, let them trade once and order again; their keys."""
    desks = service.desks
    service.do(desks.homes.deploy, OPERATOR, models.Terms())
    keys = service.do(_register, OPERATOR, desks.homes, desks.plant.names)
    service.do(desks.plant.go_on, OPERATOR, INTERVALS_BEFORE)
    generator = np.random.default_rng(SEED)
    for last in (False, True):
        for home in desks.plant.names:
            order = _order(service.do(desks.plant.forecast, OPERATOR, home)[0], generator)
            if order is not None:
                service.do(desks.orders.place, OPERATOR, home, order)
        if not last:
            service.do(desks.orders.clear, OPERATOR)
    return keys


def _register(caller: Caller, desk: HomesDesk, names: list[str]) -> list[models.IssuedKey]:
    return [desk.register(caller, models.NewHome(name=name)) for name in names]


def _order(expected: models.Forecast, generator: np.random.Generator) -> models.NewOrder | None:
    """What a home lacks or has left, at a price between feed-in and retail."""
    lacks_kwh = expected.load_kwh - expected.pv_kwh
    energy_wh = units.kwh_to_wh(abs(lacks_kwh))
    terms = models.Terms()
    price = int(generator.integers(terms.feed_in_eur_per_mwh, terms.retail_eur_per_mwh))
    if energy_wh < models.LEAST_ORDER_WH:
        return None
    return models.NewOrder(side="buy" if lacks_kwh > 0 else "sell", energy_wh=energy_wh, price_eur_per_mwh=price)
