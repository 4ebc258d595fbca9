"""Discrete soft actor-critic, many agents in one batched call.

After P. Christodoulou, "Soft Actor-Critic for Discrete Action Settings" (arXiv:1910.07207), with the conservative term
of A. Kumar et al., "Conservative Q-Learning for Offline Reinforcement Learning" (arXiv:2006.04779) on the critics.

One update evaluates the three objectives at the current parameters and then takes one Adam step on all of them. That
lets the critics' values at a state serve both their own loss and the actor's, and makes the whole update two forward
passes and one backward pass over a stack of three networks per agent. With s, a, r, s' a minibatch, H̄ the target
entropy, Q = min(Q₁, Q₂) and Q̄ = min(Q̄₁, Q̄₂) of the target critics:

    y      = r + γ Σₐ' π(a'|s') (Q̄(s', a') − α log π(a'|s'))          unless s' is terminal: y = r
    J_Q    = ½ E[(Qᵢ(s, a) − y)²] + w E[log Σₐ exp Qᵢ(s, a) − Qᵢ(s, a_data)]
    J_π    = E[Σₐ π(a|s) (α log π(a|s) − Q(s, a))]
    J_α    = E[Σₐ π(a|s) (−α (log π(a|s) + H̄))]

The paper's published code differs in details that the paper does not mention: its conservative term subtracts the mean
of Q over all actions instead of the action taken, critics' gradients are clipped to norm 1, and the losses are stepped
one after the other.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from dem import files
from dem.agents.networks import Architecture, Perceptrons, Precision, Workspace, multiplies_bfloat16, stack, with_ones
from dem.agents.replay import Batch
from dem.files import Arrays

# The order in memory: the first three are evaluated at the next observation, the last three, which learn, at this one.
NETWORKS = ("target_critic1", "target_critic2", "actor", "critic1", "critic2")
AHEAD, HERE = slice(0, 3), slice(2, 5)
TARGETS, ACTOR, CRITICS = slice(0, 2), 2, slice(3, 5)

# Independent streams of one agent's seed.
STREAMS = ("initialisation", "exploration", "minibatch")


class SACConfig(BaseModel):
    """Settings of :class:`DiscreteSAC`; the defaults are the paper's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(default=256, ge=1, description="units in each of the two hidden layers")
    learning_rate: float = Field(default=5e-4, gt=0, description="Adam's step size, for networks and temperature")
    discount: float = Field(default=0.99, ge=0, le=1, description="γ, the worth of the next step's value")
    target_rate: float = Field(default=0.01, gt=0, le=1, description="τ, how far the targets move towards the critics")
    target_entropy: float = Field(
        default=-5.0, description="H̄ in nats; entropy is never negative, so −5 (the paper's) only ever cools"
    )
    initial_temperature: float = Field(default=1.0, gt=0, description="α before the first update")
    cql_weight: float = Field(default=1.0, ge=0, description="w, weight of the conservative term on the critics")
    batch_size: int = Field(default=256, ge=1, description="transitions in a minibatch")
    precision: Precision = Field(
        default="float32",
        description="'mixed': hidden-layer products in bfloat16, everything else float32, where the device has it",
    )


