import pytest

from constnet import errors

TREE = {
    errors.ShapeError: ValueError,
    errors.DTypeError: TypeError,
    errors.UsageError: ValueError,
    errors.DataError: ValueError,
    errors.UnsupportedError: Exception,
    errors.FormatError: ValueError,
    errors.ToolchainError: RuntimeError,
    errors.DivergenceError: ArithmeticError,
    errors.BudgetError: ValueError,
    errors.VerifyError: AssertionError,
}


@pytest.mark.parametrize(("error", "builtin"), TREE.items(), ids=lambda each: each.__name__)
def test_each_is_a_constnet_error_and_what_python_users_expect(error, builtin):
    assert issubclass(error, errors.ConstnetError)
    assert issubclass(error, builtin)


def test_the_docstring_draws_the_whole_tree():
    names = [each.__name__ for each in errors.ConstnetError.__subclasses__()]
    assert [name for name in names if name not in (errors.__doc__ or "")] == []
