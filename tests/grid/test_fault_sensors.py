import numpy as np
import pytest

from dem.grid import GridError, faults
from dem.grid.faults.change import change, no_change


@pytest.fixture(scope="module")
def simulator():
    return faults.FaultSimulator()


@pytest.fixture(scope="module")
def sensors(simulator):
    return faults.Sensors(simulator.nodes, faults.FOUR_METERS)


def test_sensors__channels__are_the_head_and_the_chosen_meters_only(sensors):
    assert set(sensors.channels["place"]) == {"650", *faults.FOUR_METERS}
    assert len(sensors.channels) == 12 + 3 + 2 + 1 + 3


def test_read__many_times__scatters_as_variance_says(simulator, sensors):
    state = simulator.solve()
    readings = sensors.read(np.repeat(state[None], 4_000, axis=0), np.random.default_rng(1))
    exact = sensors.exact(state)
    assert readings.mean(axis=0) == pytest.approx(exact, abs=2e-3)
    assert readings.var(axis=0) == pytest.approx(sensors.variance(exact), rel=0.15)


def test_read__mean_of_several__scatters_less(simulator, sensors):
    state = np.repeat(simulator.solve()[None], 2_000, axis=0)
    one, nine = (sensors.read(state, np.random.default_rng(1), count).std(axis=0) for count in (1, 9))
    assert one / nine == pytest.approx(3.0, rel=0.1)


def test_change__nothing_happened__is_no_change_within_its_variance(simulator, sensors):
    state = np.repeat(simulator.solve()[None], 2_000, axis=0)
    generator = np.random.default_rng(1)
    moved = change(sensors, sensors.read(state, generator, 20), sensors.read(state, generator), 20, 1)
    deviation = moved.value - no_change(sensors)
    assert np.square(deviation / np.sqrt(moved.variance)).mean(axis=0) == pytest.approx(1.0, rel=0.15)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"meters": ("634", "999")}, "'999'"),
        ({"meters": ("634", "634")}, "different buses"),
        ({"meters": (), "head": False}, "need the head"),
        ({"noise": 0.0}, "noise"),
        ({"noise": float("nan")}, "noise"),
    ],
)
def test_sensors__unusable__are_refused_with_reason(simulator, changes, reason):
    with pytest.raises(GridError, match=reason):
        faults.Sensors(simulator.nodes, **changes)


def broken(reading, channels, value):
    reading = reading.copy()
    reading[channels] = value
    return reading


def test_check__one_meter_silent__is_let_through(simulator, sensors):
    reading = sensors.exact(simulator.solve())
    assert np.isnan(sensors.check(broken(reading, slice(12, 15), np.nan))[12:15]).all()


def test_check__unusable_reading__names_what_is_wrong(simulator, sensors):
    reading = sensors.exact(simulator.solve())
    with pytest.raises(GridError, match="shape"):
        sensors.check(reading[:-1])
    with pytest.raises(GridError, match=r"634\.A v is infinite"):
        sensors.check(broken(reading, 12, np.inf))
    with pytest.raises(GridError, match=r"head is silent: 650\.B v_re"):
        sensors.check(broken(reading, 1, np.nan))


def test_check__all_meters_of_a_phase_silent_without_head__names_the_phase(simulator):
    sensors = faults.Sensors(simulator.nodes, faults.FOUR_METERS, head=False)
    of_a = (sensors.channels["phase"] == "A").to_numpy()
    with pytest.raises(GridError, match="phase A"):
        sensors.check(broken(sensors.exact(simulator.solve()), of_a, np.nan))
