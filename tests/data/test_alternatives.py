import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.data.synthetic.alternatives import redrawn_loads

ORIGINS = pd.date_range("2023-05-01", periods=14, freq="D", tz="UTC")


@pytest.fixture(scope="module")
def draws():
    return redrawn_loads(2023, (1,), ORIGINS, 30)


def test_redrawn__what_came__is_one_of_them(draws):
    """The rank of the truth among the draws is uniform."""
    table = data.load(homes=2, start=ORIGINS[0], end=ORIGINS[-1] + pd.Timedelta(days=1))
    truth = data.wide(table, "load_kwh")["home_002"].to_numpy().reshape(14, 1, 48, 1)
    rank = (draws < truth).mean(axis=-1)
    assert rank.mean() == pytest.approx(0.5, abs=0.05)
    assert (rank > 0.8).mean() == pytest.approx(0.2, abs=0.06)


def test_redrawn__first_interval__remembers_the_mood_before_it(draws):
    """What is near is known better than what is far, in multiples of its own size."""
    spread = draws.std(axis=-1) / draws.mean(axis=-1)
    assert np.median(spread[:, 0, 0]) < np.median(spread[:, 0, 24:])


def test_redrawn__same_seed__same_numbers_and_other_homes_do_not_matter(draws):
    again = redrawn_loads(2023, (0, 1), ORIGINS[:2], 2)
    np.testing.assert_array_equal(again, redrawn_loads(2023, (0, 1), ORIGINS[:2], 2))
    np.testing.assert_array_equal(again[:, 1:], redrawn_loads(2023, (1,), ORIGINS[:2], 2))


def test_redrawn__over_new_year__is_refused():
    with pytest.raises(ValueError, match="must lie in one year"):
        redrawn_loads(2023, (0,), pd.date_range("2023-12-25", periods=10, freq="D", tz="UTC"), 1)
