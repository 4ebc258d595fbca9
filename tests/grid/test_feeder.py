import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem import paths
from dem.grid import Feeder, GridError, PowerFlowError
from dem.grid.feeder import IEEE13
from dem.grid.topology import branches, distances_km

PUBLISHED = paths.DATA / "reference" / "ieee13_voltages.csv"
PUBLISHED_LOSSES_KW = 111.063
SOLVER = 1e-8  # pu; solves start from different voltages


def degrees_apart(a, b):
    return (a - b + 180) % 360 - 180


def test_ieee13__published_solution__every_node_agrees():
    feeder = Feeder.ieee13()
    feeder.solve()
    published = pd.read_csv(PUBLISHED, comment="#", dtype={"node": str})
    both = published.merge(feeder.voltages(), on=["node", "phase"], suffixes=("_published", ""), validate="1:1")
    assert len(both) == 35
    assert (both["magnitude_pu"] - both["magnitude_pu_published"]).abs().max() <= 0.0005
    assert degrees_apart(both["angle_deg"], both["angle_deg_published"]).abs().max() <= 0.05
    assert feeder.losses == pytest.approx(PUBLISHED_LOSSES_KW, abs=0.5)
    assert feeder.taps.tolist() == [10, 8, 11]


def test_ieee13__substation_impedance__lowers_the_voltage():
    feeder, weak = Feeder.ieee13(), Feeder.ieee13(substation_impedance=True)
    feeder.solve()
    weak.solve()
    assert (np.abs(weak.voltage_pu()[3:]) < np.abs(feeder.voltage_pu()[3:])).all()


def test_solve__regulate__ends_inside_the_band_and_depends_on_the_start():
    feeder = Feeder.ieee13()
    feeder.taps = [0, 0, 0]
    feeder.solve(regulate=True)
    moved = feeder.taps
    assert (moved > 0).all()
    feeder.solve(regulate=True)
    assert (feeder.taps == moved).all()


def test_solve__without_regulate__leaves_the_taps():
    feeder = Feeder.ieee13()
    feeder.taps = [0, 0, 0]
    feeder.solve()
    assert feeder.taps.tolist() == [0, 0, 0]


def test_taps__one_step_up__raises_its_phase_by_about_a_step(feeder):
    feeder.solve()
    before = np.abs(feeder.voltage_pu())
    feeder.taps = [11, 8, 11]
    feeder.solve()
    rise = np.abs(feeder.voltage_pu()) - before
    phase_a = ((feeder.nodes["phase"] == "A") & ~feeder.nodes["node"].isin(["650", "SOURCEBUS"])).to_numpy()
    assert rise[phase_a] == pytest.approx(0.00625, abs=0.001)


@pytest.mark.parametrize("taps", [[1, 2], [0, 0, 17], [0.5, 0, 0]])
def test_taps__wrong_number_range_or_type__refused(feeder, taps):
    with pytest.raises(GridError, match="tap"):
        feeder.taps = taps
    assert feeder.taps.tolist() == [10, 8, 11]


def test_set_power__homes_on_one_place__add_up(feeder):
    feeder.set_power({"ana": 30.0, "cleo": -10.0}, {"ana": 5.0})
    feeder.solve()
    together = feeder.voltage_pu()
    feeder.set_power(np.array([20.0, 0.0, 0.0]), np.array([0.0, 0.0, 5.0]))
    feeder.solve()
    assert feeder.voltage_pu() == pytest.approx(together, abs=SOLVER)


def test_set_power__mapping__leaves_the_others(feeder):
    feeder.set_power({"ana": 100.0})
    feeder.set_power({"ben": 50.0})
    feeder.solve()
    both = feeder.voltage_pu()
    feeder.set_power(np.array([100.0, 50.0, 0.0]))
    feeder.solve()
    assert feeder.voltage_pu() == pytest.approx(both, abs=SOLVER)


@settings(max_examples=20, deadline=None)
@given(kw=st.lists(st.floats(-200, 200), min_size=3, max_size=3))
def test_solve__any_powers__the_source_delivers_loads_and_losses(kw):
    homes = pd.DataFrame({"home": list("abc"), "bus": ["671", "675", "634"], "phase": ["B", "C", "A"]})
    feeder = Feeder.ieee13(homes)
    feeder.load_scale = 0.0
    feeder.set_power(np.array(kw))
    feeder.solve()
    source_kw = -feeder.dss.Circuit.TotalPower()[0]
    assert source_kw == pytest.approx(sum(kw) + feeder.losses, abs=0.05)


def test_load_scale__halved__lessens_losses_and_spares_homes(feeder):
    feeder.solve()
    losses = feeder.losses
    feeder.load_scale = 0.5
    feeder.solve()
    assert feeder.losses < losses / 2


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_set_power__not_finite__names_the_home_and_changes_nothing(feeder, value):
    feeder.solve()
    before = feeder.voltage_pu()
    with pytest.raises(GridError, match="ben"):
        feeder.set_power({"ana": 10.0, "ben": value})
    assert (feeder.voltage_pu() == before).all()


