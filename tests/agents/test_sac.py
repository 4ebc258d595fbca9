import numpy as np
import pytest
import torch
from pydantic import ValidationError

from dem.agents import CheckpointError, DiscreteSAC, EpisodeConfig, EpisodeTrainer, SACConfig
from dem.agents.networks import Architecture

SMALL = SACConfig(hidden=16, batch_size=32)
LEARNED = ("actor", "critic1", "critic2")


class PlainSAC:
    """One agent as a textbook writes it: autograd and one Adam per objective."""

    def __init__(self, weights, config, agent):
        def network(name):
            return {key: torch.tensor(value[agent]) for key, value in weights.items() if key.startswith(name + "/")}

        self.config = config
        self.networks = {name: network(name) for name in (*LEARNED, "target_critic1", "target_critic2")}
        self.log_temperature = torch.tensor(np.log(config.initial_temperature), dtype=torch.float32)
        learned = [*(self.networks[name] for name in LEARNED), {"temperature": self.log_temperature}]
        self.optimisers = []
        for parameters in learned:
            for parameter in parameters.values():
                parameter.requires_grad_()
            self.optimisers.append(torch.optim.Adam(parameters.values(), lr=config.learning_rate))

    def evaluate(self, name, inputs):
        part = {key.split("/")[1]: value for key, value in self.networks[name].items()}
        first = torch.relu(inputs @ part["weight1"] + part["bias1"])
        second = torch.relu(first @ part["weight2"] + part["bias2"])
        return second @ part["weight3"] + part["bias3"]

    def losses(self, batch):
        config, temperature = self.config, self.log_temperature.exp()
        observation, following = batch.observation[0], batch.next_observation[0]
        with torch.no_grad():
            log_policy = self.evaluate("actor", following).log_softmax(1)
            ahead = torch.minimum(*(self.evaluate(f"target_critic{k}", following) for k in (1, 2)))
            value = (log_policy.exp() * (ahead - temperature * log_policy)).sum(1)
            target = batch.reward[0] + config.discount * (1 - batch.terminated[0]) * value
            here = torch.minimum(*(self.evaluate(f"critic{k}", observation) for k in (1, 2)))
        log_policy = self.evaluate("actor", observation).log_softmax(1)
        policy = log_policy.exp()
        actor = (policy * (temperature.detach() * log_policy - here)).sum(1).mean()
        entropy = -(policy * log_policy).sum(1).detach()
        cooling = (-temperature * (config.target_entropy - entropy)).mean()
        critics = []
        for k in (1, 2):
            values = self.evaluate(f"critic{k}", observation)
            chosen = values.gather(1, batch.action[0].unsqueeze(1)).squeeze(1)
            conservative = (values.logsumexp(1) - chosen).mean()
            critics.append(0.5 * torch.nn.functional.mse_loss(chosen, target) + config.cql_weight * conservative)
        return [actor, *critics, cooling]

    def update(self, batch):
        for optimiser, loss in zip(self.optimisers, self.losses(batch), strict=True):
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        rate = self.config.target_rate
        with torch.no_grad():
            for k in (1, 2):
                for name, value in self.networks[f"critic{k}"].items():
                    self.networks[f"target_critic{k}"][f"target_{name}"].lerp_(value, rate)


def assert_same_weights(ours, theirs, tolerance):
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("cql_weight", [0.0, 1.0, 2.5])
def test_update__thirty_times__equals_autograd_with_one_optimiser_per_objective(random_batch, agent_of, cql_weight):
    config = SMALL.model_copy(update={"cql_weight": cql_weight})
    learner = DiscreteSAC(3, 4, config, seeds=[11, 12])
    plain = [PlainSAC(learner.weights(), config, agent) for agent in range(2)]
    for step in range(30):
        batch = random_batch(2, 32, 3, 4, seed=step)
        learner.update(batch)
        for agent in range(2):
            plain[agent].update(agent_of(batch, agent))
    for agent in range(2):
        expected = {key: value for part in plain[agent].networks.values() for key, value in part.items()}
        ours = {name: value[agent] for name, value in learner.weights().items()}
        assert_same_weights(ours, {name: value.detach().numpy() for name, value in expected.items()}, 2e-5)
        assert np.log(learner.temperature[agent]) == pytest.approx(plain[agent].log_temperature.item(), abs=1e-6)


def test_train__batch_of_agents__equals_each_alone(two_states):
    schedule = EpisodeConfig(random_steps=40, steps=40)
    seeds = [5, 6, 7]
    together = EpisodeTrainer(two_states(3), DiscreteSAC(2, 2, SMALL, seeds), schedule)
    rewards = together.episode()
    for agent, seed in enumerate(seeds):
        alone = EpisodeTrainer(two_states(1), DiscreteSAC(2, 2, SMALL, [seed]), schedule)
        assert alone.episode()[0] == rewards[agent]
        ours = {name: value[agent : agent + 1] for name, value in together.learner.weights().items()}
        assert_same_weights(ours, alone.learner.weights(), 1e-5)


