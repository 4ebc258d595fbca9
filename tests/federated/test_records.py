import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dem.federated import records

ARRAYS = st.dictionaries(
    st.text(min_size=1, max_size=8),
    arrays.arrays(
        dtype=st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]),
        shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
    max_size=4,
)


@given(ARRAYS)
def test_records__there_and_back__keep_every_bit(named):
    back = records.to_arrays(records.to_record(named))
    assert list(back) == list(named)
    for name, array in named.items():
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == array.tobytes()
        assert back[name].shape == array.shape


@given(ARRAYS)
def test_payload_bytes__any_record__is_the_size_of_its_numbers(named):
    assert records.payload_bytes(records.to_record(named)) == sum(array.nbytes for array in named.values())
