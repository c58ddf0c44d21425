from constnet.runtime.batches import Batches


def test_steps_of_a_pass_count_the_partial_batch():
    assert Batches(10, 4, True, (0, 0)).per_epoch == 3
    assert Batches(8, 4, True, (0, 0)).per_epoch == 2
