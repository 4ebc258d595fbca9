import numpy as np
import pytest
import torch
from torch import nn

from dem.forecast import training
from dem.forecast.windows import Panel


def test_split_origins__weeks__no_day_of_one_overlaps_a_day_of_the_other(table):
    panel = Panel.from_table(table, "load_kwh")
    learned, kept = training.split_origins(panel)
    assert len(kept) == 49
    assert len(learned) > 0.7 * len(panel.origins())
    assert np.abs(learned[:, None] - kept).min() >= panel.day


def test_split_origins__short_table__keeps_none(table):
    panel = Panel.from_table(table[table.index < "2023-05-01"], "load_kwh")
    learned, kept = training.split_origins(panel)
    assert len(kept) == 0
    np.testing.assert_array_equal(learned, panel.origins())


@pytest.mark.parametrize(("losses", "lowest", "looks"), [((3.0, 1.0, 2.0, 2.0, 0.5), 2, 4), ((3.0, 2.0, 1.0), 3, 3)])
def test_descend_until_no_better__loss_rises__stops_and_goes_back(monkeypatch, losses, lowest, looks):
    network, seen = nn.Linear(1, 1), iter(losses)
    monkeypatch.setattr(training, "kept_loss", lambda *_: next(seen))

    def updates():
        for number in range(len(losses) * training.CHECK_EVERY):
            with torch.no_grad():
                network.bias.fill_(1 + number // training.CHECK_EVERY)
            yield 0.0

    training.descend_until_no_better(network, updates(), None, torch.tensor([0.5]), patience=2)
    assert network.bias.item() == lowest
    assert len(losses) - len(list(seen)) == looks
