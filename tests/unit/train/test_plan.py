import numpy as np
import pytest

import constnet as cn
from constnet.train.plan import Plan, check_step_range, plan_arrays
from constnet.train.tables import collect

TABLES = collect(np.zeros((50, 2)), np.zeros((50, 1)))


def test_defaults():
    plan = plan_arrays(TABLES, None, None, (0, 3), True)
    assert (plan.batch, plan.steps, plan.epochs) == (32, 2, 3)
    small = collect(np.zeros((4, 2)), np.zeros((4, 1)))
    assert plan_arrays(small, None, None, (0, 1), True).batch == 4


def test_the_partial_batch_has_a_source_of_its_own():
    full, partial = plan_arrays(TABLES, 16, None, (0, 1), True).sources()
    assert full.xs[0].shape == (16, 2)
    assert partial.xs[0].shape == (2, 2)
    assert plan_arrays(TABLES, 25, None, (0, 1), True).sources()[1] is None


def test_each_fit_shuffles_in_its_own_way():
    plan = plan_arrays(TABLES, 10, None, (0, 1), True)
    first, second = plan.batches(7, 0), plan.batches(7, 5)
    assert first.seed == (7, 0)
    assert second.seed != first.seed
    assert second.first_step == 5
    assert plan.batches(7 + (9 << 32), 0).seed == (7, 9)


def test_the_step_counter_has_an_end():
    plan = Plan(TABLES, None, 10, 2**31, 2, 0, True)
    with pytest.raises(cn.UsageError, match="would end at step 4294967296"):
        check_step_range(0, plan)
