from constnet import nn


def test_a_symbol_says_where_it_comes_from():
    x = nn.Input((4, 3))
    assert (str(x), x.shape) == ("(batch, 4, 3) from nn.Input", (4, 3))
    y = nn.Dense(2)(x)
    assert str(y) == "(batch, 4, 2) from Dense(2)"
    assert y.call.inputs == (x,)
