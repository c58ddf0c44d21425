import pytest

import constnet.ops  # noqa: F401  (declares every signature)
from constnet import dtypes
from constnet.errors import VerifyError
from constnet.ir.signature import signature
from constnet.ir.types import TensorType
from constnet.ops.op import NoAttrs


def test_rule_of_a_known_operation():
    type_ = TensorType((2,), dtypes.float32)
    assert signature("add").infer(NoAttrs(), (type_, type_)) == (type_,)


def test_unknown_operation_lists_the_known():
    with pytest.raises(VerifyError, match=r"no operation is called 'nope'; there are: .*matmul"):
        signature("nope")
