"""Four numbers of a state in one public number, because a verifier on chain pays for each public number.

A number x of a state, −128 to 127, is shifted to x + 128, and four of them are digits of a packed number to base
2^30. The circuit takes shifted numbers as private input and passes each one through a function that only has values
in [0, 2^30) and leaves such numbers as they are: ReLU, which decomposes its argument into three digits to base 1024,
or a table of the numbers from 0 on, as many as the circuit has rows, far fewer than 2^30. Network and packing read
the same cells, those values. Digits of a packed number are unique. The contract packs the bytes of the state that was
signed; so whatever the private input, the network read those bytes if the packed numbers fit.
"""

import numpy as np

SHIFT = 128
"""What makes a number of a state a byte."""
DIGIT_BITS, DIGITS = 30, 4
"""ezkl's witnesses hold numbers of 127 bits."""


def packed(states: np.ndarray) -> np.ndarray:
    """States (N, I) int8 as public numbers (N, G) of Python's integers, G = ⌈I / 4⌉, the first digit lowest."""
    return (states.astype(object) + SHIFT) @ weights(states.shape[1])


def weights(inputs: int) -> np.ndarray:
    """What digits count in each packed number, (inputs, G): powers of two, which ONNX's float32 holds exactly."""
    table = np.zeros((inputs, -(-inputs // DIGITS)), dtype=object)
    for number in range(inputs):
        table[number, number // DIGITS] = 2 ** (DIGIT_BITS * (number % DIGITS))
    return table
