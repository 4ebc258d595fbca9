"""The quick figures, rebuilt by the notebooks' test run, against those that are published in figures/quick.

Pictures differ between machines by a pixel; the numbers behind them may not. What is computed exactly must come out the
same. What is learned amplifies the last bit of a sum, which depends on the processor: there the shape of the table must
be the same and nine numbers of ten close, as seen from the range of their column.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dem import paths

PUBLISHED = sorted((paths.FIGURES / "quick").glob("*.csv"))
LEARNED_NOTEBOOKS = ("03_", "04_", "05_", "06_", "10_anomalies", "11_controllers", "12_", "13_", "16_")
LEARNED_TOLERANCE = 0.25  # of the column's range
LEARNED_SHARE = 0.9


@pytest.fixture(scope="module")
def rebuilt():
    folder = os.environ.get("DEM_FIGURES")
    if not folder:
        pytest.skip("DEM_FIGURES names no folder of rebuilt figures; `make test` rebuilds them first")
    return Path(folder)


def read(path):
    frame = pd.read_csv(path)
    numbers = frame.select_dtypes("number")
    return frame.drop(columns=numbers.columns), numbers


def test_figures__published_ones__are_there():
    assert PUBLISHED


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda path: path.stem)
def test_figure__rebuilt__has_picture_and_numbers(published, rebuilt):
    for suffix in (".csv", ".png", ".svg"):
        assert (rebuilt / published.name).with_suffix(suffix).stat().st_size > 0


def test_figures__rebuilt__are_all_published(rebuilt):
    assert {path.name for path in rebuilt.glob("*.csv")} == {path.name for path in PUBLISHED}


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda path: path.stem)
def test_figure__numbers__are_those_published(published, rebuilt):
    expected_labels, expected = read(published)
    labels, numbers = read(rebuilt / published.name)
    pd.testing.assert_frame_equal(labels, expected_labels)
    if not published.stem.startswith(LEARNED_NOTEBOOKS):
        pd.testing.assert_frame_equal(numbers, expected, rtol=1e-4, atol=1e-9)
        return
    assert list(numbers.columns) == list(expected.columns)
    assert numbers.shape == expected.shape
    scale = (expected.max() - expected.min()).to_numpy()
    difference = np.abs(numbers.to_numpy() - expected.to_numpy())
    close = (difference <= LEARNED_TOLERANCE * scale + 1e-9) | (numbers.isna() & expected.isna()).to_numpy()
    assert close.mean() >= LEARNED_SHARE
