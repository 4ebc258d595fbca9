"""A month of a street, as its meters' registers tell it by time slot."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import carbon, data, units
from dem.carbon import EmissionFactors, Kind
from dem.data.sources import SYNTHETIC

DAYS = 30
# Gas combined cycle over its life, median, gCO2e/kWh 490: IPCC AR5 WG3 (2014), table A.III.2. The tables of homes hold
# average factors; the plant that reacts is assumed.
MARGINAL_KG_PER_KWH = 0.490
MARGINAL_SOURCE = "gas combined cycle, life cycle, IPCC AR5 WG3 table A.III.2"
MARGINAL_VINTAGE = "2014"


@dataclass(frozen=True)
class Month:
    """What the street did.

    Attributes:
        times: start of each time slot, UTC.
        imported_wh: whole Wh taken from the network, shape (slots, homes).
        exported_wh: whole Wh given to it, the same shape.
        import_price: EUR/kWh, shape (slots,).
        export_price: the same for what is given.
        average: emission factors of the network's mix.
        marginal: of the plant that reacts.
    """

    times: pd.DatetimeIndex
    imported_wh: np.ndarray
    exported_wh: np.ndarray
    import_price: np.ndarray
    export_price: np.ndarray
    average: EmissionFactors
    marginal: EmissionFactors

    @property
    def homes(self) -> int:
        """How many homes there are."""
        return self.imported_wh.shape[1]

    def emissions_kg(self) -> np.ndarray:
        """kgCO2e of what each home took from the network, shape (homes,)."""
        frame = pd.DataFrame(units.wh_to_kwh(self.imported_wh), self.times)
        return np.array([carbon.emissions(frame[home], self.average).sum() for home in frame])


def load(source: str, seed: int, *, homes: int, month: int, slot_hours: int) -> Month:
    """The first whole days of a month, or of the data where it has no such month.

    Args:
        source: as `dem.data.load` takes it; a building is cut into homes.
        seed: of synthetic homes.
        homes: how many, fewer where the source has fewer.
        month: 1 to 12, UTC.
        slot_hours: length of a time slot.

    Raises:
        dem.data.DataError: the data cannot be used.
    """
    table = data.load(source, seed=seed, **({"homes": homes} if source == SYNTHETIC else {}))
    table = data.neighbourhood(table, homes)
    start = _midnight(table.index.unique(), month)
    table = table[(table.index >= start) & (table.index < start + pd.Timedelta(days=DAYS))]
    net = data.wide(table, "load_kwh") - data.wide(table, "pv_kwh")
    imported, exported = (_by_slot(flow.clip(lower=0), slot_hours, "sum") for flow in (net, -net))
    prices = (
        _by_slot(data.wide(table, name), slot_hours, "mean").mean(axis=1) for name in ("import_price", "export_price")
    )
    factors = _by_slot(data.wide(table, "carbon_intensity"), slot_hours, "mean").mean(axis=1)
    vintage = str(start.year)
    return Month(
        imported.index,
        *((np.rint(flow.to_numpy() * units.WH_PER_KWH).astype(int)) for flow in (imported, exported)),
        *(price.clip(lower=0).to_numpy() for price in prices),
        EmissionFactors(factors, Kind.AVERAGE, f"homes of {source.rpartition('/')[2]}", vintage),
        EmissionFactors(
            pd.Series(MARGINAL_KG_PER_KWH, factors.index), Kind.MARGINAL, MARGINAL_SOURCE, MARGINAL_VINTAGE
        ),
    )


def _midnight(times: pd.DatetimeIndex, month: int) -> pd.Timestamp:
    midnights = times[times == times.normalize()]
    whole = midnights[midnights + pd.Timedelta(days=DAYS) <= times[-1] + (times[1] - times[0])]
    return next(iter([*whole[(whole.month == month) & (whole.day == 1)], *whole, times[0]]))


def _by_slot(frame: pd.DataFrame, hours: int, how: str) -> pd.DataFrame:
    return frame.resample(pd.Timedelta(hours=hours), origin="start").agg(how)