class DiscreteSAC:
    """A independent discrete soft actor-critics, trained together.

    Agent k depends on ``seeds[k]`` alone: it has its own generators for its initial weights, its exploration and its
    minibatches, so a batch of agents is, up to float rounding, those agents trained one by one.

    Args:
        observation_size: numbers O in an observation.
        action_count: number K of discrete actions.
        config: hyperparameters, shared by all agents.
        seeds: one seed an agent; equal seeds make equal agents.
        device: where to compute, e.g. ``"cpu"`` or ``"cuda"``.

    Raises:
        ValueError: if a size is less than 1 or there is no seed.
    """

    def __init__(
        self,
        observation_size: int,
        action_count: int,
        config: SACConfig,
        seeds: Sequence[int],
        device: str | torch.device = "cpu",
    ) -> None:
        if not len(seeds):
            raise ValueError("seeds must name at least one agent")
        self.config = config
        self.seeds = tuple(int(seed) for seed in seeds)
        self.device = torch.device(device)
        self.architecture = Architecture(observation_size, config.hidden, action_count)
        spawned = [np.random.SeedSequence(seed).spawn(len(STREAMS)) for seed in self.seeds]
        initialisation, self._exploration, self._minibatch = (
            [np.random.default_rng(streams[k]) for streams in spawned] for k in range(len(STREAMS))
        )
        self._parameters = self._initial_parameters(initialisation)
        self._log_temperature = torch.full(
            (self.agents,), float(np.log(config.initial_temperature)), device=self.device
        )
        self._prepare_update()

    @property
    def agents(self) -> int:
        """Number A of agents."""
        return len(self.seeds)

    @property
    def observation_size(self) -> int:
        """Numbers O in an observation."""
        return self.architecture.inputs

    @property
    def action_count(self) -> int:
        """Number K of discrete actions."""
        return self.architecture.outputs

    @property
    def temperature(self) -> np.ndarray:
        """α of each agent (A,)."""
        return self._log_temperature.exp().cpu().numpy()

    @property
    def minibatch_generators(self) -> Sequence[np.random.Generator]:
        """The generators that choose each agent's minibatches."""
        return self._minibatch

    # Acting

    def act(self, observation: np.ndarray, greedy: bool = False) -> np.ndarray:
        """Actions int64 (A,) for observations (A, O): drawn from π, or its most probable ones if ``greedy``.

        Raises:
            ValueError: if the observations do not have that shape.
        """
        probability = self.probabilities(observation)
        if greedy:
            return probability.argmax(axis=1)
        return drawn(probability, np.array([generator.random() for generator in self._exploration]))

    def act_randomly(self) -> np.ndarray:
        """Actions int64 (A,), each agent's uniform and drawn from its own exploration generator."""
        return np.array([generator.integers(self.action_count) for generator in self._exploration])

    def probabilities(self, observation: np.ndarray) -> np.ndarray:
        """π(·|observation) of each agent, float64 (A, K), for observations (A, O)."""
        expected = (self.agents, self.observation_size)
        if np.shape(observation) != expected:
            raise ValueError(f"observation has shape {np.shape(observation)}, expected {expected}")
        return self.probabilities_of_many(np.asarray(observation)[:, None])[:, 0]

    def probabilities_of_many(self, observation: np.ndarray) -> np.ndarray:
        """π(·|observation) of each agent, float64 (A, B, K), for B observations of each (A, B, O)."""
        inputs = with_ones(torch.as_tensor(observation, dtype=torch.float32, device=self.device))
        work = Workspace(self.agents, inputs.shape[1], self.architecture, self.device, low_precision=False)
        logits = self._actor.forward(inputs, work).transpose(1, 2)
        return logits.double().softmax(2).cpu().numpy()

    # Learning

    def update(self, batch: Batch) -> None:
        """One gradient step of every agent on its own minibatch, and one step of the targets towards the critics."""
        target = self._soft_target(batch)
        self._write_gradients(batch, target)
        self._adam.step()
        self._parameters[TARGETS].lerp_(self._parameters[CRITICS], self.config.target_rate)

    def _soft_target(self, batch: Batch) -> Tensor:
        """The y of the module's docstring (A, B)."""
        outputs = self._ahead.forward(self._thrice(batch.next_observation), self._work)
        target1, target2, logits = outputs.unflatten(0, (3, self.agents))
        log_policy = logits.log_softmax(1)
        soft_value = torch.minimum(target1, target2) - self._temperature_column() * log_policy
        value = (log_policy.exp() * soft_value).sum(1)
        return batch.reward + self.config.discount * (1 - batch.terminated) * value

    def _write_gradients(self, batch: Batch, target: Tensor) -> None:
        """Gradients of J_π, J_Q and J_α into the optimiser's buffers."""
        inputs = self._thrice(batch.observation)
        outputs = self._here.forward(inputs, self._work).unflatten(0, (3, self.agents))
        log_policy = outputs[0].log_softmax(1)
        gradient = torch.empty_like(outputs)
        gradient[0] = self._actor_gradient(log_policy, outputs[1:].amin(0))
        gradient[1:] = self._critic_gradient(outputs[1:], batch.action, target)
        gradient /= batch.action.shape[1]
        self._here.backward(inputs, gradient.flatten(0, 1), self._work, self._gradient)
        negative_entropy = (log_policy.exp() * log_policy).sum(1).mean(1)
        torch.mul(
            -self._log_temperature.exp(),
            negative_entropy + self.config.target_entropy,
            out=self._log_temperature_parameter.grad,
        )

    def _actor_gradient(self, log_policy: Tensor, value: Tensor) -> Tensor:
        """∂/∂logits of Σₐ π (α log π − Q) for each transition, (A, K, B)."""
        policy = log_policy.exp()
        regret = self._temperature_column() * log_policy - value
        return policy * (regret - (policy * regret).sum(1, keepdim=True))

    def _critic_gradient(self, values: Tensor, action: Tensor, target: Tensor) -> Tensor:
        """∂/∂Qᵢ of ½ (Qᵢ(s, a) − y)² + w (log Σ exp Qᵢ − Qᵢ(s, a)) for each transition, (2, A, K, B)."""
        weight = self.config.cql_weight
        chosen = action.unsqueeze(1).expand(2, -1, 1, -1)
        error = values.gather(2, chosen) - target.unsqueeze(1)
        gradient = weight * values.softmax(2)
        return gradient.scatter_add_(2, chosen, error - weight)

    def _temperature_column(self) -> Tensor:
        return self._log_temperature.exp().view(-1, 1, 1)

    def _thrice(self, observation: Tensor) -> Tensor:
        """Each agent's observations (A, B, O) as inputs of three networks (3·A, B, O + 1)."""
        return with_ones(observation).expand(3, -1, -1, -1).flatten(0, 1)

    # Set-up

    def _initial_parameters(self, generators: Sequence[np.random.Generator]) -> Tensor:
        """Parameters (5, A, P): actor and critics drawn, targets equal to the critics."""
        learned = [np.stack([self.architecture.draw(generator) for _ in range(3)]) for generator in generators]
        actor, critic1, critic2 = stack(learned, self.device).unbind(1)
        return torch.stack([critic1, critic2, actor, critic1, critic2])

    def _prepare_update(self) -> None:
        """Views on the parameters, gradient buffers, scratch memory and the optimiser."""
        architecture, low_precision = self.architecture, self.uses_bfloat16
        self._ahead = Perceptrons(self._parameters[AHEAD].flatten(0, 1), architecture)
        self._here = Perceptrons(self._parameters[HERE].flatten(0, 1), architecture)
        self._actor = Perceptrons(self._parameters[ACTOR], architecture)
        self._work = Workspace(
            3 * self.agents, self.config.batch_size, architecture, self.device, low_precision=low_precision
        )
        learned = torch.nn.Parameter(self._parameters[HERE])
        learned.grad = torch.zeros_like(learned)
        self._gradient = Perceptrons(learned.grad.flatten(0, 1), architecture)
        self._log_temperature_parameter = torch.nn.Parameter(self._log_temperature)
        self._log_temperature_parameter.grad = torch.zeros_like(self._log_temperature)
        # One fused step over one buffer.
        self._adam = torch.optim.Adam(
            [learned, self._log_temperature_parameter], lr=self.config.learning_rate, fused=True
        )
        for parameter in (learned, self._log_temperature_parameter):
            # What Adam would set up at its first step: a state that exists from the start can always be saved.
            self._adam.state[parameter] = {
                "step": torch.zeros((), device=self.device),
                "exp_avg": torch.zeros_like(parameter.detach()),
                "exp_avg_sq": torch.zeros_like(parameter.detach()),
            }

    @property
    def uses_bfloat16(self) -> bool:
        """Whether hidden-layer products are in bfloat16: asked for, and the device can."""
        return self.config.precision == "mixed" and multiplies_bfloat16(self.device)

    # Exchanging and keeping

    def weights(self) -> Arrays:
        """A copy of every network's weights, ``{"actor/weight1": (A, in, out), …}``: what federation averages."""
        return {name: view.cpu().numpy().copy() for name, view in self._weight_views().items()}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Replace every network's weights; temperature, moments and generators stay.

        Raises:
            CheckpointError: if a name is missing or unknown, or a shape differs; nothing is changed then.
        """
        views = self._weight_views()
        files.check(weights, {name: view.cpu().numpy() for name, view in views.items()})
        _copy_into(views, weights)

    def state(self) -> Arrays:
        """Everything needed to continue bit for bit: weights, temperature, Adam's moments, generators."""
        numbers = {name: view.cpu().numpy().copy() for name, view in self._state_views().items()}
        return {**numbers, **self._generator_states()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what :meth:`state` returned.

        Raises:
            CheckpointError: if the state is of other networks or another number of agents; nothing is changed then.
        """
        files.check(state, self.state())
        _copy_into(self._state_views(), state)
        for stream, generators in self._generators().items():
            for generator, text in zip(generators, state[f"generator/{stream}"], strict=True):
                generator.bit_generator.state = json.loads(str(text))

    def save(self, path: Path) -> None:
        """Write :meth:`state` to ``path`` (an ``.npz`` archive)."""
        files.save(path, self.state())

    def load(self, path: Path) -> None:
        """Continue from a file that :meth:`save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            CheckpointError: if it is not a saved agent, or one of other networks.
        """
        self.load_state(files.load(path))

    def _weight_views(self) -> dict[str, Tensor]:
        return {
            f"{network}/{name}": view
            for network, parameters in zip(NETWORKS, self._parameters, strict=True)
            for name, view in self.architecture.split(parameters).items()
        }

    def _state_views(self) -> dict[str, Tensor]:
        views = {f"weights/{name}": view for name, view in self._weight_views().items()}
        views["log_temperature"] = self._log_temperature
        for what, moments in zip(("networks", "temperature"), self._adam.state.values(), strict=True):
            views |= {f"adam/{what}/{name}": moment for name, moment in moments.items()}
        return views

    def _generators(self) -> dict[str, list[np.random.Generator]]:
        return {"exploration": self._exploration, "minibatch": self._minibatch}

    def _generator_states(self) -> Arrays:
        return {
            f"generator/{stream}": np.array([json.dumps(generator.bit_generator.state) for generator in generators])
            for stream, generators in self._generators().items()
        }


def _copy_into(views: Mapping[str, Tensor], arrays: Mapping[str, np.ndarray]) -> None:
    for name, view in views.items():
        view.copy_(torch.from_numpy(np.asarray(arrays[name])))


def drawn(probability: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Actions int64 (N,) of probabilities (N, K), by numbers (N,) drawn uniformly from [0, 1)."""
    cumulative = probability.cumsum(axis=1)
    # The sum of the probabilities is 1 only up to rounding; scaling the draw keeps the action in range.
    return (cumulative <= (uniform * cumulative[:, -1])[:, None]).sum(axis=1)
