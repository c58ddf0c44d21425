import pytest


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("graph", "matmul(%x0, %2)"),
        ("passes", "graph predict("),
        ("loops", "program predict numerics=exact"),
        ("c", "static void model_run_once("),
    ],
)
def test_each_stage_prints(run, model_file, stage, words):
    code, text = run("show", model_file, "--stage", stage)
    assert code == 0
    assert words in text


def test_the_host_schedule_is_another(run, model_file):
    portable = run("show", model_file, "--stage", "loops", "--batch", "64")
    host = run("show", model_file, "--stage", "loops", "--batch", "64", "--host")
    assert portable[0] == host[0] == 0
    assert portable[1] != host[1]
