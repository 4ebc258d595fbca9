import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.env_checker import check_env as check_env_for_stable_baselines

from dem.homes import Home, PaperHome
from dem.homes.gym import HomeEnv, HomeVectorEnv, PaperHomeEnv

# Gymnasium's checker reports shortcomings as warnings: each one fails a test.
pytestmark = pytest.mark.filterwarnings("error:.*WARN:UserWarning")


@pytest.mark.parametrize("continuous", [False, True])
def test_home_env__passes_both_checkers(one_home, continuous):
    check_env(HomeEnv(Home(one_home, episode_steps=48), continuous=continuous), skip_render_check=True)
    check_env_for_stable_baselines(HomeEnv(Home(one_home, episode_steps=48), continuous=continuous))


def test_paper_home_env__passes_both_checkers(one_home):
    check_env(PaperHomeEnv(PaperHome.from_table(one_home, houses=1)), skip_render_check=True)
    check_env_for_stable_baselines(PaperHomeEnv(PaperHome.from_table(one_home, houses=1)))


@pytest.mark.parametrize("options", [{"id": "dem/Home-v0", "continuous": True}, {"id": "dem/PaperHome-v0"}])
def test_make__registered_id__passes_the_checker_with_its_specification(one_home, options):
    check_env(gymnasium.make(**options, table=one_home).unwrapped)


def test_make__paper_home__truncates_after_the_papers_hundred_steps(one_home):
    env = gymnasium.make("dem/PaperHome-v0", table=one_home)
    env.reset(seed=0)
    assert [env.step(3)[3] for _ in range(100)] == [False] * 99 + [True]


@pytest.mark.parametrize(("algorithm", "continuous"), [(DQN, False), (PPO, False), (PPO, True), (SAC, True)])
@pytest.mark.usefixtures("no_trace")
def test_home_env__stable_baselines__trains_on_it(one_home, algorithm, continuous):
    limits = {PPO: {"n_steps": 32, "batch_size": 32}}.get(algorithm, {"learning_starts": 16, "batch_size": 16})
    env = HomeEnv(Home(one_home, episode_steps=48), continuous=continuous)
    model = algorithm("MlpPolicy", env, seed=1, device="cpu", policy_kwargs={"net_arch": [8]}, **limits)
    model.learn(64)
    action, _ = model.predict(env.reset(seed=1)[0], deterministic=True)
    assert action in env.action_space


@pytest.mark.usefixtures("no_trace")
def test_paper_home_env__stable_baselines__trains_on_it(one_home):
    env = PaperHomeEnv(PaperHome.from_table(one_home, houses=1))
    model = DQN("MlpPolicy", env, seed=1, learning_starts=16, batch_size=16, policy_kwargs={"net_arch": [8]})
    model.learn(64)
    action, _ = model.predict(env.reset(seed=1)[0], deterministic=True)
    assert action in env.action_space


def test_home_env__continuous_action__is_a_share_of_the_power(one_home):
    env = HomeEnv(Home(one_home), continuous=True)
    env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step(np.float32([-0.5]))
    assert info["battery_kwh"] == -0.5 * 2.5 * 0.5
    assert reward == -info["bill_eur"]
    assert (terminated, truncated) == (False, False)
    assert observation in env.observation_space


@pytest.mark.parametrize("action", [np.float32([np.nan]), np.float32([np.inf])])
def test_home_env__action_that_is_no_number__is_refused(one_home, action):
    env = HomeEnv(Home(one_home), continuous=True)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="power_kw of home 0 must be finite"):
        env.step(action)


def test_single_env__several_homes__are_refused(table):
    with pytest.raises(ValueError, match="a single environment needs a batch of one home, got 3"):
        HomeEnv(Home(table))
    with pytest.raises(ValueError, match="a single environment needs a batch of one home, got 2"):
        PaperHomeEnv(PaperHome.from_table(table))


def test_paper_home_env__reset__rewinds_only_with_a_seed(one_home):
    env = PaperHomeEnv(PaperHome.from_table(one_home, houses=1))
    first, _ = env.reset(seed=3)
    env.step(3)
    assert env.reset()[0][2] != first[2]
    assert (env.reset(seed=4)[0] == first).all()


@pytest.mark.parametrize("continuous", [False, True])
def test_vector_env__random_actions__stay_in_the_spaces_and_restart_after_the_end(table, continuous):
    env = HomeVectorEnv(Home(table, copies=2, episode_steps=5), continuous=continuous)
    env.action_space.seed(0)
    observation, _ = env.reset(seed=1)
    assert env.num_envs == 6
    ends = []
    for _ in range(12):
        assert observation in env.observation_space
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        ends.append(bool(truncated.all()))
        assert reward.shape == terminated.shape == (6,)
        if info:
            assert (reward == -info["bill_eur"]).all()
            assert info["_bill_eur"].all()
        else:
            assert (reward == 0).all()
            assert (observation[:, 0] == 0.5).all()
    assert ends == [False] * 4 + [True] + [False] * 5 + [True] + [False]


def test_vector_env__same_seed__reproduces_observations(table):
    env = HomeVectorEnv(Home(table, copies=4, episode_steps=48))
    assert (env.reset(seed=5)[0] == env.reset(seed=5)[0]).all()


def test_vector_env__members__equal_single_environments(table, one_home):
    vector, single = HomeVectorEnv(Home(table), continuous=True), HomeEnv(Home(one_home), continuous=True)
    assert (vector.reset(seed=2)[0][0] == single.reset(seed=2)[0]).all()
    for power in np.linspace(-1, 1, 20, dtype=np.float32):
        batch, alone = vector.step(np.full((3, 1), power)), single.step(np.float32([power]))
        assert (batch[0][0] == alone[0]).all()
        assert batch[1][0] == alone[1]


def test_make_vec__registered_id__copies_the_homes_as_often_as_asked(table):
    options = {"vectorization_mode": "vector_entry_point", "table": table, "episode_steps": 48}
    assert gymnasium.make_vec("dem/Home-v0", num_envs=12, **options).unwrapped.home.copies == 4
    with pytest.raises(ValueError, match="num_envs must be a multiple of the table's 3 homes, got 4"):
        gymnasium.make_vec("dem/Home-v0", num_envs=4, **options)
