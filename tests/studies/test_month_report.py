"""The drawings of the month, from tables made by hand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from dem.studies import month_report

PARTS = ["claimed", "held", "credited", "unused", "paid", "offset", "owed"]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_draw_accounts__highest_bar_ends_with_nothing__leaves_room_above():
    accounts = pd.DataFrame(0.0, index=range(2), columns=PARTS).assign(home=[1, 2])
    accounts["held"], accounts["credited"], accounts["paid"] = [160.0, 80.0], [0.0, 40.0], [7.0, 8.0]
    left, _ = month_report.draw_accounts(SimpleNamespace(accounts=accounts)).axes
    assert left.get_ylim() == pytest.approx((0, 168))
