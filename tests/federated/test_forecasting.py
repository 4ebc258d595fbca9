import numpy as np
import pytest

from dem import data
from dem.federated.forecasting import train_forecaster
from dem.forecast import LSTM, NeuralConfig

CONFIG = NeuralConfig(hidden=4, layers=1, updates=6, batch_size=8)


@pytest.fixture(scope="module")
def table():
    return data.load(homes=2, start="2023-04-03", end="2023-04-24")


def test_train__one_round__is_the_mean_of_what_homes_learn_alone(table):
    forecaster = LSTM("load_kwh", config=CONFIG, seed=1)
    trained = train_forecaster(forecaster, table, rounds=1)
    alone = []
    for number, home in enumerate(data.home_names(table)):
        own = LSTM("load_kwh", config=CONFIG, seed=1).begin(table.index[1] - table.index[0])
        seed = int(np.random.SeedSequence([1, number, 1]).generate_state(1)[0])
        own.learn(table[table["home"] == home], CONFIG.rates(), seed)
        alone.append(own.weights())
    for name, array in trained.forecaster.weights().items():
        np.testing.assert_allclose(array, (alone[0][name] + alone[1][name]) / 2, rtol=1e-5, atol=1e-7)
    assert forecaster.day is None


def test_train__rounds__repeat_bit_by_bit_and_are_counted(table):
    first, second = (train_forecaster(LSTM("load_kwh", config=CONFIG), table, rounds=3) for _ in range(2))
    assert first.loss.shape == (3,)
    np.testing.assert_array_equal(first.loss, second.loss)
    sizes = sum(array.nbytes for array in first.forecaster.weights().values())
    assert first.megabytes == pytest.approx(2 * 3 * 2 * sizes / 1e6)
    assert first.forecaster.predict(table, "2023-04-20", 48).predicted.shape == (2, 48, 7)


def test_train__bad_settings__are_refused(table):
    for rounds in (0, 7):
        with pytest.raises(ValueError, match="rounds must be 1 to 6"):
            train_forecaster(LSTM("load_kwh", config=CONFIG), table, rounds=rounds)
    with pytest.raises(ValueError, match="at least two homes"):
        train_forecaster(LSTM("load_kwh", config=CONFIG), table[table["home"] == "home_001"], rounds=1)
