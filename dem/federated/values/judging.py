"""How much of what is possible homes save with what they learned, in weeks that nobody learned from."""

from collections.abc import Sequence

import numpy as np

from dem.agents.dispatch import Dispatcher
from dem.agents.evaluation import settled_bill
from dem.agents.limit import leftover_eur, optimum
from dem.federated.values import neighbourhood
from dem.federated.values.config import Neighbourhood
from dem.federated.values.learners import learner_for
from dem.federated.values.trained import Trained
from dem.federated.values.week import LEVELS, UNIT
from dem.homes import Home, bill_without_battery


def judge(trainings: Sequence[Trained]) -> np.ndarray:
    """Captured value (A, H) of A trainings in H homes: the share of the saving that perfect foresight would bring.

    All are played side by side, as copies of the homes. The energy in store at the end is settled as in
    :mod:`dem.agents.limit`.

    Raises:
        ValueError: if the trainings are not all judged on the same weeks of the same homes.
    """
    around = _common(trainings)
    table = neighbourhood.trial_table(around)
    without = bill_without_battery(table).to_numpy()
    bills = _bills(Home(table, neighbourhood.BATTERY, copies=len(trainings)), _water_values(trainings, around))
    home = Home(table, neighbourhood.BATTERY)
    best = settled_bill(home, optimum(home)).to_numpy()
    return (without - bills) / (without - best)


def _common(trainings: Sequence[Trained]) -> Neighbourhood:
    """The homes and weeks that all are judged on, whatever they learned from."""
    judged = {training.config.neighbourhood.model_copy(update={"seed": 0, "weeks": "own"}) for training in trainings}
    if len(judged) != 1:
        raise ValueError(f"trainings must share homes and trial weeks to be judged together, got {len(judged)} sorts")
    return judged.pop()


def _water_values(trainings: Sequence[Trained], around: Neighbourhood) -> np.ndarray:
    """What energy left in store is worth after each interval, (T, A · H, LEVELS) float32 in EUR/kWh."""
    inputs, price = neighbourhood.trial_outlook(around)
    values = np.empty((len(inputs), len(trainings), around.homes, LEVELS), dtype=np.float32)
    for k, training in enumerate(trainings):
        learner = learner_for(training.config)
        for home, model in enumerate(training.models):
            values[:, k, home] = price[:, home, None] + UNIT * learner.excess(model)(inputs[:, home])
    return values.reshape(len(inputs), -1, LEVELS)


def _bills(home: Home, water_values: np.ndarray) -> np.ndarray:
    """EUR (A, H) that the homes pay if energy left in store is worth ``water_values``, the store settled."""
    dispatcher, observation = Dispatcher(home), home.reset()
    begin, bill = home.energy_kwh, np.zeros(home.batch_size)
    for worth in water_values:
        observation = home.step_power(dispatcher.powers(observation, worth)).observation
        bill += home.settlement.bill_eur
    bill += leftover_eur(home, home.energy_kwh - begin)
    return bill.reshape(home.copies, -1)
