import gymnasium
import numpy as np
import pandas as pd
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st
from stable_baselines3 import DQN

from dem.grid import Feeder, GridError, PowerFlowError
from dem.grid import tap_plan as planning
from dem.grid import voltage_control as control
from dem.grid.course import Course
from dem.grid.tap_plan import ALL_TAPS, SIDE, Plan, TapResponse
from dem.grid.voltage_env import MOVES, Episode, LearnedControl, VoltageEnv

STEPS = 18
HOMES = pd.DataFrame({"home": ["a", "b", "c"], "bus": ["675", "671", "611"], "phase": ["A", "B", "C"]})
CUBE = (SIDE,) * 3


def swings(seed, steps=STEPS):
    """Loads that swing far enough for taps to have to move."""
    generator = np.random.default_rng(seed)
    kw = np.repeat(generator.normal(0, 250, (steps // 3, 3)), 3, axis=0)
    return Course(generator.uniform(0.4, 0.6, steps), kw)


@pytest.fixture(scope="module")
def feeder():
    return Feeder.ieee13(HOMES)


@pytest.fixture(scope="module")
def response(feeder):
    return TapResponse.of(feeder, swings(0))


def run(feeder, controller, seed=0):
    return control.operate(feeder, swings(seed), controller, np.array([5, 3, 5]))


def test_response__any_taps__within_the_stated_error_of_a_power_flow(feeder):
    generator = np.random.default_rng(1)
    course = Course(np.array([0.3, 1.0]), np.array([[0.0, 0.0, 0.0], [200.0, -200.0, 100.0]]))
    response = TapResponse.of(feeder, course)
    for taps in generator.integers(-planning.REACH, planning.REACH + 1, (20, 3)):
        feeder.taps = taps
        for step in range(2):
            exact = course.solve(feeder, step)
            assert np.abs(response.at(step, taps) - exact).max() <= 1.5 * planning.FIT_ERROR_PU


def test_response__of__puts_the_taps_back(feeder):
    feeder.taps = [1, 2, 3]
    TapResponse.of(feeder, swings(0, steps=3))
    assert feeder.taps.tolist() == [1, 2, 3]


def test_response__step_without_solution__named(feeder):
    course = Course(np.ones(3), np.array([[0.0] * 3, [1e6, 0.0, 0.0], [0.0] * 3]))
    with pytest.raises(PowerFlowError, match="step 1"):
        TapResponse.of(feeder, course)


@pytest.mark.parametrize("shape", [(3, 3), (4,)])
def test_course__shapes_that_differ__refused(shape):
    with pytest.raises(GridError, match="shapes"):
        Course(np.ones(4), np.zeros(shape)[:3])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), start=st.tuples(*[st.integers(-16, 16)] * 3))
def test_cheapest__any_cost__no_position_is_cheaper(seed, start):
    cost = np.random.default_rng(seed).uniform(0, 5, CUBE).astype(np.float32)
    taps = planning.cheapest(cost, np.array(start))
    total = cost.ravel() + np.abs(ALL_TAPS - start).sum(axis=1)
    here = int(np.flatnonzero((taps == ALL_TAPS).all(axis=1))[0])
    assert total[here] <= total.min() + 2e-3


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_after_moves__any_cost__is_the_least_over_all_positions(seed):
    generator = np.random.default_rng(seed)
    cost = generator.uniform(0, 20, CUBE).astype(np.float32)
    moved = planning.after_moves(cost)
    for position in generator.integers(0, len(ALL_TAPS), 20):
        least = (cost.ravel() + np.abs(ALL_TAPS - ALL_TAPS[position]).sum(axis=1)).min()
        assert moved.ravel()[position] == pytest.approx(least, abs=1e-3)


def test_plan__two_steps__as_cheap_as_trying_all_pairs():
    generator = np.random.default_rng(3)
    allowed = generator.random((2, *CUBE)) < 0.002
    costs = np.where(allowed, 0, planning.VIOLATION_COST).astype(np.float32)
    start = np.zeros(3, dtype=int)
    first = Plan(costs).best(0, start)
    second = Plan(costs).best(1, first)
    paid = np.abs(first - start).sum() + np.abs(second - first).sum()
    one, two = (ALL_TAPS[step.ravel()] for step in allowed)
    pairs = np.abs(one[:, None] - two[None]).sum(axis=2) + np.abs(one - start).sum(axis=1)[:, None]
    assert paid == pairs.min()


def test_exhaustive_search__swings__is_never_out_of_band_where_it_can_be_avoided(feeder, response):
    result = run(feeder, control.ExhaustiveSearch(response))
    for step, violations in enumerate(result.violations()):
        assert violations <= response.violations(step, control.BAND.narrowed(planning.FIT_ERROR_PU)).min()


def test_perfect_foresight__swings__fewest_operations_of_all_without_violation(feeder, response):
    foresight = run(feeder, control.PerfectForesight(response))
    exhaustive = run(feeder, control.ExhaustiveSearch(response))
    twin = run(feeder, control.DigitalTwin(response))
    assert foresight.violations().sum() == exhaustive.violations().sum() == twin.violations().sum() == 0
    assert 0 < foresight.operations <= twin.operations <= exhaustive.operations


def test_digital_twin__wrong_forecast__measurements_keep_it_in_band(feeder):
    expected = swings(0)
    wrong = TapResponse.of(feeder, Course(expected.load_scale, np.zeros_like(expected.home_kw)))
    result = run(feeder, control.DigitalTwin(wrong))
    assert result.violations().sum() == 0


def test_digital_twin__longer_horizon__moves_less(feeder, response):
    near, far = (run(feeder, control.DigitalTwin(response, horizon=steps)) for steps in (1, None))
    assert far.operations <= near.operations


def test_line_drop_compensation__swings__moves_and_no_control_does_not(feeder):
    assert run(feeder, control.LineDropCompensation()).operations > 0
    idle = run(feeder, control.NoControl())
    assert idle.operations == 0
    assert idle.violations().sum() > 0


def test_operation__counts__every_single_tap_move():
    taps = np.array([[1, 0, 0], [1, 2, 0], [0, 2, 0]])
    result = control.Operation(taps, np.full((3, 2), 1.06), start=np.array([0, 0, 0]))
    assert result.operations == 1 + 2 + 1
    assert result.violations().tolist() == [2, 2, 2]


@pytest.fixture
def env(feeder, response):
    return VoltageEnv(feeder, [Episode(swings(0), response, np.array([5, 3, 5]))])


@pytest.mark.filterwarnings("error:.*WARN:UserWarning")
def test_voltage_env__passes_the_checker(env):
    check_env(env, skip_render_check=True)


def test_voltage_env__registered__is_made_by_name(feeder, response):
    episodes = [Episode(swings(0), response, np.array([5, 3, 5]))]
    env = gymnasium.make("dem/Voltage-v0", feeder=feeder, episodes=episodes)
    _, info = env.reset(seed=1)
    assert info == {}


def test_voltage_env__moves__cost_what_they_do(env):
    env.reset(seed=0)
    lower_the_first = int(np.flatnonzero((MOVES == [-1, 0, 0]).all(axis=1))[0])
    _, reward, _, _, info = env.step(lower_the_first)
    assert info["operations"] == 1
    assert reward == pytest.approx(-info["violations"] - 0.1)


def test_voltage_env__whole_episode__ends_with_the_course(env):
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(STEPS)] == [False] * (STEPS - 1) + [True]


def test_voltage_env__no_episodes__refused(feeder):
    with pytest.raises(ValueError, match="episodes"):
        VoltageEnv(feeder, [])


@pytest.mark.usefixtures("no_trace")
def test_learned_control__trained_model__runs_like_the_environment(env, feeder, response):
    model = DQN(
        "MlpPolicy", env, seed=1, learning_starts=8, batch_size=8, device="cpu", policy_kwargs={"net_arch": [8]}
    )
    model.learn(2 * STEPS)
    result = run(feeder, LearnedControl(lambda seen: model.predict(seen, deterministic=True)[0], response))
    observation, _ = env.reset(seed=0)
    operations = 0
    for _ in range(STEPS):
        observation, _, _, _, info = env.step(model.predict(observation, deterministic=True)[0])
        operations += info["operations"]
    assert result.operations == operations
