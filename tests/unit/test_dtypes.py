import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import DTypeError


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=str)
def test_agrees_with_numpy(dtype):
    assert dtype.numpy.itemsize == dtype.bytes
    assert dtypes.as_dtype(dtype.numpy) is dtypes.as_dtype(dtype.name) is dtypes.as_dtype(dtype)
    assert dtype.is_float == np.issubdtype(dtype.numpy, np.floating)


def test_others_are_refused():
    with pytest.raises(DTypeError, match="dtype complex64 is not one of constnet's: float32"):
        dtypes.as_dtype("complex64")
