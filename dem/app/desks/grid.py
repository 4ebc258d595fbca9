"""The feeder: voltages and taps, and alerts to those whom a fault concerns."""

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd

from dem import alerts
from dem.alerts.messages import BACKUP_URL, compose
from dem.app.desks.plant import PlantDesk
from dem.app.models import Alert, Grid, GridChange, NewFault, Tap, Voltage
from dem.app.news import NewsLog
from dem.app.security import Caller
from dem.grid import Feeder, faults
from dem.grid.feeder import HIGH_PU, LOW_PU, streets

PERCENT = 100
ALERTS_KEPT = 500

Publish = Callable[[alerts.Event], object]


class GridDesk:
    """The IEEE 13-node feeder with the homes on it.

    Args:
        news: where alerts are told.
        plant: whose homes stand at the streets of ``data/feeders/ieee13/homes.csv`` in turn.
        publish: brings an event to people, see `dem.alerts.Alerts.publish`.
        backup_url: the page of this plant in alerts.
    """

    def __init__(
        self,
        news: NewsLog,
        plant: PlantDesk,
        publish: Publish = lambda _: None,
        backup_url: str = BACKUP_URL,
    ) -> None:
        self._news = news
        self._plant = plant
        self._publish = publish
        self._backup_url = backup_url
        self._places = _places(plant.names)
        self._feeder = Feeder.ieee13(self._places)
        self._alerts: list[Alert] = []

    def grid(self, _: Caller) -> Grid:
        """The feeder under what homes draw now."""
        return self._solved(regulate=False)

    def change(self, caller: Caller, change: GridChange) -> Grid:
        """Scale the feeder's own loads, and let the regulators answer. The operator only."""
        caller.require_operator()
        self._feeder.load_scale = change.load_percent / PERCENT
        grid = self._solved(regulate=change.regulate)
        self._news.tell("grid changed", load_percent=change.load_percent, outside_band=grid.outside_band)
        return grid

    def report(self, caller: Caller, fault: NewFault) -> list[Alert]:
        """Report a fault: the operator and every home below it are told. The operator only."""
        caller.require_operator()
        affected = faults.homes_below(self._feeder, faults.IEEE13, self._places, fault.bus)
        event = alerts.Event(fault.kind, f"bus {fault.bus}", datetime.now(UTC), tuple(affected))
        self._publish(event)
        told = [
            Alert(
                event=message.event,
                recipient=message.recipient,
                title=message.title,
                body=message.body,
                link=message.link,
            )
            for message in compose(event, self._backup_url)
        ]
        self._alerts = [*self._alerts, *told][-ALERTS_KEPT:]
        self._news.tell("fault", affected, kind_of_fault=fault.kind, bus=fault.bus)
        return told

    def alerts(self, caller: Caller) -> list[Alert]:
        """The latest alerts, oldest first: all, or the home's own."""
        own = f"home:{caller.home}"
        return [alert for alert in self._alerts if caller.role == "operator" or alert.recipient == own]

    def _solved(self, regulate: bool) -> Grid:
        feeder = self._feeder
        feeder.set_power(self._plant.powers())
        feeder.solve(regulate=regulate)
        voltages = feeder.voltages()
        outside = (voltages["magnitude_pu"] < LOW_PU) | (voltages["magnitude_pu"] > HIGH_PU)
        rows = voltages[["node", "phase", "magnitude_pu"]].to_dict("records")
        taps = zip(feeder.regulators, feeder.taps.tolist(), strict=True)
        return Grid(
            load_scale=feeder.load_scale,
            voltages=[Voltage(**row) for row in rows],
            taps=[Tap(regulator=name, position=position) for name, position in taps],
            losses_kw=feeder.losses,
            outside_band=int(outside.sum()),
        )


def _places(homes: list[str]) -> pd.DataFrame:
    """Homes on the streets of the feeder, in turn: columns ``home, bus, phase``."""
    table = streets()
    places = table[["bus", "phase"]].iloc[[number % len(table) for number in range(len(homes))]]
    return places.reset_index(drop=True).assign(home=homes)