def test_train__two_states__every_agent_finds_the_best_policy(two_states):
    config = SMALL.model_copy(update={"learning_rate": 5e-3, "cql_weight": 0.0, "discount": 0.9, "target_rate": 0.05})
    learner = DiscreteSAC(2, 2, config, seeds=range(10))
    trainer = EpisodeTrainer(two_states(10), learner, EpisodeConfig(random_steps=100, steps=150))
    for _ in range(2):
        trainer.episode()
    in_state_0, in_state_1 = (np.tile(np.eye(2, dtype=np.float32)[state], (10, 1)) for state in (0, 1))
    assert (learner.act(in_state_0, greedy=True) == 1).all()
    assert (learner.act(in_state_1, greedy=True) == 0).all()


def test_train__fixed_temperature__reaches_the_soft_value(random_batch):
    # One state, two actions that pay 0 and 1, γ = 0: the soft optimum is π = softmax(r/α), reached when J_α is at rest.
    config = SACConfig(hidden=16, batch_size=64, discount=0.0, cql_weight=0.0, learning_rate=3e-3, target_entropy=0.5)
    learner = DiscreteSAC(1, 2, config, seeds=[1, 2, 3])
    for step in range(1000):
        batch = random_batch(3, 64, 1, 2, seed=step)
        batch.observation.fill_(1.0)
        batch.reward.copy_(batch.action)
        learner.update(batch)
    policy = learner.probabilities(np.ones((3, 1), dtype=np.float32))
    entropy = -(policy * np.log(policy)).sum(axis=1)
    np.testing.assert_allclose(entropy, 0.5, atol=0.02)
    expected = 1 / (1 + np.exp(-1 / learner.temperature))
    np.testing.assert_allclose(policy[:, 1], expected, atol=0.02)


def test_update__targets__lag_by_exactly_tau(random_batch):
    learner = DiscreteSAC(3, 4, SMALL, seeds=[1])
    before = learner.weights()
    np.testing.assert_array_equal(before["target_critic1/weight2"], before["critic1/weight2"])
    learner.update(random_batch(1, 32, 3, 4))
    after = learner.weights()
    for critic in ("critic1", "critic2"):
        old, new = before[f"target_{critic}/weight2"], after[f"{critic}/weight2"]
        np.testing.assert_allclose(after[f"target_{critic}/weight2"], old + 0.01 * (new - old), atol=1e-7)


def test_update__conservative_term__lowers_the_values_of_actions_never_taken(random_batch):
    def advantage_of_data(cql_weight):
        learner = DiscreteSAC(1, 3, SMALL.model_copy(update={"cql_weight": cql_weight}), seeds=[4])
        for step in range(200):
            batch = random_batch(1, 32, 1, 3, seed=step)
            batch.action.zero_()
            learner.update(batch)
        policy = learner.probabilities(np.zeros((1, 1), dtype=np.float32))
        return policy[0, 0]

    assert advantage_of_data(5.0) > advantage_of_data(0.0)


def test_act__same_seed__same_actions_and_frequencies_follow_the_policy():
    learner, twin = (DiscreteSAC(2, 3, SMALL, seeds=[9]) for _ in range(2))
    observation = np.array([[0.3, -1.0]], dtype=np.float32)
    drawn = np.array([learner.act(observation)[0] for _ in range(3000)])
    assert [twin.act(observation)[0] for _ in range(50)] == drawn[:50].tolist()
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    np.testing.assert_allclose(shares, learner.probabilities(observation)[0], atol=0.03)
    assert learner.act(observation, greedy=True).dtype == np.int64


def test_act__wrong_shape__says_what_was_expected():
    with pytest.raises(ValueError, match=r"observation has shape \(1, 2\), expected \(2, 2\)"):
        DiscreteSAC(2, 2, SMALL, seeds=[1, 2]).act(np.zeros((1, 2)))


def test_init__no_seed__is_refused():
    with pytest.raises(ValueError, match="seeds must name at least one agent"):
        DiscreteSAC(2, 2, SMALL, seeds=[])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden", 0),
        ("learning_rate", 0.0),
        ("discount", 1.1),
        ("target_rate", 0.0),
        ("precision", "float16"),
        ("x", 1),
    ],
)
def test_config__out_of_range__names_the_field(field, value):
    with pytest.raises(ValidationError, match=field):
        SACConfig(**{field: value})


def test_config__defaults__are_the_papers():
    config = SACConfig()
    assert (config.hidden, config.learning_rate, config.discount) == (256, 5e-4, 0.99)
    assert (config.target_rate, config.target_entropy, config.batch_size) == (0.01, -5.0, 256)


