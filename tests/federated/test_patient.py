"""The script around Flower's commands; that they start is tested in test_backends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dem.federated import patient


def test_once__many_threads__acts_once():
    seen = []
    action = patient.once(seen.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(action, range(50)))
    assert len(seen) == 1


def test_once__action_that_fails__is_tried_again():
    seen = []

    def failing(argument):
        seen.append(argument)
        if len(seen) == 1:
            raise OSError("locked")

    action = patient.once(failing)
    with pytest.raises(OSError, match="locked"):
        action("first")
    action("second")
    action("third")
    assert seen == ["first", "second"]
