"""What the neighbourhood emits: the network's mix for what all homes together take; what they share emits nothing."""

import numpy as np
import pandas as pd

from dem import carbon, units
from dem.carbon import EmissionFactors
from dem.vpp.neighbourhood import Neighbourhood


def expected_intensity(homes: Neighbourhood) -> np.ndarray:
    """kgCO2e/kWh (T, leads) of each interval and the day that it begins, expected at its gate: as a day before.

    The network's intensity is published afterwards; nothing here looks at the interval's own or a later one.
    """
    known = pd.concat([_intensity(homes.history), _intensity(homes.window)]).to_numpy()
    past = len(known) - len(homes.times)
    gate, lead = np.arange(len(homes.times))[:, None], np.arange(homes.per_day)
    return known[past + gate + lead - homes.per_day]


def factors(homes: Neighbourhood) -> EmissionFactors:
    """The network's average factors, one for all homes."""
    intensity = _intensity(homes.window)
    years = "–".join(str(year) for year in sorted({homes.times[0].year, homes.times[-1].year}))
    return EmissionFactors(intensity, carbon.Kind.AVERAGE, "the homes' data", years)


def emissions_kg(average: EmissionFactors, times: pd.DatetimeIndex, metered_wh: np.ndarray) -> np.ndarray:
    """kgCO2e (T,) of what meters (T, H) show at these times."""
    imported = pd.Series(units.wh_to_kwh(np.maximum(metered_wh.sum(axis=1), 0)), times)
    return carbon.emissions(imported, average).to_numpy()


def _intensity(table: pd.DataFrame) -> pd.Series:
    return table["carbon_intensity"].groupby(level=0).mean()
