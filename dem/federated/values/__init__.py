"""What stored energy is worth, learned by many homes of which each knows one week.

``train(config)`` has homes learn water values (see :mod:`dem.agents.storage`) alone, together over Flower, or from
pooled data; ``judge`` says how much of what is possible their batteries then save in other weeks.
"""

from dem.federated.values.config import Neighbourhood, ValuesConfig
from dem.federated.values.judging import judge
from dem.federated.values.trained import Trained
from dem.federated.values.training import train
from dem.federated.values.troubles import Troubles

__all__ = ["Neighbourhood", "Trained", "Troubles", "ValuesConfig", "judge", "train"]
