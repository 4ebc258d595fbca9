import numpy as np
import pytest

from dem import data
from dem.agents import Foresight
from dem.agents.foresight import Clairvoyance

NOON = 24  # 12:00 UTC of the day, 14:00 in Paris in spring: tomorrow's prices are out
MORNING = 12  # 06:00 UTC


def changed_after(table, row, column, factor):
    """The table with ``column`` multiplied after the given row of every home."""
    steps = len(table) // table["home"].nunique()
    late = np.arange(len(table)) % steps > row
    return table.assign(**{column: np.where(late, table[column] * factor, table[column])})


@pytest.mark.parametrize("column", ["load_kwh", "pv_kwh"])
def test_forecast__other_future__same_forecast(neighbourhood, foresight, column):
    now = 20 * 48 + 30
    seen, other = (
        foresight.forecast(table) for table in (neighbourhood, changed_after(neighbourhood, now, column, 1.7))
    )
    for name in ("load", "pv"):
        np.testing.assert_array_equal(getattr(seen, name)[: now + 1], getattr(other, name)[: now + 1])


def test_forecast__prices__known_as_far_as_published(neighbourhood, foresight):
    expected = foresight.forecast(neighbourhood)
    actual = data.wide(neighbourhood, "import_price").to_numpy()
    day = 20 * 48
    for row, known in ((day + MORNING, 44 - 1 - MORNING), (day + NOON, 48)):  # midnight in Paris is 22:00 UTC
        ahead = actual[row + 1 : row + 1 + known]
        np.testing.assert_allclose(expected.import_price[row, :known], ahead, atol=1e-6)
    assert not np.allclose(expected.import_price[day + MORNING, -4:], actual[day + MORNING + 45 : day + MORNING + 49])


def test_forecast__prices_beyond_publication__do_not_look(neighbourhood, foresight):
    last_known = 20 * 48 + 43
    other = changed_after(neighbourhood, last_known, "export_price", 2.0)
    row = 20 * 48 + MORNING
    for name in ("import_price", "export_price"):
        seen, same = (getattr(foresight.forecast(table), name)[row] for table in (neighbourhood, other))
        np.testing.assert_allclose(seen, same, atol=1e-6)


def test_forecast__never_published__only_the_past(neighbourhood):
    foresight = Foresight(4, publication_hour=None).fit(neighbourhood)
    other = changed_after(neighbourhood, 1000, "export_price", 2.0)
    seen, same = (foresight.forecast(table).export_price[1000] for table in (neighbourhood, other))
    np.testing.assert_array_equal(seen, same)


def test_forecast__load__better_than_the_mean(neighbourhood, foresight):
    expected, actual = foresight.forecast(neighbourhood).load[:, 1], data.wide(neighbourhood, "load_kwh").to_numpy()
    error = expected[700:-2] - actual[702:]
    assert (error**2).mean() < 0.9 * actual[702:].var()


def test_features__blocks__means_of_the_forecast(neighbourhood, foresight):
    features, expected = foresight.features(neighbourhood), foresight.forecast(neighbourhood)
    assert len(features) == 4 * 17
    np.testing.assert_allclose(features["load+1"], expected.load[:, 0] / 0.5)
    np.testing.assert_allclose(features["import_price+48"], expected.import_price[:, 44:].mean(axis=1) / 0.2, rtol=1e-5)


def test_factors__cases__ascend_around_one(foresight):
    assert len(foresight.load_factors) == len(foresight.pv_factors) == 6
    assert (np.diff(foresight.load_factors) > 0).all()
    assert foresight.load_factors[0] < 1 < foresight.load_factors[-1]


def test_clairvoyance__forecast__homes_as_they_come_and_prices_as_expected(neighbourhood, foresight):
    known, expected = Clairvoyance(foresight).forecast(neighbourhood), foresight.forecast(neighbourhood)
    load = data.wide(neighbourhood, "load_kwh").to_numpy()
    np.testing.assert_allclose(known.load[700], load[701:749], rtol=1e-6)
    np.testing.assert_allclose(known.load[-2], np.broadcast_to(load[-1], (48, 2)), rtol=1e-6)
    np.testing.assert_array_equal(known.import_price, expected.import_price)


def test_fit__two_weeks__refused(neighbourhood):
    with pytest.raises(ValueError, match="at least 1056 intervals, got 672"):
        Foresight.day_ahead(neighbourhood[neighbourhood.index < "2023-04-17"])


def test_forecast__no_panels_anywhere__no_yield(neighbourhood):
    bare = neighbourhood.assign(pv_kwh=0.0)
    foresight = Foresight(2).fit(bare)
    assert (foresight.forecast(bare).pv == 0).all()
    np.testing.assert_array_equal(foresight.pv_factors, 1)


def test_forecast__untrained__refused(one_week):
    with pytest.raises(RuntimeError, match="call fit"):
        Foresight(4).forecast(one_week)


@pytest.mark.parametrize(("argument", "value"), [("horizon", 0), ("publication_hour", 24)])
def test_init__out_of_range__names_the_argument(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be .*, got {value}"):
        Foresight(**{"horizon": 4, argument: value})
