"""Agents: who looks at a home and decides what its battery does.

- ``DiscreteSAC``, ``SACConfig``: the paper's agent, many of them trained in one batched call
- ``EpisodeTrainer``, ``EpisodeConfig``: the paper's schedule, for any ``Learner``
- ``dem.agents.stable_baselines``: DQN, double DQN and DDPG (imported only where used: the library is heavy)
- ``optimum``, ``evaluate``, ``Agent``: the limit with perfect foresight, and how much of it a policy captures
- ``Foresight``, ``MPC``: ridge forecasts, and planning over them
- ``train`` in ``dem.agents.value_iteration``, ``.imitation``, ``.mpc``, ``.discrete_sac``, ``.library`` (PPO, SAC, DQN)
- ``DoNothing``, ``Random``, ``SelfConsumption``, ``PriceThreshold``: rules to beat
- ``Policy``: what they all are; ``Batch``, ``Replay``: what they learn from
"""

from dem.agents.evaluation import Agent, evaluate
from dem.agents.foresight import Foresight
from dem.agents.limit import optimum
from dem.agents.mpc import MPC
from dem.agents.replay import Batch, Replay
from dem.agents.rules import DoNothing, PriceThreshold, Random, SelfConsumption
from dem.agents.sac import DiscreteSAC, SACConfig
from dem.agents.trainer import EpisodeConfig, EpisodeTrainer, Learner
from dem.files import CheckpointError
from dem.homes import Policy

__all__ = [
    "MPC",
    "Agent",
    "Batch",
    "CheckpointError",
    "DiscreteSAC",
    "DoNothing",
    "EpisodeConfig",
    "EpisodeTrainer",
    "Foresight",
    "Learner",
    "Policy",
    "PriceThreshold",
    "Random",
    "Replay",
    "SACConfig",
    "SelfConsumption",
    "evaluate",
    "optimum",
]
