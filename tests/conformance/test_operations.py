"""One loop over the registry: every field of every record agrees with every other.

`test_compiled_*` in this folder compare compiled code with the references in the same way.
"""

import pytest

import constnet.ops  # noqa: F401  (registers every operation)
from constnet.ops.op import registry
from constnet.testing import suite

OPERATIONS = list(registry().values())
SAMPLES = [
    pytest.param(op, sample, id=f"{op.name}-{number}")
    for op in OPERATIONS
    for number, sample in enumerate(op.samples)
]


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_what_must_be_refused_is(op):
    suite.check_rejects(op)


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_infer_agrees_with_the_reference(op, sample):
    suite.check_types(op, sample)


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_expression_agrees_with_the_reference(op, sample):
    suite.check_expression(op, sample)


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_graph_is_legal_and_reads_back(op, sample):
    suite.check_graph(op, sample)


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_gradient_agrees_with_differences(op, sample):
    suite.check_gradient(op, sample)


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_sum_over_steps_agrees_with_the_reference(op, sample):
    suite.check_summed(op, sample)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_record_has_a_differentiable_sample_if_it_has_a_gradient(op):
    if callable(op.vjp):
        assert any(sample.differentiable for sample in op.samples)