def test_set_power__unknown_home__named(feeder):
    with pytest.raises(GridError, match="dora"):
        feeder.set_power({"dora": 1.0})


@pytest.mark.parametrize(
    ("bus", "phase", "reason"), [("999", "A", "no bus '999'"), ("611", "A", "bus 611 has no phase 'A'")]
)
def test_feeder__home_on_a_place_that_does_not_exist__named(bus, phase, reason):
    homes = pd.DataFrame({"home": ["ana"], "bus": [bus], "phase": [phase]})
    with pytest.raises(GridError, match=f"'ana'.*{reason}"):
        Feeder.ieee13(homes)


def test_feeder__table_of_homes_without_phases__names_the_column():
    with pytest.raises(GridError, match="column 'phase' is missing"):
        Feeder.ieee13(pd.DataFrame({"home": ["ana"], "bus": ["671"]}))


def test_feeder__home_listed_twice__named():
    with pytest.raises(GridError, match="'ana' appears twice"):
        Feeder.ieee13(pd.DataFrame({"home": ["ana", "ana"], "bus": ["671", "675"], "phase": ["A", "B"]}))


def test_feeder__home_without_a_name__refused():
    with pytest.raises(GridError, match="homes, row 1: the home has no name"):
        Feeder.ieee13(pd.DataFrame({"home": ["ana", None], "bus": ["671", "675"], "phase": ["A", "B"]}))


def test_solve__diverging__names_the_case_and_later_solves_are_right(feeder):
    feeder.taps = [9, 8, 10]
    feeder.solve()
    expected = feeder.voltage_pu()
    feeder.set_power({"ben": 1e6})
    with pytest.raises(PowerFlowError, match="noon of day 3"):
        feeder.solve("noon of day 3")
    feeder.solve()
    assert feeder.voltage_pu() == pytest.approx(expected, abs=SOLVER)
    assert feeder.taps.tolist() == [9, 8, 10]


def test_voltages__changed_since_solved__asks_for_a_solve(feeder):
    with pytest.raises(GridError, match=r"solve\(\)"):
        feeder.voltages()
    feeder.solve()
    feeder.set_power({"ana": 1.0})
    with pytest.raises(GridError, match=r"solve\(\)"):
        _ = feeder.losses


def test_load__other_feeder__solves(tmp_path):
    master = tmp_path / "two_buses.dss"
    master.write_text(
        "clear\nnew circuit.two basekv=0.4 phases=3 bus1=near\n"
        "new line.cable bus1=near bus2=far length=0.2 units=km r1=0.3 x1=0.1 r0=0.9 x0=0.3 c1=0 c0=0\n"
        "set voltagebases=[0.4]\ncalcvoltagebases\n"
    )
    feeder = Feeder(master, pd.DataFrame({"home": ["ana"], "bus": ["far"], "phase": ["a"]}))
    feeder.set_power({"ana": 5.0})
    feeder.solve()
    far = feeder.voltages().set_index(["node", "phase"])["magnitude_pu"]
    assert far["FAR", "A"] < far["FAR", "B"]
    assert feeder.taps.size == 0


def test_feeder__missing_or_broken_file__says_which(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.dss"):
        Feeder(tmp_path / "nowhere.dss")
    broken = tmp_path / "broken.dss"
    broken.write_text("clear\nnew circuit.x\nnew nonsense.y\n")
    with pytest.raises(GridError, match=r"broken\.dss"):
        Feeder(broken)


def test_feeders__side_by_side__do_not_touch_each_other(feeder):
    feeder.solve()
    before = feeder.voltage_pu()
    other = Feeder(IEEE13)
    other.taps = [0, 0, 0]
    other.solve()
    feeder.dss.Solution.Solve()
    assert feeder.voltage_pu() == pytest.approx(before, abs=SOLVER)


def test_loading_and_currents__head_of_the_feeder__agree(feeder):
    feeder.solve()
    amps = np.abs(feeder.currents("line.650632"))
    assert feeder.loading()["line.650632"] == pytest.approx(amps.max() / 730, rel=1e-6)
    with pytest.raises(GridError, match=r"line\.nowhere"):
        feeder.currents("line.nowhere")


def test_branches__ieee13__form_a_tree_with_the_tables_lengths(feeder):
    table = branches(feeder)
    pairs = table[["from_bus", "to_bus"]].drop_duplicates()
    assert len(pairs) == len(feeder.buses) - 1
    away = distances_km(feeder, ["646", "675"])
    assert away.loc["646", "675"] == pytest.approx((300 + 500 + 2000 + 500) * 0.3048e-3)
