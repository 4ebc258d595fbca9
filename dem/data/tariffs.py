"""What a home pays and is paid for a kWh, given the day-ahead price.

Bring your own in a few lines::

    weekend_free = Tariff("weekend_free", network_charge=lambda local: np.where(local.dayofweek >= 5, 0.0, 0.15))
    table = load("synthetic", tariff=weekend_free)
"""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

LOCAL_TIME = "Europe/Paris"
TAX_RATE = 0.10

FLAT_CHARGE = 0.10
PEAK_CHARGE = 0.133
DAY_CHARGE = 0.042
NIGHT_CHARGE = 0.006
DAY_START_HOUR, DAY_END_HOUR = 6, 22
SATURDAY = 5


@dataclass(frozen=True)
class Tariff:
    """Import price = (day-ahead price + network charge) × (1 + tax rate); export is paid at the day-ahead price.

    Attributes:
        name: for labels.
        network_charge: local times of interval starts → EUR/kWh, one value a time or one for all.
        tax_rate: on energy and network charge alike, a share from 0 to 1.
        time_zone: the clock the network charge goes by; times in the table stay UTC.

    Raises:
        ValueError: naming the attribute that is none of these.
    """

    name: str
    network_charge: Callable[[pd.DatetimeIndex], np.ndarray]
    tax_rate: float = TAX_RATE
    time_zone: str = LOCAL_TIME

    def __post_init__(self) -> None:
        if not callable(self.network_charge):
            raise ValueError(f"network_charge must be a function of local times, got {self.network_charge!r}")
        if not 0 <= self.tax_rate <= 1:
            raise ValueError(f"tax_rate must be a share from 0 to 1, got {self.tax_rate}")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"time_zone must be one such as {LOCAL_TIME!r}, got {self.time_zone!r}") from None

    def import_price(self, times: pd.DatetimeIndex, wholesale: np.ndarray) -> np.ndarray:
        """EUR/kWh for taking energy at the UTC ``times``, given the ``wholesale`` price in EUR/kWh.

        Raises:
            ValueError: if the network charge is not one number a time, or one for all.
        """
        charge = np.asarray(self.network_charge(times.tz_convert(self.time_zone)), dtype=float)
        if charge.shape not in ((), times.shape):
            reason = f"give {len(times)} values in EUR/kWh, one a time, got shape {charge.shape}"
            raise ValueError(f"the network_charge of tariff {self.name!r} must {reason}")
        return (wholesale + charge) * (1 + self.tax_rate)

    def export_price(self, wholesale: np.ndarray) -> np.ndarray:
        """EUR/kWh for feeding energy in: the day-ahead price, negative ones too."""
        return wholesale.copy()


def _flat(local: pd.DatetimeIndex) -> np.ndarray:
    return np.full(len(local), FLAT_CHARGE)


def _time_of_use(local: pd.DatetimeIndex) -> np.ndarray:
    hour = local.hour
    weekday = local.dayofweek < SATURDAY
    peak = weekday & (((hour >= 10) & (hour < 14)) | ((hour >= 18) & (hour < 22)))
    day = weekday & (hour >= DAY_START_HOUR) & (hour < DAY_END_HOUR)
    return np.select([peak, day], [PEAK_CHARGE, DAY_CHARGE], NIGHT_CHARGE)


FLAT = Tariff("flat", _flat)
TIME_OF_USE = Tariff("time_of_use", _time_of_use)
TARIFFS = {tariff.name: tariff for tariff in (FLAT, TIME_OF_USE)}


def named(tariff: Tariff | str) -> Tariff:
    """A tariff, or the built-in one of that name.

    Raises:
        ValueError: for an unknown name, listing the known ones.
    """
    if isinstance(tariff, Tariff):
        return tariff
    if tariff not in TARIFFS:
        raise ValueError(f"unknown tariff {tariff!r}: use a Tariff or one of {', '.join(TARIFFS)}")
    return TARIFFS[tariff]
