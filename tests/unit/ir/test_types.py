from constnet import dtypes
from constnet.ir.types import TensorType


def test_facts_of_a_type():
    type_ = TensorType((8, 784), dtypes.float64)
    assert (type_.rank, type_.size, type_.bytes) == (2, 6272, 50176)
    assert str(type_) == "float64[8, 784]"
    assert type_.with_shape((3,)) == TensorType((3,), dtypes.float64)


def test_scalar():
    scalar = TensorType((), dtypes.bool_)
    assert (scalar.rank, scalar.size, scalar.bytes, str(scalar)) == (0, 1, 1, "bool[]")
