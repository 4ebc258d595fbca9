import numpy as np
import pytest
import torch

from dem.forecast import LSTM, NeuralConfig, Transformer
from dem.forecast.networks import pinball

DAY = 48
SMALL = NeuralConfig(hidden=8, layers=1, updates=2, batch_size=8)


def test_fit__same_seed__same_numbers_and_no_trace_in_the_global_generator(table):
    before = torch.random.get_rng_state()
    first, second, other = (LSTM("load_kwh", config=SMALL, seed=seed).fit(table).weights() for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("kind", [LSTM, Transformer])
def test_learn__more_updates__less_loss(table, kind):
    forecaster = kind("load_kwh", config=SMALL).begin(table.index[1] - table.index[0])
    rates = np.full(20, 5e-3)
    first = forecaster.learn(table, rates, seed=0)
    forecaster.learn(table, rates, seed=1)
    assert forecaster.learn(table, rates, seed=0) < first


def test_save__load__forecasts_the_same(table, tmp_path):
    path = tmp_path / "lstm.npz"
    forecaster = LSTM("load_kwh", config=SMALL).fit(table)
    forecaster.save(path)
    restored = LSTM("load_kwh", config=SMALL, seed=5).load(path)
    expected = forecaster.predict(table, "2023-05-10", DAY).predicted
    np.testing.assert_array_equal(restored.predict(table, "2023-05-10", DAY).predicted, expected)
    assert list(tmp_path.iterdir()) == [path]


def test_load__another_shape_or_kind__is_named_and_changes_nothing(table, tmp_path):
    path = tmp_path / "lstm.npz"
    LSTM("load_kwh", config=SMALL).fit(table).save(path)
    wide = LSTM("load_kwh", config=SMALL.model_copy(update={"hidden": 16}))
    with pytest.raises(ValueError, match=r"'embed_past.weight' has shape \(8, 56\), expected \(16, 56\)"):
        wide.load(path)
    with pytest.raises(RuntimeError, match="not trained"):
        wide.predict(table, "2023-05-10", DAY)
    for other, name in (
        (Transformer("load_kwh", config=SMALL), "network"),
        (LSTM("pv_kwh", config=SMALL), "target"),
        (LSTM("load_kwh", quantiles=(0.1, 0.5, 0.9), config=SMALL), "quantiles"),
    ):
        with pytest.raises(ValueError, match=f"was saved with {name}"):
            other.load(path)


def test_load__no_such_or_broken_file__is_named(tmp_path):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK nothing")
    with pytest.raises(ValueError, match=r"broken\.npz holds no saved arrays"):
        LSTM("load_kwh").load(broken)
    with pytest.raises(FileNotFoundError):
        LSTM("load_kwh").load(tmp_path / "none.npz")


def test_load_weights__missing_unknown_or_not_finite__is_named(table):
    forecaster = LSTM("load_kwh", config=SMALL)
    with pytest.raises(RuntimeError, match="no weights yet"):
        forecaster.weights()
    weights = forecaster.begin(table.index[1] - table.index[0]).weights()
    with pytest.raises(ValueError, match=r"'head.1.bias' is missing"):
        forecaster.load_weights({name: array for name, array in weights.items() if name != "head.1.bias"})
    with pytest.raises(ValueError, match="'tail' is unknown"):
        forecaster.load_weights({**weights, "tail": np.zeros(1)})
    with pytest.raises(ValueError, match=r"'head.1.bias' holds values that are not finite"):
        forecaster.load_weights({**weights, "head.1.bias": weights["head.1.bias"] * np.nan})


def test_learn__table_too_short__is_refused(table):
    forecaster = LSTM("load_kwh", config=SMALL).begin(table.index[1] - table.index[0])
    with pytest.raises(ValueError, match="learning needs fifteen days"):
        forecaster.learn(table[table.index < "2023-04-17"], np.full(1, 1e-3), seed=0)


def test_transformer__width_no_multiple_of_its_heads__is_refused(table):
    with pytest.raises(ValueError, match="hidden must be a multiple of 4"):
        Transformer("load_kwh", config=SMALL.model_copy(update={"hidden": 6})).fit(table)


def test_pinball__quantile_of_a_sample__is_its_minimum():
    truth = torch.rand(2_000, generator=torch.Generator().manual_seed(0))
    level = torch.tensor([0.9])
    losses = [pinball(torch.full((2_000, 1), guess), truth, level).item() for guess in (0.8, 0.9, 1.0)]
    assert losses[1] == min(losses)
