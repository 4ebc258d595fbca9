import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from dem import plots


def line(numbers):
    figure = Figure()
    figure.subplots().plot(numbers["x"], numbers["y"])
    return figure


def test_save__figure_and_numbers__are_written_side_by_side(tmp_path):
    numbers = pd.DataFrame({"x": [0, 1], "y": [1 / 3, 2.0]})
    plots.save(line(numbers), "01_line", numbers, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["01_line.csv", "01_line.png", "01_line.svg"]
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "new" / "01_line.csv"), numbers, atol=1e-6)


def test_save__same_numbers_twice__writes_the_same_bytes(tmp_path):
    numbers = pd.DataFrame({"x": [0, 1], "y": [1.0, 2.0]})
    plots.use_style()
    for name in ("first", "second"):
        plots.save(line(numbers), "line", numbers, tmp_path / name)
    for suffix in ("png", "svg", "csv"):
        first, second = ((tmp_path / name / f"line.{suffix}").read_bytes() for name in ("first", "second"))
        assert first == second, suffix


def test_save__drawing_fails__leaves_no_file_and_the_old_one_intact(tmp_path):
    numbers = pd.DataFrame({"x": [0, 1], "y": [1.0, 2.0]})
    png = plots.save(line(numbers), "line", numbers, tmp_path)
    before = png.read_bytes()

    class Broken(Figure):
        def savefig(self, *args, **kwargs):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        plots.save(Broken(), "line", numbers, tmp_path)
    assert png.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("mean", "half_width", "words"), [(0.834, 0.027, "0.83 ± 0.03"), (0.834, np.nan, "0.83"), (np.nan, np.nan, "–")]
)
def test_plus_minus__mean_and_interval__as_tables_show_them(mean, half_width, words):
    assert plots.plus_minus(mean, half_width) == words
    assert plots.plus_minus_column([mean], [half_width]) == [words]


def test_plus_minus_column__without_intervals__has_means_alone():
    assert plots.plus_minus_column([1.0, 2.5], digits=1) == ["1.0", "2.5"]
    with pytest.raises(ValueError, match="zip"):
        plots.plus_minus_column([1.0, 2.0], [0.1])


def test_mean_interval__known_samples__matches_the_t_table():
    # n = 4, s = 1.2910, t(0.975, 3) = 3.1824: half width 2.0543
    mean, half_width = plots.mean_interval(np.array([1.0, 2.0, 3.0, 4.0])[:, None])
    assert mean[0] == pytest.approx(2.5)
    assert half_width[0] == pytest.approx(2.0543, abs=1e-4)


def test_mean_interval__one_seed__has_no_interval():
    mean, half_width = plots.mean_interval(np.array([[1.0, 2.0]]))
    assert mean.tolist() == [1.0, 2.0]
    assert np.isnan(half_width).all()