def test_save_and_load__training_continued__is_bit_identical(tmp_path, random_batch):
    original = DiscreteSAC(3, 4, SMALL, seeds=[1, 2])
    original.update(random_batch(2, 32, 3, 4, seed=1))
    original.save(tmp_path / "agents.npz")
    restored = DiscreteSAC(3, 4, SMALL, seeds=[8, 9])
    restored.load(tmp_path / "agents.npz")
    observation = np.ones((2, 3), dtype=np.float32)
    for learner in (original, restored):
        learner.update(random_batch(2, 32, 3, 4, seed=2))
    for name, value in original.state().items():
        np.testing.assert_array_equal(restored.state()[name], value, err_msg=name)
    actions = [[learner.act(observation).tolist() for _ in range(20)] for learner in (original, restored)]
    assert actions[0] == actions[1]
    assert list(tmp_path.iterdir()) == [tmp_path / "agents.npz"]


def test_load__another_architecture__names_field_and_shapes_and_changes_nothing(tmp_path):
    DiscreteSAC(3, 4, SMALL, seeds=[1]).save(tmp_path / "agent.npz")
    other = DiscreteSAC(2, 4, SMALL, seeds=[1])
    before = other.state()
    with pytest.raises(CheckpointError, match=r"critic1/weight1' has shape \(1, 3, 16\), expected \(1, 2, 16\)"):
        other.load(tmp_path / "agent.npz")
    for name, value in other.state().items():
        np.testing.assert_array_equal(value, before[name])


def test_load__not_an_archive__says_so(tmp_path):
    path = tmp_path / "agent.npz"
    path.write_text("hello")
    with pytest.raises(CheckpointError, match="holds no saved arrays"):
        DiscreteSAC(2, 2, SMALL, seeds=[1]).load(path)


def break_missing(weights):
    del weights["critic1/bias2"]


def break_unknown(weights):
    weights["critic3/bias2"] = weights["critic1/bias2"]


def break_not_finite(weights):
    weights["actor/weight1"][0, 0, 0] = np.nan


def break_kind(weights):
    weights["actor/weight1"] = np.zeros(weights["actor/weight1"].shape, dtype=int)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_missing, "'critic1/bias2' is missing"),
        (break_unknown, "'critic3/bias2' is unknown"),
        (break_not_finite, "'actor/weight1' holds values that are not finite"),
        (break_kind, "'actor/weight1' holds int64"),
    ],
)
def test_load_weights__damaged__names_the_array(damage, message):
    learner = DiscreteSAC(2, 2, SMALL, seeds=[1])
    weights = learner.weights()
    damage(weights)
    with pytest.raises(CheckpointError, match=message):
        learner.load_weights(weights)


def test_load_weights__of_another_agent__acts_like_it():
    learner, other = DiscreteSAC(2, 2, SMALL, seeds=[1]), DiscreteSAC(2, 2, SMALL, seeds=[2])
    observation = np.ones((1, 2), dtype=np.float32)
    assert not np.allclose(learner.probabilities(observation), other.probabilities(observation))
    learner.load_weights(other.weights())
    np.testing.assert_array_equal(learner.probabilities(observation), other.probabilities(observation))


def test_weights__names_and_shapes__have_the_agents_axis_first():
    weights = DiscreteSAC(4, 5, SACConfig(), seeds=[1, 2]).weights()
    assert weights["actor/weight2"].shape == (2, 256, 256)
    assert weights["target_critic2/bias3"].shape == (2, 1, 5)
    assert len(weights) == 5 * len(Architecture(4, 256, 5).shapes)


def test_precision__mixed__learns_the_same_policy_as_float32(two_states):
    def final_policy(precision):
        config = SMALL.model_copy(update={"learning_rate": 5e-3, "discount": 0.9, "precision": precision})
        learner = DiscreteSAC(2, 2, config, seeds=range(4))
        trainer = EpisodeTrainer(two_states(4), learner, EpisodeConfig(random_steps=100, steps=150))
        trainer.episode()
        return learner.act(np.tile(np.float32([1, 0]), (4, 1)), greedy=True)

    np.testing.assert_array_equal(final_policy("mixed"), final_policy("float32"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_update__on_a_gpu__equals_the_processors(random_batch):
    batch = random_batch(2, 32, 3, 4)
    there = type(batch)(**{name: value.cuda() for name, value in vars(batch).items()})
    learners = {device: DiscreteSAC(3, 4, SMALL, seeds=[1, 2], device=device) for device in ("cpu", "cuda")}
    learners["cpu"].update(batch)
    learners["cuda"].update(there)
    assert_same_weights(learners["cuda"].weights(), learners["cpu"].weights(), 1e-4)
