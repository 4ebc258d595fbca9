import matplotlib
import pytest


@pytest.fixture(autouse=True)
def plot_style():
    """What a test sets for its pictures ends with it."""
    with matplotlib.rc_context():
        yield
