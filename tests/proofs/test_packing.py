"""Packed states: digits of a number, one state for each row of them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.proofs.packing import DIGIT_BITS, DIGITS, packed, weights

rows = st.integers(1, 32).flatmap(
    lambda inputs: st.lists(st.lists(st.integers(-128, 127), min_size=inputs, max_size=inputs), min_size=1, max_size=3)
)


@settings(max_examples=50, deadline=None)
@given(rows=rows)
def test_packed__any_states__can_be_read_back(rows):
    states = np.array(rows, dtype=np.int8)
    read = [
        [
            (int(row[number // DIGITS]) >> (DIGIT_BITS * (number % DIGITS))) % 2**DIGIT_BITS - 128
            for number in range(len(state))
        ]
        for state, row in zip(states, packed(states), strict=True)
    ]
    assert read == rows


def test_packed__by_hand():
    states = np.array([[-128, -127, 0, 0, 0, 0, 127]], dtype=np.int8)
    middle = (128 << 60) + (128 << 90)
    assert packed(states).tolist() == [[(1 << 30) + middle, 128 + (128 << 30) + (255 << 60)]]


def test_weights__as_float32__are_exact__and_sums_stay_within_127_bits():
    table = weights(32)
    assert (table.astype(np.float32).astype(object) == table).all()
    assert max(table.sum(axis=0)) * (2**DIGIT_BITS - 1) < 2**127
