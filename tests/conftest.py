import matplotlib
import pytest


@pytest.fixture(autouse=True)
def plot_style():
    """What a test sets for its pictures ends with it."""
    with matplotlib.rc_context():
        yield


@pytest.fixture
def no_trace(monkeypatch, tmp_path):
    """What Stable-Baselines3 leaves behind ends with the test: seeded global generators, a folder for its log."""
    from dem import borrowed  # torch takes seconds to load

    monkeypatch.setenv("SB3_LOGDIR", str(tmp_path))
    with borrowed.global_generators():
        yield
