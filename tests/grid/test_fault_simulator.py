import numpy as np
import pandas as pd
import pytest

from dem.grid import PowerFlowError, faults
from dem.grid.faults import bank
from dem.grid.faults.catalogue import SHORT_CIRCUITS
from dem.grid.faults.generator import LEAST_OHM, MOST_OHM
from dem.grid.faults.simulator import HEAD_CURRENT_A


@pytest.fixture(scope="module")
def simulator():
    return faults.FaultSimulator()


def node(simulator, bus, phase):
    table = simulator.nodes
    return int(np.flatnonzero((table["node"] == bus) & (table["phase"] == phase))[0])


def test_solve__bolted_short_circuit__takes_the_voltage_of_its_phase_only(simulator):
    state = simulator.solve(faults.Disturbance("SLG", "671", "B", 1e-4))
    assert abs(state[node(simulator, "671", "B")]) < 1e-3
    assert abs(state[node(simulator, "671", "A")]) > 0.9


def test_solve__three_phase_fault_at_the_substation__draws_what_its_impedance_lets_through(simulator):
    state = simulator.solve(faults.Disturbance("LLL", "650", "ABC", 1e-4))
    expected = 1 / abs(0.01 + 0.08j)  # of rated current: 1 % + j8 %
    assert np.abs(state[-3:]) == pytest.approx(expected, rel=0.02)


def test_solve__ground_fault_through_resistance__follows_ohms_law(simulator):
    simulator.operate(bank.level_point(simulator, 0.01))  # hardly any load that would answer, taps in the middle
    before, after = simulator.solve(), simulator.solve(faults.Disturbance("SLG", "675", "C", 10.0))
    volts = after[node(simulator, "675", "C")] * 4_160 / np.sqrt(3)
    rise = (after - before)[-1] * HEAD_CURRENT_A
    simulator.operate(bank.level_point(simulator, 1.0))
    assert abs(rise) == pytest.approx(abs(volts) / 10.0, rel=0.1)  # capacitors and taps answer, too


def test_solve__outage__leaves_everything_behind_the_switch_dead(simulator):
    state = simulator.solve(faults.Disturbance("outage", "line.671692"))
    assert abs(state[node(simulator, "675", "A")]) < 0.02
    assert abs(state[node(simulator, "671", "A")]) > 0.9


@pytest.mark.parametrize(
    "kind", ["SLG", "outage", "capacitor trip", "load rejection", "load step", "PV step", "tap change"]
)
def test_solve__after_any_disturbance__the_feeder_is_as_before(simulator, kind):
    place = {
        "SLG": "671",
        "outage": "line.671692",
        "capacitor trip": "675",
        "load rejection": "671",
        "load step": "675a",
        "tap change": simulator.regulators[0],
    }.get(kind, "")
    before = simulator.solve()
    during = simulator.solve(
        faults.Disturbance(kind, place, "A" if kind == "SLG" else "", 1.0, 0.3 if "step" in kind else 1)
    )
    assert np.abs(during - before).max() > 1e-4
    assert simulator.solve() == pytest.approx(before, abs=1e-6)


def test_generate__same_seed__gives_the_same_events(simulator):
    first, second = faults.generate(simulator, 20, 5), faults.generate(simulator, 20, 5)
    assert first.table.equals(second.table)
    assert first.after == pytest.approx(second.after, abs=1e-6)
    assert not first.table.equals(faults.generate(simulator, 20, 6).table)


def test_generate__many__covers_every_kind_within_its_bounds(simulator):
    table = faults.generate(simulator, 250, 1).table
    short = table[table["kind"].isin(SHORT_CIRCUITS)]
    assert set(table["fault"]) == set(faults.KINDS)
    assert short["resistance_ohm"].between(LEAST_OHM, MOST_OHM).all()
    assert table.loc[~table["kind"].isin(SHORT_CIRCUITS), "resistance_ohm"].isna().all()
    for row in short.itertuples():
        assert set(row.phases) <= set(faults.IEEE13.buses[row.place])
    assert set(table["place"][table["apart"]]) <= {"650", "634"}


def test_generate__power_flow_that_never_converges__says_which_case(simulator, monkeypatch):
    def diverge(disturbance=None):
        raise PowerFlowError("SLG at 671: does not converge")

    monkeypatch.setattr(simulator, "solve", diverge)
    with pytest.raises(PowerFlowError, match="SLG at 671"):
        faults.generate(simulator, 1, 1)


def test_hops__neighbours_and_switch__count_branches(simulator):
    hops = faults.hops(simulator.feeder, faults.IEEE13)
    assert hops.loc["632", "671"] == 1
    assert hops.loc["671", "675"] == 1
    assert hops.loc["646", "675"] == 4
    assert (np.diag(hops) == 0).all()
    assert hops.equals(hops.T)


def test_homes_below__fault_on_one_phase__names_those_on_it_and_downstream(simulator):
    homes = pd.DataFrame(
        {"home": ["a", "b", "c", "d"], "bus": ["671", "675", "675", "646"], "phase": ["A", "A", "B", "B"]}
    )

    def below(place, phases=""):
        return faults.homes_below(simulator.feeder, faults.IEEE13, homes, place, phases)

    assert below("671", "A") == ["a", "b"]
    assert below("line.671692") == ["b", "c"]
    assert below("680") == []
