from typing import Any
from typing import Literal as L

from constnet import nn
from constnet.nn.sized import Sized, sized


def made(first, second, **options):
    return first, second, options


def test_two_literal_integers_make_a_layer():
    alias = sized(list[int], made, (L[2], L[8]))
    assert alias(use_bias=False) == (2, 8, {"use_bias": False})
    assert repr(alias) == "list[int]"
    assert alias.__origin__ is list


def test_other_types_stay_an_alias():
    for types in ((Any, Any), (L[2], Any), L[2], (L[2, 3], L[4]), (L["a"], L[4])):
        assert sized(list[int], made, types) == list[int]
    assert not isinstance(nn.Dense[Any, Any], Sized)


def test_a_sized_class_can_be_a_base():
    class Wide(nn.Conv1D[L[2], L[8]]):
        pass

    assert Wide(3, 1).filters == 3
